import { DataError } from '../errors.js'
import { labelReader, type LabelSpellings } from './labels.js'
import { recordSource, type RecordSourceOptions } from './recordSource.js'
import { magnifications, type ImageRecord, type ImageSource } from './source.js'

/** One image of a list: `{ path, label, group }` and what else is known. */
export interface ImageEntry {
  /** Unique name of the image; default its path. */
  readonly id?: string
  /** Where the image is: a file, an address, or whatever the list's reader understands. One of `id` and `path` is needed. */
  readonly path?: string
  /** The diagnosis: `benign` or `malignant` in any case, or one of the list's own spellings. */
  readonly label: string | number
  /** Whose image it is: the patient, who must not stand on both sides of a split. */
  readonly group: string | number
  /** 40, 100, 200 or 400, also as text (`40`, `40X`), where known. */
  readonly magnification?: string | number
  /** The tumour type, where known. */
  readonly subtype?: string
  /** The slide, where known. */
  readonly slide?: string
  /** The case that several patient ids may belong to, where known. */
  readonly accession?: string
  /** The image's number on its slide, where known. */
  readonly sequence?: string | number
}

/** What the check of a list takes. */
export interface EntryOptions {
  /** Further spellings of the two classes. */
  readonly labels?: LabelSpellings
  /** The list's name in errors; default `entries`. */
  readonly source?: string
  /** What the entry of an index is called in errors; default `row 1` for the first. */
  readonly rowName?: (index: number) => string
}

/** What {@link imageList} takes. */
export interface ImageListOptions<Entry extends ImageEntry> extends EntryOptions {
  /** Decodes the image of one entry. Should reject with a `DataError` that names it when it cannot. */
  readonly read: RecordSourceOptions<Entry>['read']
  /** The stored bytes of one entry's image, where it is a file. */
  readonly readBytes?: RecordSourceOptions<Entry>['readBytes']
  /** One line for people, which reports name; default `list of N images`. */
  readonly description?: string
}

// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f]/

/** A value as trimmed text; undefined where it is absent or empty. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  const text = String(value).trim()
  return text === '' ? undefined : text
}

const short = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text)

/**
 * The records of a list's entries, in their order; throws as {@link imageList}.
 */
export function entryRecords(
  entries: readonly ImageEntry[],
  { labels, source = 'entries', rowName = (index) => `row ${index + 1}` }: EntryOptions = {},
): ImageRecord[] {
  const readLabel = labelReader(labels)
  if (entries.length === 0) throw new DataError(source, 'lists no images')
  const rowOf = new Map<string, number>()
  return entries.map((entry, index) => {
    const fail = (problem: string): never => {
      throw new DataError(source, `${rowName(index)}: ${problem}`)
    }
    if (typeof entry !== 'object' || entry === null) fail('is no entry { path, label, group }')
    const text = (name: keyof ImageEntry): string | undefined => {
      const value = textOf(entry[name])
      return value !== undefined && unprintable.test(value)
        ? fail(`${name} ${short(value)} holds a control character`)
        : value
    }
    const path = text('path')
    const id = text('id') ?? path ?? fail('has neither id nor path')
    for (const key of new Set([`id ${id}`, ...(path === undefined ? [] : [`path ${path}`])])) {
      const earlier = rowOf.get(key)
      if (earlier !== undefined) {
        const [what] = key.split(' ', 1)
        fail(`${what} ${short(key.slice(what!.length + 1))} is that of ${rowName(earlier)}`)
      }
      rowOf.set(key, index)
    }
    const written = text('label') ?? fail(`${short(id)} has no label`)
    const label =
      readLabel(written) ??
      fail(`label ${short(written)} is neither benign nor malignant (other spellings: options.labels)`)
    const patient = text('group') ?? fail(`${short(id)} has no group (the patient whose image it is)`)
    const scale = text('magnification')
    const magnification = magnifications.find((known) => scale?.replace(/x$/i, '') === String(known))
    if (scale !== undefined && magnification === undefined) {
      fail(`magnification ${short(scale)} is none of ${magnifications.join(', ')}; leave it out where it is another`)
    }
    const number = text('sequence')
    if (number !== undefined && !/^\d{1,15}$/.test(number)) fail(`sequence ${short(number)} is no whole number`)
    const [subtype, slide, accession] = [text('subtype'), text('slide'), text('accession')]
    return {
      id,
      label,
      patient,
      ...(magnification === undefined ? {} : { magnification }),
      ...(subtype === undefined ? {} : { subtype }),
      ...(slide === undefined ? {} : { slide }),
      ...(accession === undefined ? {} : { accession }),
      ...(number === undefined ? {} : { sequence: Number(number) }),
    }
  })
}

/**
 * An image source from a plain list and a reader of the caller's own: anything that can be listed as `{ path, label, group }` and
 * decoded to pixels trains. The list is checked at once, the images are read one by one when they are asked for; `read` gets
 * the entry itself, with whatever else it carries.
 *
 * One class alone is no error here: only a split needs both.
 *
 * @throws DataError naming the row: no id and no path, no group, a label that is neither class, a magnification other than
 *   40, 100, 200 and 400, a sequence that is no whole number, a control character, an id or path that an earlier row has; or an
 *   empty list. `read` rejects with a DataError for a record of another source.
 * @throws ArgumentError for label spellings that would mean both classes.
 */
export function imageList<Entry extends ImageEntry>(
  entries: readonly Entry[],
  { read, readBytes, description, ...checks }: ImageListOptions<Entry>,
): ImageSource {
  const items = entryRecords(entries, checks).map((record, i) => ({ record, from: entries[i]! }))
  return recordSource(items, {
    kind: 'custom',
    description: description ?? `list of ${items.length} images`,
    read,
    ...(readBytes === undefined ? {} : { readBytes }),
  })
}
