import { ArgumentError, DataError, requireInteger } from '../errors.js'
import { createRandom } from '../random.js'
import { drawAugmentation, sequentialAugmentation, type Augmentation, type AugmentationRanges } from './augmentation.js'
import type { ImageRecord } from './source.js'

/** A training image: an original, or an augmented copy that is yet to be made. */
export interface AugmentedRecord {
  /** The image. */
  readonly record: ImageRecord
  /** 0 for the original, k for its k-th copy. */
  readonly copy: number
  /** How the copy differs; absent for the original. */
  readonly augmentation?: Augmentation
}

/** What {@link balanceByAugmentation} takes. */
export interface BalanceOptions extends AugmentationRanges {
  /** `random` (default): Keras' ranges. `sequential`: copy k is turned by k * rotation degrees, the paper's literal words. */
  readonly method?: 'random' | 'sequential'
  /** Equal seeds give equal copies. Default 0. */
  readonly seed?: number
  /** Other epochs give other draws for the same copies; default 0. Leave it for copies that are made once. */
  readonly epoch?: number
}

/**
 * Evens out the classes of a training set: all originals in their order, then augmented copies of the rarer class until
 * both count the same. The copies are spread evenly: every image is copied k times before one is copied k+1 times.
 * Which image, and how it is changed, depends on the seed, the record and the copy's number alone. Only for training
 * sets: a test set stays as it is.
 *
 * @throws DataError when there is one class only; ArgumentError for ranges out of bounds.
 */
export function balanceByAugmentation(train: readonly ImageRecord[], options: BalanceOptions = {}): AugmentedRecord[] {
  const { method = 'random', seed = 0, epoch = 0, ...ranges } = options
  if (method !== 'random' && method !== 'sequential') {
    throw new ArgumentError('options.method', "be 'random' or 'sequential'", method)
  }
  requireInteger('options.epoch', epoch, 0)
  const benign = train.filter((record) => record.label === 'benign')
  const malignant = train.filter((record) => record.label === 'malignant')
  if (benign.length === 0 || malignant.length === 0) {
    throw new DataError('train', `one class only (${train.length} images); balancing needs both`)
  }
  const rare = benign.length < malignant.length ? benign : malignant
  const sorted = [...rare].sort((a, b) => (a.id < b.id ? -1 : 1))
  const wanted = Math.abs(benign.length - malignant.length)
  const balanced: AugmentedRecord[] = train.map((record) => ({ record, copy: 0 }))
  for (let copy = 1; balanced.length < train.length + wanted; copy++) {
    const missing = train.length + wanted - balanced.length
    for (const record of createRandom(seed, 'balance', copy).shuffle(sorted).slice(0, missing)) {
      const random = createRandom(seed, 'augment', record.id, copy, epoch)
      const augmentation =
        method === 'random' ? drawAugmentation(random, ranges) : sequentialAugmentation(random, copy, ranges)
      balanced.push({ record, copy, augmentation })
    }
  }
  return balanced
}
