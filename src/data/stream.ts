import { concat, gather, tensor1d, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError, DataError, requireInteger } from '../errors.js'
import { toRGB, type PixelImage } from '../image.js'
import { createRandom } from '../random.js'
import { augment, type AugmentOptions } from './augment.js'
import type { AugmentedRecord } from './balance.js'
import { cachedSource } from './cachedSource.js'
import type { CheckProgress, SkippedImage } from './check.js'
import { createDataClock, type DataClock, type DataTime } from './dataClock.js'
import { loadsInOrder } from './loadsInOrder.js'
import { resizeImage, type ResizeOptions } from './resize.js'
import type { ImageRecord, ImageSource } from './source.js'

/** What {@link streamBatches} takes. */
export interface StreamOptions {
  /** Images in a batch; the last one may hold fewer. Default 16. */
  readonly batchSize?: number
  /** Resizes every image: a side for squares, or as `resizeImage` takes it. Default: as they are, all of one size. */
  readonly size?: number | ResizeOptions
  /** Makes of an image what enters the batch, before `size`: a crop, another stain. It must not write into the image's pixels. */
  readonly prepare?: (image: PixelImage, item: AugmentedRecord) => PixelImage | Promise<PixelImage>
  /** How augmented copies are sampled; see `augment`. */
  readonly augmentation?: AugmentOptions
  /** Images decoded at a time, at most; default 4. */
  readonly concurrency?: number
  /** Batches whose pixels are decoded ahead of the one in use; default 1. */
  readonly prefetch?: number
  /** Bytes of decoded originals to keep for the next pass, or for copies of one image; default 0. */
  readonly cacheBytes?: number
  /** `throw` (default): an image that cannot be read ends the stream. `skip`: it is left out and listed in `skipped`. */
  readonly onCorrupt?: 'throw' | 'skip'
  /** Another order for each seed and epoch; default: the order of the list. */
  readonly shuffle?: {
    /** Equal seeds give equal orders. */
    readonly seed: number
    /** Another order for each epoch; default 0. */
    readonly epoch?: number
  }
  /** Ends the stream; its reason is thrown. */
  readonly signal?: AbortSignal
  /** Called for every batch, before it is handed out. */
  readonly onProgress?: (progress: CheckProgress) => void
}

/** A batch of {@link streamBatches}. */
export interface ImageBatch {
  /** `[n, height, width, 3]`, RGB in [0, 1]. Of the stream: valid until the next batch is asked for. */
  readonly images: Tensor4D
  /** The record of each image. */
  readonly records: readonly ImageRecord[]
  /** Where each image stands in the list that was given. */
  readonly positions: readonly number[]
}

/** Batches of images; every `for await` over it is a pass of its own. */
export interface ImageStream extends AsyncIterable<ImageBatch> {
  /** The images that the pass begun last left out, so far. */
  readonly skipped: readonly SkippedImage[]
  /** What data cost so far, over all passes. */
  readonly time: DataTime
}

/** An image that is ready for its batch, or the reason why there is none. */
type Loaded = { readonly image: PixelImage } | { readonly problem: string }

const isAugmented = (item: ImageRecord | AugmentedRecord): item is AugmentedRecord => 'record' in item

/** The images as one tensor, each augmented where its item says so. */
function toBatch(rows: readonly { item: AugmentedRecord; image: PixelImage }[], how: AugmentOptions = {}): Tensor4D {
  const { width, height } = rows[0]!.image
  const size = width * height * 3
  const pixels = (chosen: typeof rows): Tensor4D => {
    const values = new Float32Array(chosen.length * size)
    chosen.forEach(({ image: { data, maxValue } }, k) => {
      for (let i = 0; i < size; i++) values[k * size + i] = data[i]! / maxValue
    })
    return tensor4d(values, [chosen.length, height, width, 3])
  }
  const originals = rows.filter(({ item }) => item.augmentation === undefined)
  if (originals.length === rows.length) return pixels(rows)
  const copies = rows.filter(({ item }) => item.augmentation !== undefined)
  return tidy(() => {
    const changed = augment(
      pixels(copies),
      copies.map(({ item }) => item.augmentation!),
      how,
    )
    if (originals.length === 0) return changed
    // Back into the batch's order: originals stay as they are, to the last bit.
    const places = rows.map((row) =>
      row.item.augmentation === undefined ? originals.indexOf(row) : originals.length + copies.indexOf(row),
    )
    return gather(concat([pixels(originals), changed]), tensor1d(places, 'int32'))
  })
}

/**
 * The images of a list, decoded on demand by a bounded pool, as batches of tensors: for sets that do not fit into memory.
 * The order is that of the list, or of the shuffle, whatever image is decoded first. Copies with an `augmentation` are
 * augmented after `prepare` and `size`, as Keras does it.
 *
 * The stream owns its batches: each is disposed when the next one is asked for, when the loop over it ends, breaks or
 * throws, when an image cannot be read and when the signal aborts. One batch of tensors exists at a time; ahead of it,
 * at most `prefetch` batches of decoded pixels. After an end before its time, reads that were begun are left to themselves.
 *
 * @throws ArgumentError for options out of range and an empty list. The loop throws a DataError that names an image that
 *   cannot be read or (without `size`) is of another size than its batch, or says that none could be read; other errors
 *   of the source or `prepare` as they are; the signal's reason.
 */
export function streamBatches(
  source: ImageSource,
  records: readonly (ImageRecord | AugmentedRecord)[],
  options: StreamOptions = {},
): ImageStream {
  const { batchSize = 16, size, prepare, concurrency = 4, prefetch = 1, cacheBytes = 0, onCorrupt = 'throw' } = options
  const { shuffle, signal, onProgress, augmentation } = options
  requireInteger('options.batchSize', batchSize, 1)
  requireInteger('options.concurrency', concurrency, 1)
  requireInteger('options.prefetch', prefetch, 0)
  requireInteger('options.cacheBytes', cacheBytes, 0)
  requireInteger('records.length', records.length, 1)
  if (onCorrupt !== 'throw' && onCorrupt !== 'skip') {
    throw new ArgumentError('options.onCorrupt', "be 'throw' or 'skip'", onCorrupt)
  }
  const target = typeof size === 'number' ? { width: size, height: size } : size
  if (target !== undefined) {
    requireInteger('options.size', Math.min(target.width, target.height), 1)
  }
  const items = records.map((item) => (isAugmented(item) ? item : { record: item, copy: 0 }))
  const order = items.map((_, position) => position)
  const positions =
    shuffle === undefined ? order : createRandom(shuffle.seed, 'stream order', shuffle.epoch ?? 0).shuffle(order)
  const origin = cacheBytes === 0 ? source : cachedSource(source, { bytes: cacheBytes, concurrency })
  const clock: DataClock = createDataClock()
  let skipped: SkippedImage[] = []

  const load = async (position: number): Promise<Loaded> => {
    const item = items[position]!
    const { record } = item
    try {
      const image = await clock.work(() => origin.read(record))
      if (image.data.length !== image.width * image.height * image.channels) {
        throw new DataError(
          record.id,
          `holds ${image.data.length} values, not ${image.width}x${image.height}x${image.channels}`,
        )
      }
      const prepared = prepare === undefined ? image : await clock.work(() => prepare(image, item))
      return {
        image: clock.work(() => (target === undefined ? toRGB(prepared) : resizeImage(toRGB(prepared), target))),
      }
    } catch (error) {
      if (onCorrupt === 'throw' || !(error instanceof DataError)) throw error
      return { problem: error.message }
    }
  }

  async function* pass(): AsyncGenerator<ImageBatch, void, void> {
    const left: SkippedImage[] = []
    skipped = left
    const loads = loadsInOrder(positions, load, concurrency)
    let done = 0
    let batch: Tensor4D | undefined
    let fail: ((reason: unknown) => void) | undefined
    const onAbort = (): void => fail?.(signal!.reason)
    signal?.addEventListener('abort', onAbort)
    // No race with one promise for all: that would hold every image until the pass ends.
    const orAborted = <T>(promise: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        fail = reject
        promise.then(resolve, reject)
      })
    try {
      for (;;) {
        signal?.throwIfAborted()
        const rows: { item: AugmentedRecord; image: PixelImage; position: number }[] = []
        while (rows.length < batchSize) {
          loads.allow(batchSize - rows.length + prefetch * batchSize)
          const next = loads.take()
          if (next === undefined) break
          const loaded = await clock.wait(orAborted(next))
          const position = positions[done++]!
          const item = items[position]!
          if ('problem' in loaded) {
            left.push({ record: item.record, problem: loaded.problem })
            continue
          }
          const { image } = loaded
          const first = rows[0]?.image ?? image
          if (image.width !== first.width || image.height !== first.height) {
            throw new DataError(
              item.record.id,
              `is ${image.width}x${image.height}, others of its batch ${first.width}x${first.height}: give options.size`,
            )
          }
          rows.push({ item, image, position })
        }
        if (rows.length === 0) break
        batch = clock.work(() => toBatch(rows, augmentation))
        onProgress?.({ done, total: items.length, skipped: left.length })
        yield {
          images: batch,
          records: rows.map(({ item }) => item.record),
          positions: rows.map(({ position }) => position),
        }
        batch.dispose()
        batch = undefined
      }
      if (left.length === items.length) {
        throw new DataError(
          source.description,
          `none of the ${items.length} images can be read; first: ${left[0]!.problem}`,
        )
      }
    } finally {
      loads.stop()
      signal?.removeEventListener('abort', onAbort)
      batch?.dispose()
    }
  }

  return {
    [Symbol.asyncIterator]: pass,
    get skipped() {
      return skipped
    },
    get time() {
      return clock.read()
    },
  }
}
