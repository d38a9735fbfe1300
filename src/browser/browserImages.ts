import { imageList, type EntryOptions, type ImageEntry } from '../data/imageList.js'
import { imageLimits } from '../data/imageLimits.js'
import type { ImageSource } from '../data/source.js'
import { pathOf, readBrowserFile, type BrowserFile, type BrowserFileOptions } from './browserFile.js'
import { decodeImage } from './decodeImage.js'

/** One image in a browser: its file or address, and what is known of it. */
export interface BrowserImageEntry extends ImageEntry {
  /** Where its bytes are. */
  readonly file: BrowserFile
}

/** What {@link browserImages} takes. */
export interface BrowserImagesOptions extends EntryOptions, BrowserFileOptions {
  /** One line for people, which reports name; default `N images of this browser`. */
  readonly description?: string
}

/**
 * An image source over files that a user chose and over addresses. An entry without id and path is named after its file (the path
 * in its folder, else its name) or the path of its address; a `Blob`, and an address of kind blob or data, needs an id. The list is
 * checked at once; files are read, and addresses fetched, when their image is asked for, and never kept.
 *
 * @throws DataError naming the row for entries that `imageList` refuses; ArgumentError for an entry without a file.
 */
export function browserImages(
  entries: readonly BrowserImageEntry[],
  { description, labels, source, rowName, ...reading }: BrowserImagesOptions = {},
): ImageSource {
  imageLimits(reading)
  const named = entries.map((entry) => {
    const path = pathOf(entry.file)
    return entry.id === undefined && entry.path === undefined && path !== undefined ? { ...entry, path } : entry
  })
  return imageList(named, {
    ...(labels === undefined ? {} : { labels }),
    ...(source === undefined ? {} : { source }),
    ...(rowName === undefined ? {} : { rowName }),
    description: description ?? `${entries.length} images of this browser`,
    read: async ({ file }, { id }) => decodeImage(await readBrowserFile(file, id, reading), id, reading),
    readBytes: ({ file }, { id }) => readBrowserFile(file, id, reading),
  })
}
