import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { bicubicUpsample, modCrop, resizeBicubic } from '../../src/data/index.js'
import { cubic, tapsFor } from '../../src/data/resample.js'
import type { PixelImage } from '../../src/image.js'
import { createRandom } from '../../src/random.js'
import { useBackend } from '../helpers/backend.js'
import { checkGradient, expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import golden from '../reference/data_bicubic.json' with { type: 'json' }

function noise(width: number, height: number, channels: 1 | 3, seed = 1): PixelImage {
  const random = createRandom(seed)
  const data = Uint8Array.from({ length: width * height * channels }, () => random.integer(256))
  return { width, height, channels, data, maxValue: 255 }
}

describe('resizeBicubic', () => {
  it('has the interior taps of MATLAB at x1/4', () => {
    const { taps, weights } = tapsFor(cubic, 64, 16, 0.25)
    const first = [-0.00170898, -0.01098633, -0.01831055, -0.01196289, 0.02270508, 0.09741211, 0.18188477, 0.2409668]
    const row = [...weights.subarray(8 * taps, 9 * taps)].filter((w) => w !== 0)
    expectClose(row, [...first, ...first.toReversed()], 5e-9)
  })
  it.each(
    golden.cases.map(
      (c) => [`${c.width}x${c.height}x${c.channels} of ${c.maxValue} to ${c.outWidth}x${c.outHeight}`, c] as const,
    ),
  )('matches the independent reference: %s', (_, c) => {
    const image: PixelImage = {
      width: c.width,
      height: c.height,
      channels: c.channels as 1 | 3,
      data: c.maxValue === 255 ? Uint8Array.from(c.input) : Uint16Array.from(c.input),
      maxValue: c.maxValue as 255 | 65535,
    }
    const options = c.scale === null ? { width: c.outWidth, height: c.outHeight } : { scale: c.scale }
    const result = resizeBicubic(image, options)
    expect([result.width, result.height]).toEqual([c.outWidth, c.outHeight])
    expect([...result.data]).toEqual(c.output)
  })
  it('keeps a constant image, an identity scale, 16 bits and alpha', () => {
    const flat = { ...noise(9, 7, 3), data: new Uint8Array(9 * 7 * 3).fill(77) }
    for (const scale of [0.3, 0.5, 1.7, 4]) expect(new Set(resizeBicubic(flat, { scale }).data)).toEqual(new Set([77]))
    const image = noise(9, 7, 3)
    expect(resizeBicubic(image, { scale: 1 }).data).toEqual(image.data)
    const deep: PixelImage = {
      width: 2,
      height: 2,
      channels: 4,
      data: new Uint16Array(16).fill(40_000),
      maxValue: 65535,
    }
    expect(resizeBicubic(deep, { scale: 2 }).data).toEqual(new Uint16Array(64).fill(40_000))
  })
  it('takes ceil(length * scale) pixels, not one more for a rounding error', () => {
    expect(resizeBicubic(noise(100, 5, 1), { scale: 0.07 })).toMatchObject({ width: 7, height: 1 })
  })
  it('differs by at most one level when rounded after each pass', () => {
    const image = noise(40, 40, 3)
    const end = resizeBicubic(image, { scale: 0.25 })
    const each = resizeBicubic(image, { scale: 0.25, rounding: 'each' })
    const difference = Math.max(...end.data.map((v, i) => Math.abs(v - each.data[i]!)))
    expect(difference).toBe(1)
  })
  it('refuses wrong options', () => {
    const image = noise(4, 4, 1)
    for (const scale of [0, -1, Number.NaN, Infinity])
      expect(() => resizeBicubic(image, { scale })).toThrow('options.scale must be a finite number > 0')
    expect(() => resizeBicubic(image, { width: 0, height: 4 })).toThrow('options.width must be an integer >= 1')
  })
})

describe.each(['cpu', 'wasm'] as const)('bicubicUpsample on %s', (backend) => {
  beforeAll(() => useBackend(backend))
  it.each([4, 2, 1.5, 0.25])('equals the pixel version before rounding, scale %d', async (scale) => {
    const [a, b] = [noise(12, 8, 3, 1), noise(12, 8, 3, 2)]
    const x = tf.tensor4d(Float32Array.from([...a.data, ...b.data]), [2, 8, 12, 3])
    const y = bicubicUpsample(x, scale)
    const clamped = tf.clipByValue(y, 0, 255)
    const [want, more] = [resizeBicubic(a, { scale }), resizeBicubic(b, { scale })]
    expect(y.shape).toEqual([2, want.height, want.width, 3])
    const values = await clamped.data()
    const wanted = [...want.data, ...more.data]
    expect(Math.max(...wanted.map((v, i) => Math.abs(v - values[i]!)))).toBeLessThan(0.501)
    tf.dispose([x, y, clamped])
  })
  it('has the right gradient for a batch, and leaks nothing', async () => {
    const random = createRandom(3)
    const x = tf.tensor4d(
      Float32Array.from({ length: 2 * 3 * 4 * 2 }, () => random.uniform(-1, 1)),
      [2, 3, 4, 2],
    )
    const weights = tf.tensor4d(
      Float32Array.from({ length: 2 * 6 * 8 * 2 }, () => random.uniform(-1, 1)),
      [2, 6, 8, 2],
    )
    await checkGradient((t) => tf.mul(bicubicUpsample(t as tf.Tensor4D, 2), weights), x, { tolerance: 2e-3 })
    await expectNoLeak(() => bicubicUpsample(x, 3))
    await expectNoLeakWhenThrowing(() => bicubicUpsample(x, -3), 'scale must be a finite number > 0')
    tf.dispose([x, weights])
  })
})

describe('modCrop', () => {
  it('cuts the right and lower rest', () => {
    const image = noise(7, 5, 1)
    const cut = modCrop(image, 2)
    expect([cut.width, cut.height]).toEqual([6, 4])
    expect(cut.data[6]).toBe(image.data[7])
    expect(modCrop(cut, 2)).toBe(cut)
    expect(() => modCrop(image, 8)).toThrow('image.width must be an integer >= 8')
    expect(() => modCrop(image, 1.5)).toThrow('scale must be an integer >= 1')
  })
})
