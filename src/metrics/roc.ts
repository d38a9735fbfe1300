import { checkScores, isOneClass, type OnOneClass } from './binary.js'
import { tieGroups } from './tieGroups.js'

/** A receiver operating characteristic: one point for each kept threshold, from (0, 0) to (1, 1). */
export interface RocCurve {
  /** False positive rates FP / (FP + TN), rising from 0 to 1. */
  fpr: number[]
  /** True positive rates TP / (TP + FN), rising from 0 to 1. */
  tpr: number[]
  /** Positive is called where score >= threshold; falling, the first is Infinity. */
  thresholds: number[]
}

/** Options of {@link rocCurve}. */
export interface RocCurveOptions {
  /** Drops the points that lie on a straight line between their neighbours, as scikit-learn does; default true. */
  dropIntermediate?: boolean
  /** With one class only: throw a `OneClassError` (default), or give NaN for the undefined rates. */
  onOneClass?: OnOneClass
}

/**
 * The ROC curve of binary labels (1 or true = positive = malignant) and scores (higher = more malignant; negate
 * distances first). Exactly scikit-learn's (>= 1.3) `roc_curve`: equal scores make one point, (0, 0) stands first with
 * threshold Infinity, all in float64.
 *
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, or a score is not finite.
 * @throws OneClassError where a class is absent, unless `onOneClass` is `'nan'`.
 */
export function rocCurve(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  { dropIntermediate = true, onOneClass = 'throw' }: RocCurveOptions = {},
): RocCurve {
  const labelled = checkScores(labels, scores)
  const { positives, negatives } = labelled
  isOneClass('the ROC curve', positives, negatives, onOneClass)
  const { scores: distinct, tp, fp } = tieGroups(labelled)
  const last = distinct.length - 1
  const bends = (counts: Float64Array, i: number): boolean => counts[i - 1]! - 2 * counts[i]! + counts[i + 1]! !== 0
  const curve: RocCurve = { fpr: [], tpr: [], thresholds: [] }
  const add = (falsePositives: number, truePositives: number, threshold: number): void => {
    curve.fpr.push(falsePositives / negatives)
    curve.tpr.push(truePositives / positives)
    curve.thresholds.push(threshold)
  }
  add(0, 0, Infinity)
  for (let i = 0; i <= last; i++) {
    if (!dropIntermediate || i === 0 || i === last || bends(fp, i) || bends(tp, i)) add(fp[i]!, tp[i]!, distinct[i]!)
  }
  return curve
}
