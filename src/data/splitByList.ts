import { DataError } from '../errors.js'
import { divide } from './divide.js'
import type { ImageRecord } from './source.js'
import type { Split } from './splits.js'

/**
 * The split that a published list gives, one line `file|magnification|fold|train or test` an image (the layout of
 * BreaKHis' `dsfold1.txt` .. `dsfold5.txt`; those five need no list: `splitByOfficialFold`). Records are found by
 * `<id>.png`; lines of images that are not among the records are ignored.
 *
 * @throws DataError for a malformed line, a record that the list does not name or puts on both sides, or a side that
 *   stays empty.
 */
export function splitByList(records: readonly ImageRecord[], list: string): Split {
  const sides = new Map<string, string>()
  for (const line of list.split(/\r?\n/)) {
    if (line.trim() === '') continue
    const match = /^(.+)\.png\|\d+\|\d+\|(train|test)$/.exec(line.trim())
    if (match === null)
      throw new DataError('list', `not "file|magnification|fold|train or test": ${line.slice(0, 120)}`)
    const [, id, side] = match as unknown as [string, string, string]
    if ((sides.get(id) ?? side) !== side) throw new DataError('list', `${id}.png is on both sides`)
    sides.set(id, side)
  }
  const unlisted = records.find((record) => !sides.has(record.id))
  if (unlisted !== undefined) throw new DataError(unlisted.id, 'the list does not name this image')
  const split = divide('official', records, (_, record) => sides.get(record.id) === 'test')
  if (split.train.length === 0 || split.test.length === 0)
    throw new DataError('list', `all ${records.length} images are on one side`)
  return split
}
