import { checkScores, isOneClass } from './binary.js'
import { tieGroups, type TieGroups } from './tieGroups.js'

/** Precision and recall at every threshold. */
export interface PrecisionRecallCurve {
  /** TP / (TP + FP), one for each threshold; then 1. */
  precision: number[]
  /** TP / (TP + FN), falling, one for each threshold; then 0. */
  recall: number[]
  /** Positive is called where score >= threshold: the distinct scores, rising; one shorter than the other two. */
  thresholds: number[]
}

function checkedGroups(what: string, labels: ArrayLike<number | boolean>, scores: ArrayLike<number>): TieGroups {
  const labelled = checkScores(labels, scores)
  isOneClass(what, labelled.positives, labelled.negatives, 'throw')
  return tieGroups(labelled)
}

/**
 * The precision-recall curve of binary labels and scores (higher = more positive), exactly scikit-learn's
 * `precision_recall_curve`: from the lowest threshold up, equal scores make one point, the point (recall 0, precision 1) ends it.
 *
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, or a score is not finite.
 * @throws OneClassError where a class is absent.
 */
export function precisionRecallCurve(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
): PrecisionRecallCurve {
  const { scores: distinct, tp, fp } = checkedGroups('the precision-recall curve', labels, scores)
  const curve: PrecisionRecallCurve = { precision: [], recall: [], thresholds: [] }
  for (let i = distinct.length - 1; i >= 0; i--) {
    curve.precision.push(tp[i]! / (tp[i]! + fp[i]!))
    curve.recall.push(tp[i]! / tp.at(-1)!)
    curve.thresholds.push(distinct[i]!)
  }
  curve.precision.push(1)
  curve.recall.push(0)
  return curve
}

/**
 * Average precision in (0, 1]: the sum over thresholds of precision times the gain in recall, without interpolation, as
 * scikit-learn's `average_precision_score`. Scores that say nothing have the share of positives.
 *
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, or a score is not finite.
 * @throws OneClassError where a class is absent.
 */
export function averagePrecision(labels: ArrayLike<number | boolean>, scores: ArrayLike<number>): number {
  const { tp, fp } = checkedGroups('average precision', labels, scores)
  let sum = 0
  for (let i = 0; i < tp.length; i++) {
    const gained = tp[i]! - (i === 0 ? 0 : tp[i - 1]!)
    sum += (gained * tp[i]!) / (tp[i]! + fp[i]!)
  }
  return sum / tp.at(-1)!
}
