import { ArgumentError, DataError } from '../errors.js'
import { parseBreaKHisName, type BreaKHisName } from './breakhis.js'
import { compareText } from './compareText.js'
import type { ListedRecord } from './recordSource.js'
import { magnifications as allMagnifications, type Magnification } from './source.js'

/** What {@link listBreaKHis} takes. */
export interface ListBreaKHisOptions {
  /** Only images of these magnifications; default all four. */
  readonly magnifications?: readonly Magnification[]
  /** What the paths stand in, in errors; default `names`. */
  readonly source?: string
}

/** A BreaKHis image of a list: its record, the path it was listed under, and where in the list that stands. */
export interface ListedBreaKHis extends ListedRecord<string> {
  /** What the name says. */
  readonly record: BreaKHisName
  /** Its index in the list. */
  readonly index: number
}

const baseName = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)

/** The name's record; the problem is told under the whole path. */
function parse(path: string, name: string): BreaKHisName {
  // Some systems write PNG in capitals; the rest of the grammar is taken as it stands.
  const normal = name.replace(/\.png$/i, '.png')
  try {
    return parseBreaKHisName(normal)
  } catch (error) {
    const problem = (error as Error).message.slice(normal.length + 2)
    throw new DataError(path, problem, { cause: error })
  }
}

/**
 * The BreaKHis images among the paths or names of a folder, a `FileList` or a list, in the order of their ids; what an image
 * is, its name says, wherever it lies. Left out are names that begin with a dot and whatever is no PNG. `.PNG` is PNG; otherwise
 * letter case counts, so that one image cannot enter under two names.
 *
 * @throws DataError naming the path: a PNG whose name is outside BreaKHis' grammar, two files of the same name (also where only
 *   `.png` and `.PNG` differ); or naming `source`: no BreaKHis image, or none of the magnifications.
 * @throws ArgumentError for magnifications that BreaKHis has not.
 */
export function listBreaKHis(
  paths: readonly string[],
  { magnifications = allMagnifications, source = 'names' }: ListBreaKHisOptions = {},
): ListedBreaKHis[] {
  if (magnifications.length === 0 || magnifications.some((m) => !allMagnifications.includes(m))) {
    throw new ArgumentError('options.magnifications', 'list some of 40, 100, 200, 400', [...magnifications])
  }
  const found = new Map<string, ListedBreaKHis>()
  for (const [index, path] of paths.entries()) {
    const name = baseName(path)
    if (!/\.png$/i.test(name) || name.startsWith('.')) continue
    const record = parse(path, name)
    const same = found.get(record.id)
    if (same !== undefined) throw new DataError(path, `has the same name as ${same.from}`)
    found.set(record.id, { record, from: path, index })
  }
  if (found.size === 0) throw new DataError(source, 'no BreaKHis images (PNG) among its files')
  const wanted = [...found.values()]
    .filter(({ record }) => magnifications.includes(record.magnification))
    .sort((a, b) => compareText(a.record.id, b.record.id))
  if (wanted.length === 0) {
    const others = [...new Set([...found.values()].map(({ record }) => record.magnification))].sort((a, b) => a - b)
    throw new DataError(
      source,
      `no images at ${magnifications.join(', ')}x; the ${found.size} images there are at ${others.join(', ')}x`,
    )
  }
  return wanted
}
