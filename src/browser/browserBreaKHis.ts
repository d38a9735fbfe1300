import { imageLimits } from '../data/imageLimits.js'
import { listBreaKHis, type ListBreaKHisOptions } from '../data/listBreaKHis.js'
import { recordSource } from '../data/recordSource.js'
import { magnifications as allMagnifications, type ImageSource } from '../data/source.js'
import { pathOf, readBrowserFile, type BrowserFile, type BrowserFileOptions } from './browserFile.js'
import { decodeImage } from './decodeImage.js'

/** What {@link browserBreaKHis} takes. */
export interface BrowserBreaKHisOptions extends ListBreaKHisOptions, BrowserFileOptions {}

/**
 * BreaKHis in a browser: the `files` of `<input type="file" webkitdirectory>` or a list of addresses, labelled by their names as
 * `loadBreaKHis` of `esrgan-scnn/node` does. Files other than PNG are ignored, so are names that begin with a dot; records are in
 * the order of their ids. Nothing is read before it is asked for; `checkImages` reads all once and can leave out what is corrupt.
 *
 * @throws DataError for a PNG whose name is outside BreaKHis' grammar (named), two files of the same name, or no image of the
 *   magnifications; ArgumentError for other magnifications.
 */
export function browserBreaKHis(
  files: ArrayLike<BrowserFile>,
  { magnifications = allMagnifications, source = 'the chosen files', ...reading }: BrowserBreaKHisOptions = {},
): ImageSource {
  imageLimits(reading)
  const all = Array.from(files)
  const listed = listBreaKHis(
    all.map((file) => pathOf(file) ?? ''),
    { magnifications, source },
  )
  const items = listed.map(({ record, from, index }) => ({ record, from: { file: all[index]!, path: from } }))
  return recordSource(items, {
    kind: 'breakhis',
    description: `BreaKHis, ${items.length} images at ${[...magnifications].sort((a, b) => a - b).join(', ')}x from ${source}`,
    read: async ({ file, path }) => decodeImage(await readBrowserFile(file, path, reading), path, reading),
    readBytes: ({ file, path }) => readBrowserFile(file, path, reading),
  })
}
