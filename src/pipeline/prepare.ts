import {
  auditLeakage,
  balanceByAugmentation,
  splitRecords,
  type AugmentedRecord,
  type ImageRecord,
  type ImageSource,
  type Magnification,
  type Split,
  type SplitName,
} from '../data/index.js'
import { DataError } from '../errors.js'
import type { AugmentationSettings } from './presets.js'

/** What {@link prepareRecords} takes. */
export interface PrepareOptions {
  /** How the data are divided. */
  readonly split: SplitName
  /** Share of the test set; ignored by official folds. */
  readonly testFraction: number
  /** Only these magnifications, or all. */
  readonly magnifications: readonly Magnification[] | undefined
  /** Balancing augmentation of the training set. */
  readonly augmentation: AugmentationSettings
  /** Seed of split and augmentation. */
  readonly seed: number
  /** Limits the images of each class on each side. */
  readonly maxImages: number | undefined
}

/** Which images are learned from, how they are augmented, and which are judged by. */
export interface PreparedRecords {
  /** The split, after any limit. */
  readonly split: Split
  /** Training images, then their augmented copies, until the classes balance. */
  readonly training: readonly AugmentedRecord[]
}

/** The first images of each class, as many as given. */
function limited(
  records: readonly ImageRecord[],
  limit: Readonly<Record<ImageRecord['label'], number>>,
): ImageRecord[] {
  const taken = { benign: 0, malignant: 0 }
  return records.filter(({ label }) => taken[label]++ < limit[label])
}

/** A split cut down to about `limit` images of each class and side: two of each to pair, and one more of the larger class to balance. */
function limitedSplit(split: Split, limit: number): Split {
  const benign = split.train.filter(({ label }) => label === 'benign').length
  const larger = 2 * benign > split.train.length ? 'benign' : 'malignant'
  const least = Math.max(2, limit)
  const train = limited(split.train, { benign: least, malignant: least, [larger]: least + 1 })
  const test = limited(split.test, { benign: limit, malignant: limit })
  return { kind: split.kind, train, test, audit: auditLeakage({ train, test }) }
}

/** Filters by magnification, splits, and balances the training side by augmentation. */
export function prepareRecords(source: ImageSource, options: PrepareOptions): PreparedRecords {
  const { split: name, testFraction, magnifications, augmentation, seed, maxImages } = options
  const records = source.records.filter(
    ({ magnification }) =>
      magnifications === undefined || (magnification !== undefined && magnifications.includes(magnification)),
  )
  if (records.length === 0) {
    throw new DataError(source.description, `no image has the magnification ${magnifications?.join(', ')}`)
  }
  const whole = splitRecords(records, name, name.startsWith('official:') ? {} : { testFraction, seed })
  const split = maxImages === undefined ? whole : limitedSplit(whole, maxImages)
  for (const label of ['benign', 'malignant'] as const) {
    const n = split.train.filter((record) => record.label === label).length
    if (n < 2) {
      throw new DataError(
        'records',
        `too few ${label} images to pair: ${n} on the training side, each class needs at least 2`,
      )
    }
  }
  return { split, training: balanceByAugmentation(split, { ...augmentation, seed }) }
}
