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
import { createRandom } from '../random.js'
import type { AugmentationSettings } from './presets.js'

/** What {@link prepareRecords} takes. */
export interface PrepareOptions {
  /** How the data are divided. */
  readonly split: SplitName
  /** Share of the test set; ignored by official folds. */
  readonly testFraction: number
  /** Share of the training side that is held back to choose by; 0 = none. */
  readonly validationFraction: number
  /** Only these magnifications, or all. */
  readonly magnifications: readonly Magnification[] | undefined
  /** Balancing augmentation of the training set. */
  readonly augmentation: AugmentationSettings
  /** Seed of split and augmentation. */
  readonly seed: number
  /** Limits the images of each class on each side. */
  readonly maxImages: number | undefined
}

/** Which images are learned from, how they are augmented, which are chosen by and which are judged by. */
export interface PreparedRecords {
  /** The split, after any limit: `train` holds the images to learn from and those to choose by. */
  readonly split: Split
  /** The images that are learned from. */
  readonly learned: readonly ImageRecord[]
  /** The images that are chosen by; empty where there are none. */
  readonly validation: readonly ImageRecord[]
  /** Images to learn from, then their augmented copies, until the classes balance. */
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

/** About `limit` images of each class to learn from: two of each to pair, and one more of the larger class to balance. */
function limitedTraining(records: readonly ImageRecord[], limit: number): ImageRecord[] {
  const benign = records.filter(({ label }) => label === 'benign').length
  const larger = 2 * benign > records.length ? 'benign' : 'malignant'
  const least = Math.max(2, limit)
  return limited(records, { benign: least, malignant: least, [larger]: least + 1 })
}

/** The training side divided again: by the split's own rule, an official fold's by patient. */
function holdBack(
  train: readonly ImageRecord[],
  name: SplitName,
  { validationFraction, seed }: PrepareOptions,
): { learned: readonly ImageRecord[]; validation: readonly ImageRecord[] } {
  if (validationFraction === 0) return { learned: train, validation: [] }
  const own = createRandom(seed, 'pipeline', 'validation').integer(2 ** 31)
  try {
    const held = splitRecords(train, name.startsWith('official:') ? 'patient' : name, {
      testFraction: validationFraction,
      seed: own,
    })
    return { learned: held.train, validation: held.test }
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    const { message } = error
    throw new DataError(
      'validation',
      `the training side cannot be divided (${message}); validationFraction 0 leaves it whole`,
    )
  }
}

/** Filters by magnification, splits, holds back a validation side, and balances what is left by augmentation. */
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
  const parts = { test: whole.test as readonly ImageRecord[], ...holdBack(whole.train, name, options) }
  if (maxImages !== undefined) {
    const few = { benign: maxImages, malignant: maxImages }
    parts.test = limited(parts.test, few)
    parts.validation = limited(parts.validation, few)
    parts.learned = limitedTraining(parts.learned, maxImages)
  }
  const { learned, validation, test } = parts
  for (const label of ['benign', 'malignant'] as const) {
    const n = learned.filter((record) => record.label === label).length
    if (n < 2) {
      throw new DataError(
        'records',
        `too few ${label} images to pair: ${n} on the training side, each class needs at least 2`,
      )
    }
  }
  const chosen = new Set([...learned, ...validation])
  const sides = { train: whole.train.filter((record) => chosen.has(record)), test: [...test] }
  return {
    split: { kind: whole.kind, ...sides, audit: auditLeakage(sides) },
    learned,
    validation,
    training: balanceByAugmentation({ train: learned, test: [...validation, ...test] }, { ...augmentation, seed }),
  }
}
