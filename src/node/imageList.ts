import { realpath } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { entryRecords, type ImageEntry } from '../data/imageList.js'
import type { LabelSpellings } from '../data/labels.js'
import { recordSource } from '../data/recordSource.js'
import type { ImageSource } from '../data/source.js'
import { ArgumentError, DataError, requireInteger } from '../errors.js'
import { parseCsvTable, type CsvTable } from './csvTable.js'
import { fileProblem, readBounded } from './files.js'
import { readImage, readImageFile, type ReadImageOptions } from './images.js'

/** What {@link loadImageList} takes. */
export interface LoadImageListOptions extends ReadImageOptions {
  /** The folder that paths are relative to and may not leave; default the list's own folder, for entries the working directory. */
  readonly root?: string
  /** `refuse` (default): a path that leads out of `root`, also by a link, is an error. `allow`: for lists you wrote yourself. */
  readonly outside?: 'refuse' | 'allow'
  /** Further spellings of the two classes, for example `{ benign: ['0'], malignant: ['1'] }`. */
  readonly labels?: LabelSpellings
  /** The list's names of the columns where they differ, for example `{ path: 'file', group: 'patient' }`. */
  readonly columns?: Partial<Record<keyof ImageEntry, string>>
  /** A longer list file is refused before it is read; default 64 MiB. So is one of more than a million rows, or 1000 columns. */
  readonly maxListBytes?: number
  /** Stops the search for the files. */
  readonly signal?: AbortSignal
}

const fields = ['id', 'path', 'label', 'group', 'magnification', 'subtype', 'slide', 'accession', 'sequence'] as const

/** What is checked and how it is named. */
interface ReadList {
  readonly entries: readonly ImageEntry[]
  readonly source: string
  readonly rowName: (index: number) => string
}

async function readList(
  file: string,
  maxBytes: number,
  columns: LoadImageListOptions['columns'] = {},
): Promise<ReadList> {
  const unknown = Object.keys(columns).find((name) => !fields.some((field) => field === name))
  if (unknown !== undefined) throw new ArgumentError('options.columns', `name only ${fields.join(', ')}`, unknown)
  const bytes = await readBounded(file, maxBytes)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new DataError(file, 'is not text in UTF-8', { cause: error })
  }
  const nameOf = (field: keyof ImageEntry): string => (columns[field] ?? field).trim().toLowerCase()
  const wanted = new Set(['path', 'label', 'group', ...Object.keys(columns)] as (keyof ImageEntry)[])
  const { rows }: CsvTable = parseCsvTable(text, file, { wanted: [...wanted].map(nameOf), also: fields.map(nameOf) })
  const entries = rows.map(
    (row) => Object.fromEntries(fields.map((field) => [field, row.value(nameOf(field))])) as unknown as ImageEntry,
  )
  return { entries, source: file, rowName: (index) => `line ${rows[index]!.line}` }
}

/** Files searched for at a time. */
const lanes = 16

/** What `work` gives for every index, a few at a time; throws the error of the first index that failed. */
async function mapIndices<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const done: T[] = []
  for (let start = 0; start < count; start += lanes) {
    const size = Math.min(lanes, count - start)
    const results = await Promise.allSettled(Array.from({ length: size }, (_, i) => work(start + i)))
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason
      done.push(result.value)
    }
  }
  return done
}

/**
 * Images that a list names: a CSV file with the columns `path`, `label` and `group` (the patient) and, where there are any, `id`,
 * `magnification`, `subtype`, `slide`, `accession` and `sequence`; or the same as objects. Relative paths are taken from the list's
 * folder. Every file is searched for at once, none is decoded before it is read.
 *
 * A list from elsewhere may not lead to other files of this machine: `..`, absolute paths and links are followed, and refused
 * where they end outside `root`.
 *
 * @throws DataError naming list, line and path: a row that `imageList` refuses, a path that leads out of `root`, a file that is not
 *   there, one file listed twice (also under two names); or a list that is no UTF-8 CSV with these columns, or too long.
 * @throws ArgumentError for options out of range.
 */
export async function loadImageList(
  list: string | readonly ImageEntry[],
  options: LoadImageListOptions = {},
): Promise<ImageSource> {
  const { outside = 'refuse', labels, columns, maxListBytes = 64 * 2 ** 20, signal, ...rest } = options
  const { root = typeof list === 'string' ? dirname(list) : '.', ...readOptions } = rest
  if (outside !== 'refuse' && outside !== 'allow') {
    throw new ArgumentError('options.outside', "be 'refuse' or 'allow'", outside)
  }
  requireInteger('options.maxListBytes', maxListBytes, 1)
  const { entries, source, rowName }: ReadList =
    typeof list === 'string'
      ? await readList(list, maxListBytes, columns)
      : { entries: list, source: 'entries', rowName: (index) => `row ${index + 1}` }
  const records = entryRecords(entries, { source, rowName, ...(labels === undefined ? {} : { labels }) })

  let folder: string
  try {
    folder = await realpath(root)
  } catch (error) {
    throw new DataError(root, 'no such folder', { cause: error })
  }
  const inside = (path: string, of = folder): boolean => path.startsWith(of.endsWith(sep) ? of : of + sep)
  const items = await mapIndices(records.length, async (index) => {
    signal?.throwIfAborted()
    const fail = (problem: string, error?: unknown): never => {
      throw new DataError(source, `${rowName(index)}: ${problem}`, { cause: error })
    }
    const written = String(entries[index]!.path ?? '').trim()
    if (written === '') fail('has no path')
    const shown = JSON.stringify(written.length > 200 ? `${written.slice(0, 197)}...` : written)
    const leaves = `${shown} leads out of ${folder} (allowed by outside: 'allow')`
    const wanted = resolve(folder, written)
    // Before the file system is asked: whether a file is there outside must not show either.
    if (outside === 'refuse' && !inside(wanted) && !inside(wanted, resolve(root))) fail(leaves)
    let real = ''
    try {
      real = await realpath(wanted)
    } catch (error) {
      fail(`${shown}: ${fileProblem(error)}: ${wanted}`, error)
    }
    if (outside === 'refuse' && !inside(real)) fail(leaves)
    return { record: records[index]!, from: real }
  })
  const rowOf = new Map<string, number>()
  for (const [index, { from }] of items.entries()) {
    const earlier = rowOf.get(from)
    if (earlier !== undefined) {
      throw new DataError(source, `${rowName(index)}: ${from} is listed already, in ${rowName(earlier)}`)
    }
    rowOf.set(from, index)
  }
  const patients = new Set(records.map(({ patient }) => patient)).size
  return recordSource(items, {
    kind: 'custom',
    description: `list of ${items.length} images of ${patients} patients, ${typeof list === 'string' ? list : `files of ${root}`}`,
    read: (path) => readImage(path, readOptions),
    readBytes: (path) => readImageFile(path, readOptions),
  })
}
