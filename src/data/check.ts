import { ArgumentError, DataError } from '../errors.js'
import type { PixelImage } from '../image.js'
import { forEachOf } from './pool.js'
import type { ImageRecord, ImageSource } from './source.js'

/** An image that cannot be used. */
export interface SkippedImage {
  /** Its record. */
  readonly record: ImageRecord
  /** What is wrong with it. */
  readonly problem: string
}

/** How far {@link checkImages} or a stream is. */
export interface CheckProgress {
  /** Images decoded, or found unreadable. */
  readonly done: number
  /** Images in all. */
  readonly total: number
  /** Images left out so far. */
  readonly skipped: number
}

/** What {@link checkImages} takes. */
export interface CheckOptions {
  /** `throw` (default): the first image that cannot be read stops the check. `skip`: it is left out and listed. */
  readonly onCorrupt?: 'throw' | 'skip'
  /** Stops the check; its reason is thrown at once, also where a read hangs. */
  readonly signal?: AbortSignal
  /** Called with every image that can be read, to see it while its pixels are at hand; borrowed, awaited, its errors are thrown. */
  readonly inspect?: (record: ImageRecord, image: PixelImage) => void | Promise<void>
  /** Called after every image. */
  readonly onProgress?: (progress: CheckProgress) => void
}

/** What {@link checkImages} found. */
export interface CheckedImages {
  /** The source with the usable records only. */
  readonly source: ImageSource
  /** What was left out. */
  readonly skipped: readonly SkippedImage[]
}

/** Images decoded at a time. */
const concurrency = 4

/**
 * Reads every image of the source once, so that a corrupt one shows before hours of work and not after. Only a
 * `DataError` of `source.read` counts as corrupt; any other error is thrown as it is.
 *
 * @throws DataError naming the image (`onCorrupt: 'throw'`), or when no image is left; the signal's reason.
 */
export async function checkImages(
  source: ImageSource,
  { onCorrupt = 'throw', signal, inspect, onProgress }: CheckOptions = {},
): Promise<CheckedImages> {
  if (onCorrupt !== 'throw' && onCorrupt !== 'skip') {
    throw new ArgumentError('options.onCorrupt', "be 'throw' or 'skip'", onCorrupt)
  }
  const { records } = source
  const problems = new Map<ImageRecord, string>()
  let done = 0
  const readable = async (record: ImageRecord): Promise<PixelImage | undefined> => {
    try {
      return await source.read(record)
    } catch (error) {
      if (onCorrupt === 'throw' || !(error instanceof DataError)) throw error
      problems.set(record, error.message)
      return undefined
    }
  }
  const check = async (record: ImageRecord): Promise<void> => {
    const image = await readable(record)
    // Whoever waited for this has been told: nothing is shown any more.
    if (signal?.aborted) return
    if (image !== undefined) await inspect?.(record, image)
    done++
    onProgress?.({ done, total: records.length, skipped: problems.size })
  }
  await forEachOf(records, check, { concurrency, signal })
  const skipped = records
    .filter((record) => problems.has(record))
    .map((record) => ({ record, problem: problems.get(record)! }))
  if (skipped.length === records.length) {
    throw new DataError(
      source.description,
      `none of the ${records.length} images can be read; first: ${skipped[0]?.problem}`,
    )
  }
  if (skipped.length === 0) return { source, skipped }
  return {
    source: {
      kind: source.kind,
      description: `${source.description}, ${skipped.length} unreadable left out`,
      records: records.filter((record) => !problems.has(record)),
      read: (record) => source.read(record),
      ...(source.readBytes === undefined ? {} : { readBytes: (record) => source.readBytes!(record) }),
    },
    skipped,
  }
}
