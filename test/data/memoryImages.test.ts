import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { imagesFromTensors, imagesInMemory, type TensorImagesOptions } from '../../src/data/index.js'
import { imageToTensor, type PixelImage } from '../../src/image.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

beforeAll(() => useBackend('cpu'))

const entries = [
  { label: 'benign', group: 'p' },
  { label: 'malignant', group: 'q' },
]
const grey: PixelImage = { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2), maxValue: 255 }
const deep: PixelImage = { width: 1, height: 1, channels: 4, data: Uint16Array.of(1, 2, 3, 65535), maxValue: 65535 }

describe('imagesInMemory', () => {
  it('hands out the very images, numbered where they have no names', async () => {
    const source = imagesInMemory([grey, deep], [entries[0]!, { ...entries[1]!, id: 'second' }])
    expect(source.records).toEqual([
      { id: 'image-1', label: 'benign', patient: 'p' },
      { id: 'second', label: 'malignant', patient: 'q' },
    ])
    expect([source.kind, source.description]).toEqual(['custom', '2 images in memory'])
    expect(await source.read(source.records[0]!)).toBe(grey)
    expect(await source.read(source.records[1]!)).toBe(deep)
    expect(source.readBytes).toBeUndefined()
  })

  it.each([
    [{ ...grey, width: 3 }, 'holds 2 values, not 3x1x1'],
    [{ ...grey, width: 0, data: Uint8Array.of() }, 'is of 0x1 pixels'],
    [{ ...grey, height: 1.5 }, 'is of 2x1.5 pixels'],
    [{ ...grey, channels: 5 as 4 }, 'has 5 channels, not 1 to 4'],
    [{ ...grey, maxValue: 65535 as const }, 'has maxValue 65535 but no data of type Uint16Array'],
    [{ ...deep, maxValue: 255 as const }, 'has maxValue 255 but no data of type Uint8Array'],
    [{ ...grey, maxValue: 1 as 255 }, 'has maxValue 1, not 255 or 65535'],
  ])('refuses what is no image: %#', (image, problem) => {
    expect(() => imagesInMemory([grey, image], entries)).toThrow(
      expect.objectContaining({ name: 'DataError', message: `entries: row 2: the image ${problem}` }),
    )
  })

  it('wants one entry an image, and checks the entries', () => {
    expect(() => imagesInMemory([grey], entries)).toThrow('entries must hold one entry for each of the 1 images')
    expect(() => imagesInMemory([], [])).toThrow('entries: lists no images')
    expect(() => imagesInMemory([grey, grey], [entries[0]!, { label: 'x', group: 'p' }])).toThrow('row 2: label "x"')
    const twice = [{ ...entries[0]!, id: 'image-2' }, entries[1]!]
    expect(() => imagesInMemory([grey, grey], twice)).toThrow('id "image-2" is that of row 1')
  })
})

const read = async (tensors: tf.Tensor4D | tf.Tensor3D[], options: TensorImagesOptions): Promise<PixelImage[]> => {
  const source = await imagesFromTensors(tensors, entries, options)
  return Promise.all(source.records.map((record) => source.read(record)))
}

describe('imagesFromTensors', () => {
  it('keeps values in [0, 1] to the nearest of 16 bits, or of 8', async () => {
    const values = [0, 0.5, 1, 1 / 255, 0.3, 1 / 65535]
    const batch = tf.tensor4d(values, [2, 1, 3, 1])
    const sixteen = await read(batch, { maxValue: 1 })
    expect(sixteen).toEqual([
      { width: 3, height: 1, channels: 1, data: Uint16Array.of(0, 32768, 65535), maxValue: 65535 },
      { width: 3, height: 1, channels: 1, data: Uint16Array.of(257, 19661, 1), maxValue: 65535 },
    ])
    const eight = await read(batch, { maxValue: 1, depth: 8 })
    expect(eight.map(({ data }) => [...data])).toEqual([
      [0, 128, 255],
      [1, 77, 0],
    ])
    batch.dispose()
  })

  it('takes a list of tensors of different sizes, and integers as they are', async () => {
    const list = [tf.tensor3d([0, 255, 7, 9], [1, 2, 2], 'int32'), tf.tensor3d([1, 2, 3], [1, 1, 3])]
    expect(await read(list, { maxValue: 255 })).toEqual([
      { width: 2, height: 1, channels: 2, data: Uint8Array.of(0, 255, 7, 9), maxValue: 255 },
      { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3), maxValue: 255 },
    ])
    expect((await read(list, { maxValue: 65535 }))[0]!.data).toEqual(Uint16Array.of(0, 255, 7, 9))
    tf.dispose(list)
  })

  it('gives back what imageToTensor made of 8 or 16 bits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(255 as const, 65535 as const),
        fc.array(fc.nat(65535), { minLength: 6, maxLength: 6 }),
        async (maxValue, all) => {
          const data = maxValue === 255 ? Uint8Array.from(all, (v) => v % 256) : Uint16Array.from(all)
          const image: PixelImage = { width: 2, height: 1, channels: 3, data, maxValue }
          const tensor = imageToTensor(image)
          const [back] = await read([tensor, tensor], { maxValue: 1, depth: maxValue === 255 ? 8 : 16 })
          tensor.dispose()
          expect(back).toEqual(image)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('copies once: the tensors may be disposed, and none is left', async () => {
    const batch = tf.fill([2, 4, 4, 3], 0.5) as tf.Tensor4D
    let images: PixelImage[] = []
    await expectNoLeak(async () => {
      images = await read(batch, { maxValue: 1 })
    })
    expect(batch.isDisposed).toBe(false)
    batch.dispose()
    expect(images[1]!.data[47]).toBe(32768)
  })

  it('refuses values outside the range that was told, by name', async () => {
    for (const [value, maxValue, problem] of [
      [1.001, 1, 'outside [0, 1]'],
      [-0.1, 1, 'outside [0, 1]'],
      [Number.NaN, 1, 'outside [0, 1]'],
      [Infinity, 65535, 'no integer of [0, 65535]'],
      [256, 255, 'no integer of [0, 255]'],
      [0.5, 255, 'no integer of [0, 255]'],
    ] as const) {
      const batch = tf.tensor4d([0, value], [2, 1, 1, 1])
      await expectNoLeakWhenThrowing(
        () => read(batch, { maxValue }),
        new RegExp(`^image-2: holds .*${problem.replace(/[[\]]/g, '\\$&')}$`),
      )
      batch.dispose()
    }
  })

  it('refuses other shapes, ranges and numbers of entries', async () => {
    const three = tf.zeros([1, 1, 3]) as tf.Tensor3D
    const five = tf.zeros([2, 1, 1, 5]) as tf.Tensor4D
    const flat = tf.zeros([2, 3]) as unknown as tf.Tensor4D
    const one = tf.zeros([1, 1, 1, 3]) as tf.Tensor4D
    await expectNoLeakWhenThrowing(() => read(five, { maxValue: 1 }), 'tensors must be [n, height, width, 1 to 4]')
    await expectNoLeakWhenThrowing(() => read(flat, { maxValue: 1 }), 'received [2, 3]')
    await expectNoLeakWhenThrowing(() => read([three, flat as never], { maxValue: 1 }), 'received [2, 3]')
    await expectNoLeakWhenThrowing(() => read(one, { maxValue: 1 }), 'entries must hold one entry for each of the 1')
    await expectNoLeakWhenThrowing(
      () => read([three], {} as TensorImagesOptions),
      'options.maxValue must be 1, 255 or 65535',
    )
    await expectNoLeakWhenThrowing(
      () => read([three], { maxValue: 1, depth: 12 as 8 }),
      'options.depth must be 8 or 16',
    )
    tf.dispose([three, five, flat, one])
  })
})
