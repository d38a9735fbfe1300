import { DataError } from '../errors.js'
import type { BreaKHisName } from './breakhis.js'
import { listBreaKHis } from './listBreaKHis.js'

/**
 * The records of a list of BreaKHis names, one a line, without any image: plain names, paths that end in one, or lines
 * of an official list (`file|magnification|fold|train or test`). Blank lines are ignored. In the order of the ids.
 *
 * @throws DataError that names the line: no PNG, a name outside the grammar, or one that is there twice.
 */
export function recordsFromNames(text: string): BreaKHisName[] {
  const names = text
    .split(/\r?\n/)
    .map((line) => line.split('|')[0]!.trim())
    .filter((name) => name !== '')
  const other = names.find((name) => !/\.png$/i.test(name))
  if (other !== undefined) throw new DataError(other.slice(0, 120), 'is not the name of a PNG')
  return listBreaKHis(names, { source: 'list' }).map(({ record }) => record)
}
