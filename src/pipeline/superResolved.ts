import { tensor4d, type Tensor4D } from '@tensorflow/tfjs-core'
import type { ByteCache } from '../data/byteCache.js'
import type { Store } from '../data/index.js'
import { loadsInOrder } from '../data/loadsInOrder.js'
import { DataError } from '../errors.js'
import type { PixelImage } from '../image.js'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'
import type { DataMeter } from './dataMeter.js'

/** Images that are all of one size, made once and kept as raw RGB bytes in a store. */
export interface ImageShelf {
  /**
   * The images of the given indices as `[n, side, side, 3]` in [0, 1]. The caller disposes it. Those of `next` are then
   * read into the cache, as far as half of it holds them.
   */
  batch(indices: ArrayLike<number>, next?: ArrayLike<number>): Promise<Tensor4D>
}

/** What {@link shelveImages} takes. */
export interface ShelveOptions {
  /** One key for each image, unique among everything in the store. */
  readonly keys: readonly string[]
  /** Reads what image i is made of; done ahead, while another is made. */
  readonly read: (index: number) => Promise<PixelImage>
  /** Makes image i of it, `side` x `side` RGB of 8 bits. */
  readonly make: (index: number, original: PixelImage) => Promise<PixelImage>
  /** Width and height of every image. */
  readonly side: number
  /** Where they are kept. */
  readonly store: Store
  /** What was read last from the store, and its budget. */
  readonly cache: { readonly held: ByteCache<Uint8Array>; readonly bytes: number }
  /** The stage's name in times; with the part's in progress reports. */
  readonly stage: string
  /** Which side of the split, for example `train`. */
  readonly part: string
  /** Counts what reading costs. */
  readonly meter: DataMeter
  /** Receives progress. */
  readonly onProgress: OnProgress | undefined
  /** Stops between two images; those that are made stay in the store. */
  readonly signal: AbortSignal | undefined
}

/** Images read at a time, and ahead. */
const concurrency = 4

/** Makes every image that the store does not hold yet, once. */
async function fillShelf(options: ShelveOptions, size: number): Promise<void> {
  const { keys, read, make, side, store, stage, part, meter, onProgress, signal } = options
  const report = trackProgress(`${stage} ${part}`, keys.length, onProgress)
  const isWhole = async (key: string): Promise<boolean> => (await store.get(key))?.length === size
  const originals = loadsInOrder(
    keys.map((_, i) => i),
    async (i) => ((await isWhole(keys[i]!)) ? undefined : read(i)),
    concurrency,
  )
  meter.begin()
  try {
    for (const [i, key] of keys.entries()) {
      originals.allow(1 + concurrency)
      const original = await meter.wait(originals.take()!)
      if (original !== undefined) {
        const image = await make(i, original)
        if (image.width !== side || image.height !== side || image.channels !== 3) {
          throw new DataError(key, `${image.width}x${image.height}x${image.channels} pixels, not ${side}x${side}x3`)
        }
        await store.set(key, image.data as Uint8Array)
      }
      meter.book(stage)
      report(i + 1)
      await breathe(signal)
    }
  } finally {
    originals.stop()
  }
}

/** Makes every image that the store does not hold yet, once, and reads them from there. */
export async function shelveImages(options: ShelveOptions): Promise<ImageShelf> {
  const { keys, side, store, cache, meter } = options
  const size = side * side * 3
  await fillShelf(options, size)
  const bytesOf = (i: number): Promise<Uint8Array> =>
    cache.held.get(keys[i]!, async () => {
      const bytes = await store.get(keys[i]!)
      if (bytes?.length !== size) throw new DataError(keys[i]!, 'is no longer whole in the store')
      return bytes
    })
  return {
    async batch(indices, next = []) {
      const loads = loadsInOrder(Array.from(indices), bytesOf, concurrency)
      const values = new Float32Array(indices.length * size)
      try {
        for (let k = 0; k < indices.length; k++) {
          loads.allow(concurrency)
          const bytes = await meter.wait(loads.take()!)
          meter.work(() => {
            for (let j = 0; j < size; j++) values[k * size + j] = bytes[j]! / 255
          })
        }
      } finally {
        loads.stop()
      }
      const room = Math.min(next.length, Math.floor(cache.bytes / 2 / size))
      loadsInOrder(Array.from(next).slice(0, room), bytesOf, concurrency).allow(room)
      return meter.work(() => tensor4d(values, [indices.length, side, side, 3]))
    },
  }
}
