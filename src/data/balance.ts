import { ArgumentError, DataError, requireInteger } from '../errors.js'
import { createRandom } from '../random.js'
import { drawAugmentation, sequentialAugmentation, type Augmentation, type AugmentationRanges } from './augmentation.js'
import { compareText } from './compareText.js'
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

/** The two sides of a split; every `Split` is one. */
export interface TrainAndTest {
  /** The images to balance. */
  readonly train: readonly ImageRecord[]
  /** The images to judge by, which stay as they are; empty where there are none. */
  readonly test: readonly ImageRecord[]
}

/** What {@link balanceByAugmentation} takes. */
export interface BalanceOptions extends AugmentationRanges {
  /** `random` (default): Keras' ranges. `sequential`: copy k is turned by k * rotation degrees, the paper's literal words. */
  readonly method?: 'random' | 'sequential'
  /** How many images the rarer class has for each of the other afterwards, in (0, 1]; default 1. Nothing is left out. */
  readonly ratio?: number
  /** Equal seeds give equal copies. Default 0. */
  readonly seed?: number
  /** Other epochs give other draws for the same copies; default 0. Leave it for copies that are made once. */
  readonly epoch?: number
}

/**
 * Evens out the classes of a split's training side: all originals in their order, then augmented copies of the rarer class
 * until it has `ratio` times as many images as the other. The copies are spread evenly: every image is copied k times before
 * one is copied k+1 times. Which image, and how it is changed, depends on the seed, the record and the copy's number alone.
 *
 * It takes the split and gives back its training side, so that no test side is balanced by accident, and no set before it
 * is split: a copy would then stand on the other side than its original.
 *
 * @throws DataError when there is one class only, or an image stands on both sides; ArgumentError for ranges out of bounds.
 */
export function balanceByAugmentation(split: TrainAndTest, options: BalanceOptions = {}): AugmentedRecord[] {
  const { method = 'random', ratio = 1, seed = 0, epoch = 0, ...ranges } = options
  const { train, test } = split
  if (!Array.isArray(train) || !Array.isArray(test)) {
    throw new ArgumentError('split', 'be a split: { train, test }, two lists of records', split)
  }
  if (method !== 'random' && method !== 'sequential') {
    throw new ArgumentError('options.method', "be 'random' or 'sequential'", method)
  }
  if (!(ratio > 0 && ratio <= 1)) throw new ArgumentError('options.ratio', 'be a number in (0, 1]', ratio)
  requireInteger('options.epoch', epoch, 0)
  const judged = new Set(test.map(({ id }) => id))
  const shared = train.find(({ id }) => judged.has(id))
  if (shared !== undefined) throw new DataError(shared.id, 'stands on both sides of the split')
  const benign = train.filter((record) => record.label === 'benign')
  const malignant = train.filter((record) => record.label === 'malignant')
  if (benign.length === 0 || malignant.length === 0) {
    throw new DataError('train', `one class only (${train.length} images); balancing needs both`)
  }
  const rare = benign.length < malignant.length ? benign : malignant
  const sorted = [...rare].sort((a, b) => compareText(a.id, b.id))
  const wanted = Math.max(0, Math.round(ratio * (train.length - rare.length)) - rare.length)
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
