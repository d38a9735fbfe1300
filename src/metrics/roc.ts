import { checkScores, isOneClass, tieGroups, type OnOneClass } from './binary.js'

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
  const { positive, positives, negatives } = checkScores(labels, scores)
  isOneClass('the ROC curve', positives, negatives, onOneClass)
  const points: { fp: number; tp: number; threshold: number }[] = []
  let fp = 0
  let tp = 0
  for (const group of tieGroups(positive, scores)) {
    fp += group.negatives
    tp += group.positives
    points.push({ fp, tp, threshold: group.score })
  }
  const bends = (i: number): boolean => {
    const before = points[i - 1]
    const here = points[i]!
    const after = points[i + 1]
    if (before === undefined || after === undefined) return true
    return before.fp - 2 * here.fp + after.fp !== 0 || before.tp - 2 * here.tp + after.tp !== 0
  }
  const kept = dropIntermediate ? points.filter((_, i) => bends(i)) : points
  kept.unshift({ fp: 0, tp: 0, threshold: Infinity })
  return {
    fpr: kept.map((point) => point.fp / negatives),
    tpr: kept.map((point) => point.tp / positives),
    thresholds: kept.map((point) => point.threshold),
  }
}
