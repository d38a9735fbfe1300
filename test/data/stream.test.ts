import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  augment,
  balanceByAugmentation,
  streamBatches,
  syntheticHistology,
  type AugmentedRecord,
  type ImageRecord,
  type ImageSource,
  type StreamOptions,
} from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'
import { imageToTensor, type PixelImage } from '../../src/image.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

/** A source of 2x1 images whose pixels are their number, read in any order; `corrupt` ones cannot be. */
function counted(
  n: number,
  { turns = [], corrupt = [] }: { turns?: readonly number[]; corrupt?: readonly number[] } = {},
): ImageSource & { readonly state: { begun: number; running: number; most: number } } {
  const state = { begun: 0, running: 0, most: 0 }
  const records = Array.from({ length: n }, (_, i): ImageRecord => ({ id: String(i), label: 'benign', patient: 'p' }))
  return {
    kind: 'custom',
    description: 'numbers',
    records,
    state,
    async read({ id }) {
      const i = Number(id)
      state.begun++
      state.most = Math.max(state.most, ++state.running)
      for (let k = turns[i % turns.length] ?? 0; k > 0; k--) await Promise.resolve()
      state.running--
      if (corrupt.includes(i)) throw new DataError(id, 'cannot be decoded')
      return { width: 2, height: 1, channels: 1, data: new Uint8Array(2).fill(i), maxValue: 255 }
    },
  }
}

/** Lets all that was begun come to its end. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

describe('streamBatches on wasm', () => {
  beforeAll(() => useBackend('wasm'))

  it('keeps order and bounds and leaves nothing behind, however the loop over it ends', async () => {
    const ends = ['end', 'break', 'throw', 'abort', 'abort later'] as const
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          n: fc.integer({ min: 1, max: 30 }),
          turns: fc.array(fc.nat(30), { minLength: 1, maxLength: 12 }),
          corrupt: fc.uniqueArray(fc.nat(29), { maxLength: 6 }),
          batchSize: fc.integer({ min: 1, max: 7 }),
          concurrency: fc.integer({ min: 1, max: 6 }),
          prefetch: fc.nat(3),
          onCorrupt: fc.constantFrom('throw' as const, 'skip' as const),
          end: fc.constantFrom(...ends),
          after: fc.nat(8),
          shuffled: fc.boolean(),
        }),
        async ({ n, turns, end, after, shuffled, ...rest }) => {
          const corrupt = rest.corrupt.filter((i) => i < n)
          const source = counted(n, { turns, corrupt })
          const controller = new AbortController()
          const { signal } = controller
          const shuffle = shuffled ? { shuffle: { seed: 3, epoch: after } } : {}
          const { batchSize, concurrency, prefetch, onCorrupt } = rest
          const options: StreamOptions = { batchSize, concurrency, prefetch, onCorrupt, signal, ...shuffle }
          // The order, from a stream that reads one by one.
          const order: number[] = []
          for await (const { positions } of streamBatches(counted(n), source.records, {
            batchSize: 1,
            prefetch: 0,
            ...shuffle,
          }))
            order.push(...positions)
          expect([...order].sort((a, b) => a - b)).toEqual(source.records.map((_, i) => i))

          const before = tf.memory().numTensors
          const stream = streamBatches(source, source.records, options)
          const seen: number[] = []
          let batches = 0
          let problem: unknown
          try {
            for await (const { images, records, positions } of stream) {
              expect(tf.memory().numTensors).toBe(before + 1)
              expect(images.shape).toEqual([positions.length, 1, 2, 3])
              expect(records.map(({ id }) => Number(id))).toEqual([...positions])
              expect((await images.data()).filter((_, k) => k % 6 === 0)).toEqual(
                Float32Array.from(positions, (i) => i / 255),
              )
              seen.push(...positions)
              // While a batch is in use, no more is decoded than what is to come next.
              await settle()
              const taken = seen.length + stream.skipped.length
              expect(source.state.begun).toBeLessThanOrEqual(Math.min(n, taken + prefetch * batchSize))
              if (batches++ === after) {
                if (end === 'break') break
                if (end === 'throw') throw new Error('consumer')
                if (end === 'abort') controller.abort(new Error('aborted'))
                if (end === 'abort later') void Promise.resolve().then(() => controller.abort(new Error('aborted')))
              }
            }
          } catch (error) {
            problem = error
          }
          await settle()
          expect(tf.memory().numTensors).toBe(before)
          expect(source.state.running).toBe(0)
          expect(source.state.most).toBeLessThanOrEqual(concurrency)
          // What was seen is the beginning of the order, without the corrupt ones.
          const good = order.filter((i) => !corrupt.includes(i))
          expect(seen).toEqual(good.slice(0, seen.length))
          const reached = batches > after
          if (reached && end === 'throw') expect(problem).toMatchObject({ message: 'consumer' })
          else if (reached && (end === 'abort' || (problem as Error | undefined)?.message === 'aborted'))
            expect(problem).toMatchObject({ message: 'aborted' })
          else if (reached && end === 'break') expect(problem).toBeUndefined()
          else if (onCorrupt === 'throw' && corrupt.length > 0) {
            // The first of the order, whichever fails first.
            expect(problem).toMatchObject({ name: 'DataError', source: String(order.find((i) => corrupt.includes(i))) })
          } else if (good.length === 0) expect(problem).toMatchObject({ name: 'DataError', source: 'numbers' })
          else {
            expect(problem).toBeUndefined()
            expect(seen).toEqual(good)
            expect(stream.skipped.map(({ record }) => Number(record.id))).toEqual(
              order.filter((i) => corrupt.includes(i)),
            )
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('shuffles by seed and epoch alone, each image once', async () => {
    const source = counted(20)
    const orderOf = async (shuffle: StreamOptions['shuffle'], batchSize: number): Promise<number[]> => {
      const all: number[] = []
      const options = { batchSize, ...(shuffle === undefined ? {} : { shuffle }) }
      for await (const { positions } of streamBatches(source, source.records, options)) all.push(...positions)
      return all
    }
    const first = await orderOf({ seed: 1 }, 3)
    expect(await orderOf({ seed: 1, epoch: 0 }, 7)).toEqual(first)
    expect(await orderOf({ seed: 1, epoch: 1 }, 3)).not.toEqual(first)
    expect(await orderOf({ seed: 2 }, 3)).not.toEqual(first)
    expect(await orderOf(undefined, 3)).toEqual(source.records.map((_, i) => i))
  })

  it('gives resized originals and their augmented copies, in the order of the list', async () => {
    const source = syntheticHistology({ patients: 4, imagesPerPatient: 3, width: 40, height: 32 })
    // 2 images of one class and 6 of the other: 4 copies, between the originals, so that their order is put to the test.
    const items = balanceByAugmentation({ train: source.records.slice(4), test: [] })
    const mixed = items.map((_, i) => items[(i * 5) % items.length]!)
    expect(mixed.map(({ copy }) => copy).join('')).toMatch(/0[1-9]+0/)
    const expected = async ({ record, augmentation }: AugmentedRecord): Promise<Float32Array> => {
      const original = imageToTensor(await source.read(record))
      const image = tf.expandDims<tf.Tensor4D>(original)
      const result = augmentation === undefined ? image.clone() : augment(image, [augmentation])
      const values = await result.data<'float32'>()
      tf.dispose([original, image, result])
      return values
    }
    await expectNoLeak(async () => {
      let copies = 0
      for await (const { images, positions } of streamBatches(source, mixed, { batchSize: 5, cacheBytes: 1e6 })) {
        const values = await images.data<'float32'>()
        for (const [k, position] of positions.entries()) {
          const item = mixed[position]!
          copies += item.copy > 0 ? 1 : 0
          const size = 40 * 32 * 3
          expect(values.slice(k * size, (k + 1) * size)).toEqual(await expected(item))
        }
      }
      expect(copies).toBe(4)
    })
    for await (const { images } of streamBatches(source, mixed, { size: 16 }))
      expect(images.shape.slice(1)).toEqual([16, 16, 3])
    for await (const { images } of streamBatches(source, mixed, { size: { width: 8, height: 4, method: 'nearest' } }))
      expect(images.shape.slice(1)).toEqual([4, 8, 3])
  })

  it('decodes an image again for every pass, or not at all while its pixels are in the cache', async () => {
    const passes = async (cacheBytes: number): Promise<number> => {
      const source = counted(10)
      const stream = streamBatches(source, source.records, { batchSize: 4, cacheBytes })
      for (let pass = 0; pass < 3; pass++) {
        let n = 0
        for await (const { positions } of stream) n += positions.length
        expect(n).toBe(10)
      }
      return source.state.begun
    }
    expect(await passes(0)).toBe(30)
    expect(await passes(20)).toBe(10)
  })

  it('prepares images, tells how far it is and what data cost', async () => {
    const source = counted(5, { turns: [3] })
    const progress: string[] = []
    const wide = async (image: PixelImage, { record }: AugmentedRecord): Promise<PixelImage> => ({
      ...image,
      width: 1,
      data: Uint8Array.of(Number(record.id) * 2),
    })
    const stream = streamBatches(source, source.records, {
      batchSize: 2,
      prepare: wide,
      onProgress: ({ done, total, skipped }) => progress.push(`${done}/${total}/${skipped}`),
    })
    expect(stream.time).toEqual({ waited: 0, worked: 0 })
    for await (const { images, positions } of stream) {
      expect(images.shape.slice(1)).toEqual([1, 1, 3])
      expect((await images.data())[0]).toBeCloseTo((positions[0]! * 2) / 255, 6)
    }
    expect(progress).toEqual(['2/5/0', '4/5/0', '5/5/0'])
    expect(stream.time.worked).toBeGreaterThan(0)
    expect(stream.time.waited).toBeGreaterThan(0)
  })

  it('leaves nothing where it fails: prepare, sizes, an image that lies, augment, the callback', async () => {
    const source = counted(6)
    const run = async (options: StreamOptions, from: ImageSource = source, items = from.records): Promise<void> => {
      for await (const { images } of streamBatches(from, items, { batchSize: 3, ...options }))
        expect(images.rank).toBe(4)
    }
    const failAt4 = (image: PixelImage, { record }: AugmentedRecord): PixelImage => {
      if (record.id === '4') throw new Error('prepare')
      return image
    }
    await expectNoLeakWhenThrowing(() => run({ prepare: failAt4 }), 'prepare')
    const uneven = (image: PixelImage, { record }: AugmentedRecord): PixelImage =>
      record.id === '4' ? { ...image, width: 1, data: image.data.subarray(1) } : image
    await expectNoLeakWhenThrowing(
      () => run({ prepare: uneven }),
      '4: is 1x1, others of its batch 2x1: give options.size',
    )
    const lying = { ...source, read: async (r: ImageRecord) => ({ ...(await source.read(r)), width: 3 }) }
    await expectNoLeakWhenThrowing(() => run({}, lying), '0: holds 2 values, not 3x1x1')
    const callback = (): void => {
      throw new Error('callback')
    }
    await expectNoLeakWhenThrowing(() => run({ onProgress: callback }), 'callback')
    await expectNoLeakWhenThrowing(() => run({ signal: AbortSignal.abort(new Error('before')) }), 'before')
    const records = source.records.map((record) => ({
      record,
      copy: 1,
      augmentation: balanceByAugmentation({ train: [record, record, { ...record, label: 'malignant' }], test: [] })[3]!
        .augmentation!,
    }))
    await expectNoLeakWhenThrowing(
      () =>
        (async () => {
          for await (const { images } of streamBatches(source, records, { augmentation: { centre: 'x' as 'keras1' } }))
            expect(images.rank).toBe(4)
        })(),
      'options.centre',
    )
  })

  it('aborts without waiting for an image that never comes', async () => {
    const source: ImageSource = { ...counted(2), read: () => new Promise(() => {}) }
    const controller = new AbortController()
    const loop = (async () => {
      for await (const { images } of streamBatches(source, source.records, { signal: controller.signal }))
        expect(images.rank).toBe(4)
    })()
    await settle()
    controller.abort(new Error('too slow'))
    await expect(loop).rejects.toThrow('too slow')
  })

  it('does nothing before it is asked, and refuses options out of range', async () => {
    const source = counted(3)
    streamBatches(source, source.records)
    await settle()
    expect(source.state.begun).toBe(0)
    const refused = (options: StreamOptions): (() => unknown) => {
      return () => streamBatches(source, source.records, options)
    }
    expect(refused({ batchSize: 0 })).toThrow('options.batchSize must be an integer >= 1')
    expect(refused({ concurrency: 0 })).toThrow('options.concurrency')
    expect(refused({ prefetch: -1 })).toThrow('options.prefetch')
    expect(refused({ cacheBytes: -1 })).toThrow('options.cacheBytes')
    expect(refused({ size: 0 })).toThrow('options.size')
    expect(refused({ onCorrupt: 'maybe' as 'skip' })).toThrow("options.onCorrupt must be 'throw' or 'skip'")
    expect(() => streamBatches(source, [])).toThrow('records.length must be an integer >= 1; received 0')
  })
})
