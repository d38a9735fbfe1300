import { ArgumentError } from '../errors.js'
import type { LeakageAudit } from './audit.js'
import { splitByOfficialFold, type OfficialFold } from './officialFolds.js'
import type { ImageRecord } from './source.js'
import { splitByGroup } from './splitByGroup.js'
import { splitByImage } from './splitByImage.js'

/** Training and test records. A validation set is made by splitting `train` again. */
export interface Split {
  /** What was kept whole: single images, patients, accessions, another group of the caller's, or as a published list says. */
  readonly kind: 'image' | 'patient' | 'accession' | 'group' | 'official'
  /** Records to learn from, in the order they were given. */
  readonly train: ImageRecord[]
  /** Records to be judged by, in the order they were given. */
  readonly test: ImageRecord[]
  /** What stands on both sides. */
  readonly audit: LeakageAudit
}

/** The ways to divide a data set that have a name: see {@link splitRecords}. */
export type SplitName = 'image' | 'patient' | 'accession' | `official:${OfficialFold}`

/** Every {@link SplitName}. */
export const splitNames: readonly SplitName[] = [
  'image',
  'patient',
  'accession',
  'official:1',
  'official:2',
  'official:3',
  'official:4',
  'official:5',
]

/** What {@link splitByImage} takes. */
export interface SplitOptions {
  /** Share of the records that goes to the test set, between 0 and 1; default 0.2. */
  readonly testFraction?: number
  /** Equal seeds give equal splits; default 0. */
  readonly seed?: number
}

/**
 * Divides by name: `image` = {@link splitByImage} (the paper's), `patient` and `accession` = {@link splitByGroup},
 * `official:1` to `official:5` = {@link splitByOfficialFold}, which has no seed and no test fraction.
 *
 * @throws ArgumentError for another name, or a `testFraction` beside an official fold; DataError as those functions do.
 */
export function splitRecords(
  records: readonly ImageRecord[],
  name: SplitName,
  { testFraction, seed = 0 }: SplitOptions = {},
): Split {
  if (!splitNames.includes(name)) throw new ArgumentError('name', `be one of ${splitNames.join(', ')}`, name)
  const options = { seed, ...(testFraction === undefined ? {} : { testFraction }) }
  if (name === 'image') return splitByImage(records, options)
  if (name === 'patient' || name === 'accession') return splitByGroup(records, { ...options, by: name })
  if (testFraction !== undefined) {
    throw new ArgumentError('options.testFraction', `be left out: ${name} says itself what is tested`, testFraction)
  }
  return splitByOfficialFold(records, Number(name.slice('official:'.length)) as OfficialFold)
}
