import { stat } from 'node:fs/promises'
import { checkImages, type CheckProgress, type SkippedImage } from '../data/check.js'
import { listBreaKHis } from '../data/listBreaKHis.js'
import { recordSource } from '../data/recordSource.js'
import { magnifications as allMagnifications, type ImageSource, type Magnification } from '../data/source.js'
import { ArgumentError, DataError } from '../errors.js'
import { fileProblem, hasCode } from './files.js'
import { filesBelow } from './filesBelow.js'
import { readImage, readImageFile, type ReadImageOptions } from './images.js'

/** What {@link loadBreaKHis} takes. */
export interface BreaKHisOptions extends ReadImageOptions {
  /** Only images of these magnifications; default all four. */
  readonly magnifications?: readonly Magnification[]
  /**
   * `throw` (default): images are decoded when they are read, and a corrupt one is an error then. `skip`: every image
   * is decoded once at loading, and those that cannot be are left out and listed in `skipped`.
   */
  readonly onCorrupt?: 'throw' | 'skip'
  /** Stops the listing and the decoding of `skip`. */
  readonly signal?: AbortSignal
  /** Reports the decoding of `skip`. */
  readonly onProgress?: (progress: CheckProgress) => void
}

/** A BreaKHis folder as an image source. */
export interface BreaKHisSource extends ImageSource {
  /** Always `breakhis`. */
  readonly kind: 'breakhis'
  /** Images that `onCorrupt: 'skip'` left out, with what was wrong. */
  readonly skipped: readonly SkippedImage[]
}

async function requireFolder(root: string): Promise<void> {
  try {
    if (!(await stat(root)).isDirectory()) throw new DataError(root, 'is not a folder')
  } catch (error) {
    if (error instanceof DataError) throw error
    throw new DataError(root, hasCode(error, 'ENOENT') ? 'no such folder' : fileProblem(error), { cause: error })
  }
}

/**
 * Lists the BreaKHis images at or below a folder: the official layout
 * (`histology_slides/breast/{benign,malignant}/SOB/...`) or any other, also all files in one folder; what an image is, its name
 * says. Files other than PNG are ignored, so are names that begin with a dot. Letter case counts, but for `.PNG`. Linked folders
 * are followed, each once. Nothing is decoded before it is read (but see `onCorrupt`): a name behind which there is no plain file
 * is listed, and an error then. Records are in the order of their ids.
 *
 * @throws DataError for a missing, unreadable or empty folder, a PNG whose name is outside BreaKHis' grammar (named), two files of
 *   the same name, or no image of the magnifications; ArgumentError for other magnifications.
 */
export async function loadBreaKHis(root: string, options: BreaKHisOptions = {}): Promise<BreaKHisSource> {
  const { magnifications = allMagnifications, onCorrupt = 'throw', signal, onProgress, ...readOptions } = options
  if (onCorrupt !== 'throw' && onCorrupt !== 'skip') {
    throw new ArgumentError('options.onCorrupt', "be 'throw' or 'skip'", onCorrupt)
  }
  await requireFolder(root)
  const paths = await filesBelow(root, {
    wanted: (name) => /\.png$/i.test(name),
    ...(signal === undefined ? {} : { signal }),
  })
  const listed = listBreaKHis(paths, { magnifications, source: root })
  const source = recordSource(listed, {
    kind: 'breakhis',
    description: `BreaKHis, ${listed.length} images at ${[...magnifications].sort((a, b) => a - b).join(', ')}x from ${root}`,
    read: (path) => readImage(path, readOptions),
    readBytes: (path) => readImageFile(path, readOptions),
  })
  if (onCorrupt === 'throw') return { ...source, kind: 'breakhis', skipped: [] }
  const checked = await checkImages(source, {
    onCorrupt,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  })
  return { ...checked.source, kind: 'breakhis', skipped: checked.skipped }
}
