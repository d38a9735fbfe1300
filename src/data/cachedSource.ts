import { requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import { byteCache } from './byteCache.js'
import { createPool } from './pool.js'
import type { ImageRecord, ImageSource } from './source.js'

/** What {@link cachedSource} takes. */
export interface CachedSourceOptions {
  /** Bytes of pixels to keep, at most; 0 keeps none. */
  readonly bytes: number
  /** Images decoded at a time, at most; default 4. */
  readonly concurrency?: number
}

/** An image source that remembers. */
export interface CachedSource extends ImageSource {
  /** Bytes of pixels kept now; never more than the budget. */
  readonly bytes: number
  /** Images kept now. */
  readonly images: number
  /** Images read from the source so far: what the cache did not answer. */
  readonly decoded: number
  /** Images being read from the source now. */
  readonly decoding: number
  /** Forgets all pixels. */
  clear(): void
}

/** The image with pixels of its own: a view of something larger would keep all of that. */
function compact(image: PixelImage): PixelImage {
  const { data } = image
  return data.byteLength === data.buffer.byteLength ? image : { ...image, data: data.slice() }
}

/**
 * The same source, with the images used last kept in memory, counted to the byte: what was used longest ago goes first,
 * and before the next comes in. An image larger than the budget is read every time. One image asked for several times
 * at once is decoded once; a failure is not remembered. Images are shared by all who ask: do not write into their pixels.
 *
 * @throws ArgumentError for options out of range; `read` rejects as the source's.
 */
export function cachedSource(source: ImageSource, { bytes, concurrency = 4 }: CachedSourceOptions): CachedSource {
  requireInteger('options.bytes', bytes, 0)
  requireInteger('options.concurrency', concurrency, 1)
  const pool = createPool(concurrency)
  const cache = byteCache<PixelImage>(bytes, ({ data }) => data.byteLength)
  let decoded = 0
  return {
    kind: source.kind,
    description: source.description,
    records: source.records,
    read: (record: ImageRecord) =>
      cache.get(record.id, () =>
        pool.run(async () => {
          decoded++
          return compact(await source.read(record))
        }),
      ),
    ...(source.readBytes === undefined
      ? {}
      : { readBytes: (record: ImageRecord) => pool.run(() => source.readBytes!(record)) }),
    get bytes() {
      return cache.bytes
    },
    get images() {
      return cache.size
    },
    get decoded() {
      return decoded
    },
    get decoding() {
      return pool.running
    },
    clear: () => cache.clear(),
  }
}
