import { tensor4d, type Tensor4D } from '@tensorflow/tfjs-core'
import type { Store } from '../data/index.js'
import { DataError } from '../errors.js'
import type { PixelImage } from '../image.js'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'

/** Images that are all of one size, made once and kept as raw RGB bytes in a store. */
export interface ImageShelf {
  /** The images of the given indices as `[n, side, side, 3]` in [0, 1]. The caller disposes it. */
  batch(indices: ArrayLike<number>): Promise<Tensor4D>
}

/** What {@link shelveImages} takes. */
export interface ShelveOptions {
  /** One key for each image, unique among everything in the store. */
  readonly keys: readonly string[]
  /** Makes image i, `side` x `side` RGB of 8 bits. */
  readonly make: (index: number) => Promise<PixelImage>
  /** Width and height of every image. */
  readonly side: number
  /** Where they are kept. */
  readonly store: Store
  /** The stage's name in progress reports. */
  readonly stage: string
  /** Receives progress. */
  readonly onProgress: OnProgress | undefined
  /** Stops between two images; those that are made stay in the store. */
  readonly signal: AbortSignal | undefined
}

/** Makes every image that the store does not hold yet, once. */
export async function shelveImages(options: ShelveOptions): Promise<ImageShelf> {
  const { keys, make, side, store, stage, onProgress, signal } = options
  const size = side * side * 3
  const report = trackProgress(stage, keys.length, onProgress)
  for (const [i, key] of keys.entries()) {
    const held = await store.get(key)
    if (held?.length !== size) {
      const image = await make(i)
      if (image.width !== side || image.height !== side || image.channels !== 3) {
        throw new DataError(key, `${image.width}x${image.height}x${image.channels} pixels, not ${side}x${side}x3`)
      }
      await store.set(key, image.data as Uint8Array)
    }
    report(i + 1)
    await breathe(signal)
  }
  return {
    async batch(indices) {
      const values = new Float32Array(indices.length * size)
      for (let k = 0; k < indices.length; k++) {
        const key = keys[indices[k]!]!
        const bytes = await store.get(key)
        if (bytes?.length !== size) throw new DataError(key, 'is no longer whole in the store')
        for (let j = 0; j < size; j++) values[k * size + j] = bytes[j]! / 255
      }
      return tensor4d(values, [indices.length, side, side, 3])
    },
  }
}
