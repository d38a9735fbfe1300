import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../src/errors.js'
import { imageToTensor, tensorToImage, toRGB, type PixelImage } from '../src/image.js'
import { useBackend } from './helpers/backend.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from './helpers/tensors.js'

/** Two pixels side by side. */
const pair = (channels: PixelImage['channels'], values: number[]): PixelImage => ({
  width: 2,
  height: 1,
  channels,
  data: Uint8Array.from(values),
  maxValue: 255,
})

/** The same in 16 bits. */
const pair16 = (channels: PixelImage['channels'], values: number[]): PixelImage => ({
  ...pair(channels, []),
  data: Uint16Array.from(values),
  maxValue: 65535,
})

describe('toRGB', () => {
  it.each([
    ['grey', pair(1, [7, 200]), [7, 7, 7, 200, 200, 200]],
    ['grey with alpha', pair(2, [7, 99, 200, 0]), [7, 7, 7, 200, 200, 200]],
    ['RGB with alpha', pair(4, [1, 2, 3, 99, 4, 5, 6, 0]), [1, 2, 3, 4, 5, 6]],
    ['16-bit grey', pair16(1, [700, 65535]), [700, 700, 700, 65535, 65535, 65535]],
    ['16-bit grey with alpha', pair16(2, [700, 9, 65535, 0]), [700, 700, 700, 65535, 65535, 65535]],
    ['16-bit RGB with alpha', pair16(4, [256, 512, 768, 9, 1024, 1280, 1536, 0]), [256, 512, 768, 1024, 1280, 1536]],
  ])('takes %s', (_, image, expected) => {
    const before = [...image.data]
    const rgb = toRGB(image)
    expect(rgb).toMatchObject({ width: 2, height: 1, channels: 3, maxValue: image.maxValue })
    expect(rgb.data).toBeInstanceOf(image.data.constructor)
    expect([...rgb.data]).toEqual(expected)
    expect([...image.data]).toEqual(before)
  })

  it('gives an RGB image back as it is', () => {
    const image = pair(3, [1, 2, 3, 4, 5, 6])
    expect(toRGB(image)).toBe(image)
  })
})

describe.each(['cpu', 'wasm'] as const)('images and tensors on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it('round-trip every 8-bit value, rows before columns', async () => {
    const image: PixelImage = {
      width: 32,
      height: 8,
      channels: 3,
      data: Uint8Array.from({ length: 768 }, (_, i) => (i * 7) % 256),
      maxValue: 255,
    }
    expect(new Set(image.data).size).toBe(256)
    const tensor = imageToTensor(image)
    expect(tensor.shape).toEqual([8, 32, 3])
    expect(tensor.dtype).toBe('float32')
    expect(await tensorToImage(tensor)).toEqual(image)
    tensor.dispose()
  })

  it('scale by the depth of the image, and make RGB of every other kind', async () => {
    for (const image of [pair(1, [0, 51]), pair16(1, [0, 13107]), pair(2, [0, 9, 51, 9])]) {
      const tensor = imageToTensor(image)
      expect(tensor.shape).toEqual([1, 2, 3])
      expectClose(await tensor.data(), [0, 0, 0, 0.2, 0.2, 0.2], 1e-6)
      tensor.dispose()
    }
  })

  it('clamp, then round to the nearest value', async () => {
    const values = [
      -0.1,
      -1e-4,
      0,
      0.4 / 255,
      0.6 / 255,
      99.4 / 255,
      99.6 / 255,
      254.4 / 255,
      254.6 / 255,
      1,
      1.0001,
      7,
    ]
    const tensor = tf.tensor3d(values, [3, 4, 1])
    expect(await tensorToImage(tensor)).toEqual({
      width: 4,
      height: 3,
      channels: 1,
      data: Uint8Array.from([0, 0, 0, 0, 1, 99, 100, 254, 255, 255, 255, 255]),
      maxValue: 255,
    })
    tensor.dispose()
  })

  it('refuse other numbers of channels, and leave nothing behind', async () => {
    const image = pair(1, [3, 4])
    await expectNoLeak(() => imageToTensor(image))
    const tensor = imageToTensor(image)
    await expectNoLeak(() => tensorToImage(tensor).then(() => undefined))
    expect(tensor.isDisposed).toBe(false)
    for (const channels of [2, 4]) {
      const other = tf.zeros<tf.Rank.R3>([1, 2, channels])
      await expect(tensorToImage(other)).rejects.toThrow(ArgumentError)
      await expectNoLeakWhenThrowing(
        () => tensorToImage(other),
        `tensor must have 1 or 3 channels; received ${channels}`,
      )
      other.dispose()
    }
    tensor.dispose()
  })
})
