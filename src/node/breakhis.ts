import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseBreaKHisName } from '../data/breakhis.js'
import { checkImages, type CheckProgress, type SkippedImage } from '../data/check.js'
import {
  magnifications as allMagnifications,
  type ImageRecord,
  type ImageSource,
  type Magnification,
} from '../data/source.js'
import { ArgumentError, DataError } from '../errors.js'
import { hasCode, messageOf } from './files.js'
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

/** Every file below the folder. Linked folders are followed, each real folder once, so that loops end. */
async function* filesBelow(folder: string, seen: Set<string>, signal?: AbortSignal): AsyncGenerator<string> {
  const real = await realpath(folder)
  if (seen.has(real)) return
  seen.add(real)
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    signal?.throwIfAborted()
    const path = join(folder, entry.name)
    const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry
    if (target?.isDirectory()) yield* filesBelow(path, seen, signal)
    else if (target?.isFile()) yield path
    // A link that leads nowhere: kept, so that its name shows when it is read.
    else if (target === undefined) yield path
  }
}

async function requireFolder(root: string): Promise<void> {
  try {
    if (!(await stat(root)).isDirectory()) throw new DataError(root, 'is not a folder')
  } catch (error) {
    if (error instanceof DataError) throw error
    throw new DataError(root, hasCode(error, 'ENOENT') ? 'no such folder' : messageOf(error), { cause: error })
  }
}

/**
 * Lists the BreaKHis images at or below a folder: the official layout
 * (`histology_slides/breast/{benign,malignant}/SOB/...`) or any other, also all files in one folder; what an image is, its name
 * says. Files other than PNG are ignored, so are names that begin with a dot. Nothing is decoded before it is read (but see `onCorrupt`).
 * Records are in the order of their ids.
 *
 * @throws DataError for a missing or empty folder, a PNG whose name is outside BreaKHis' grammar (named), two files of the same
 *   name, or no image of the magnifications; ArgumentError for other magnifications.
 */
export async function loadBreaKHis(root: string, options: BreaKHisOptions = {}): Promise<BreaKHisSource> {
  const { magnifications = allMagnifications, onCorrupt = 'throw', signal, onProgress, ...readOptions } = options
  if (magnifications.length === 0 || magnifications.some((m) => !allMagnifications.includes(m))) {
    throw new ArgumentError('options.magnifications', 'list some of 40, 100, 200, 400', [...magnifications])
  }
  if (onCorrupt !== 'throw' && onCorrupt !== 'skip') {
    throw new ArgumentError('options.onCorrupt', "be 'throw' or 'skip'", onCorrupt)
  }
  await requireFolder(root)
  const found = new Map<string, { path: string; record: ImageRecord }>()
  for await (const path of filesBelow(root, new Set(), signal)) {
    const name = basename(path)
    if (!name.toLowerCase().endsWith('.png') || name.startsWith('.')) continue
    let record: ImageRecord
    try {
      record = parseBreaKHisName(name)
    } catch (error) {
      throw new DataError(path, messageOf(error).slice(name.length + 2), { cause: error })
    }
    const same = found.get(record.id)
    if (same !== undefined) throw new DataError(path, `has the same name as ${same.path}`)
    found.set(record.id, { path, record })
  }
  if (found.size === 0) throw new DataError(root, 'no BreaKHis images (PNG) at or below this folder')
  const records = [...found.values()]
    .map(({ record }) => record)
    .filter((record) => magnifications.includes(record.magnification!))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  if (records.length === 0) {
    const others = [...new Set([...found.values()].map(({ record }) => record.magnification!))].sort((a, b) => a - b)
    throw new DataError(
      root,
      `no images at ${magnifications.join(', ')}x; the ${found.size} images there are at ${others.join(', ')}x`,
    )
  }
  const pathOf = (record: ImageRecord): string => {
    const file = found.get(record.id)
    if (file === undefined) throw new DataError(record.id, `is not an image of ${root}`)
    return file.path
  }
  const listed: ImageSource = {
    kind: 'breakhis',
    description: `BreaKHis, ${records.length} images at ${[...magnifications].sort((a, b) => a - b).join(', ')}x from ${root}`,
    records,
    read: async (record) => readImage(pathOf(record), readOptions),
    readBytes: async (record) => readImageFile(pathOf(record)),
  }
  if (onCorrupt === 'throw') return { ...listed, kind: 'breakhis', skipped: [] }
  const { source, skipped } = await checkImages(listed, {
    onCorrupt,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  })
  return { ...source, kind: 'breakhis', skipped }
}
