import { DataError, requireInteger } from '../errors.js'
import { createRandom } from '../random.js'
import { balancedFolds } from './balancedFolds.js'
import { divide, labels, requireClasses } from './divide.js'
import { groupRecords, requireHolders, type GroupBy } from './recordGroups.js'
import type { ImageRecord } from './source.js'
import { shuffledStrata } from './splitByImage.js'
import type { Split } from './splits.js'

/** What {@link kFold} takes. */
export interface KFoldOptions {
  /** How many folds; at least 2, default 5. */
  readonly folds?: number
  /** What is kept whole; default `patient`. `image` keeps nothing together, so that patients leak. */
  readonly by?: 'image' | GroupBy
  /** Equal seeds give equal folds; default 0. */
  readonly seed?: number
}

/**
 * Stratified k-fold cross-validation: `folds` splits, in each of which another part of the records is tested; the parts
 * are disjoint and together are all records. By image, each class and each of its magnifications is within one image of
 * an even share in every fold. By group, no group crosses, and each class is dealt as evenly as whole groups allow,
 * within its largest group of an even share where every group is of one class (scikit-learn's `StratifiedGroupKFold`,
 * and a refinement). Every fold tests both classes. A pure function of the records and the seed; the records' order does not
 * matter.
 *
 * @throws ArgumentError for fewer than 2 folds; DataError for one class only, a record without the group, or a class
 *   with fewer images or groups than folds, or by accession where none is known.
 */
export function kFold(
  records: readonly ImageRecord[],
  { folds = 5, by = 'patient', seed = 0 }: KFoldOptions = {},
): Split[] {
  requireInteger('options.folds', folds, 2)
  requireClasses(records)
  const { kind, foldOf } = by === 'image' ? imageFolds(records, folds, seed) : groupFolds(records, folds, by, seed)
  return Array.from({ length: folds }, (_, fold) => divide(kind, records, (index) => foldOf[index] === fold))
}

interface Folds {
  readonly kind: Split['kind']
  /** The fold of each record. */
  readonly foldOf: Int32Array
}

/** Deals the shuffled images of each class and magnification in turn, one stratum after the other, to the folds in random order. */
function imageFolds(records: readonly ImageRecord[], folds: number, seed: number): Folds {
  const dealt = shuffledStrata(records, seed, 'folds').flatMap(({ members }) => members)
  for (const label of labels) {
    const n = records.filter((record) => record.label === label).length
    if (n < folds)
      throw new DataError('records', `too few ${label} images for ${folds} folds: ${n}, each fold needs at least one`)
  }
  const order = createRandom(seed, 'folds', 'order').shuffle(Array.from({ length: folds }, (_, fold) => fold))
  const foldOf = new Int32Array(records.length)
  dealt.forEach((index, i) => (foldOf[index] = order[i % folds]!))
  return { kind: 'image', foldOf }
}

function groupFolds(records: readonly ImageRecord[], folds: number, by: GroupBy, seed: number): Folds {
  const groups = groupRecords(records, by)
  requireHolders(groups, folds, `for ${folds} folds`, 'each class needs at least one for every fold')
  const foldOfGroup = balancedFolds(groups.counts, folds, createRandom(seed, 'folds', 'groups'))
  return { kind: groups.kind, foldOf: groups.groupOf.map((group) => foldOfGroup[group]!) }
}
