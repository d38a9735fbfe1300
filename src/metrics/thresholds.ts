import { ArgumentError, requireRange } from '../errors.js'
import { checkScores, isOneClass, type ScoredLabels } from './binary.js'
import { tieGroups } from './tieGroups.js'

/** A threshold of the decision score >= threshold, and what it gives on the scores it was chosen on. */
export interface ChosenThreshold {
  /** Finite: one of the scores, or the next number above the highest of them, at which nothing is called positive. */
  threshold: number
  /** True positive rate (sensitivity). */
  tpr: number
  /** False positive rate (1 - specificity). */
  fpr: number
}

function checkBoth(labels: ArrayLike<number | boolean>, scores: ArrayLike<number>): ScoredLabels {
  const labelled = checkScores(labels, scores)
  isOneClass('a threshold', labelled.positives, labelled.negatives, 'throw')
  return labelled
}

/** The smallest number above x, for a finite x. */
function nextAbove(x: number): number {
  if (x === 0) return Number.MIN_VALUE
  const bits = new BigInt64Array(new Float64Array([x]).buffer)
  bits[0]! += x > 0 ? 1n : -1n
  const [next] = new Float64Array(bits.buffer)
  if (next === Infinity) throw new ArgumentError('scores', 'be less than the largest number', x)
  return next!
}

/**
 * The threshold with the largest Youden index TPR - FPR, the decision being score >= threshold: one of the scores. Of several
 * with the same index it is the highest, as NumPy's argmax finds on the curve; where no score tells the classes
 * apart it is the lowest score, at which everything is called positive. Choose it on validation images and lock it:
 * on the images it was chosen on its rates flatter.
 *
 * Source: Youden 1950, "Index for rating diagnostic tests".
 *
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, or a score is not finite.
 * @throws OneClassError where a class is absent.
 */
export function youdenThreshold(labels: ArrayLike<number | boolean>, scores: ArrayLike<number>): ChosenThreshold {
  const labelled = checkBoth(labels, scores)
  const { positives, negatives } = labelled
  const { scores: distinct, tp, fp } = tieGroups(labelled)
  // The index times both counts: an integer, so that equal indices are equal.
  const index = (i: number): number => tp[i]! * negatives - fp[i]! * positives
  let best = 0
  for (let i = 1; i < distinct.length; i++) if (index(i) > index(best)) best = i
  return { threshold: distinct[best]!, tpr: tp[best]! / positives, fpr: fp[best]! / negatives }
}

/**
 * The threshold that calls at least the given share of the positives positive and the fewest negatives: the highest
 * score with TPR >= sensitivity, the decision being score >= threshold. Choose it on validation images and lock it.
 *
 * @param sensitivity - In (0, 1].
 * @throws ArgumentError for bad labels or scores, or a sensitivity out of range.
 * @throws OneClassError where a class is absent.
 */
export function thresholdAtSensitivity(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  sensitivity: number,
): ChosenThreshold {
  if (!(sensitivity > 0 && sensitivity <= 1))
    throw new ArgumentError('sensitivity', 'be a number in (0, 1]', sensitivity)
  const labelled = checkBoth(labels, scores)
  const { scores: distinct, tp, fp } = tieGroups(labelled)
  const first = tp.findIndex((count) => count / labelled.positives >= sensitivity)
  return {
    threshold: distinct[first]!,
    tpr: tp[first]! / labelled.positives,
    fpr: fp[first]! / labelled.negatives,
  }
}

/**
 * The threshold that calls at least the given share of the negatives negative and the most positives positive: of the
 * scores with 1 - FPR >= specificity, the highest with the largest TPR, the decision being score >= threshold. Where
 * not even the highest score has that specificity, it is the next number above it: nothing is called positive.
 *
 * @param specificity - In [0, 1].
 * @throws ArgumentError for bad labels or scores, or a specificity out of range.
 * @throws OneClassError where a class is absent.
 */
export function thresholdAtSpecificity(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  specificity: number,
): ChosenThreshold {
  requireRange('specificity', specificity, 0, 1)
  const labelled = checkBoth(labels, scores)
  const { positives, negatives } = labelled
  const { scores: distinct, tp, fp } = tieGroups(labelled)
  let best = -1
  for (let i = 0; i < distinct.length && (negatives - fp[i]!) / negatives >= specificity; i++) {
    if (best < 0 || tp[i]! > tp[best]!) best = i
  }
  if (best < 0) return { threshold: nextAbove(distinct[0]!), tpr: 0, fpr: 0 }
  return { threshold: distinct[best]!, tpr: tp[best]! / positives, fpr: fp[best]! / negatives }
}
