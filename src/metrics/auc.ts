import { checkScores, isOneClass, type OnOneClass } from './binary.js'
import { tieGroups, type TieGroups } from './tieGroups.js'

/** The area of the groups of both classes. */
export function areaOf({ tp, fp }: TieGroups): number {
  // Twice the number of won (positive, negative) comparisons: an integer, so that nothing is rounded before the division.
  let twice = 0
  for (let i = 0; i < tp.length; i++) {
    const higher = i === 0 ? 0 : tp[i - 1]!
    twice += (fp[i]! - (i === 0 ? 0 : fp[i - 1]!)) * (higher + tp[i]!)
  }
  return twice / (2 * tp.at(-1)! * fp.at(-1)!)
}

/**
 * Area under the ROC curve, P(s+ > s-) + 1/2 P(s+ = s-), counted exactly from the tied groups of scores in
 * O(n log n): the trapezoid area of {@link rocCurve}. Labels: 1 or true = positive; higher scores = more positive.
 *
 * @param options - `onOneClass`: with one class only, `'throw'` a `OneClassError` (default) or return `'nan'`.
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, or a score is not finite.
 * @throws OneClassError where a class is absent, unless `onOneClass` is `'nan'`.
 */
export function rocAuc(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  { onOneClass = 'throw' }: { onOneClass?: OnOneClass } = {},
): number {
  const labelled = checkScores(labels, scores)
  if (isOneClass('ROC-AUC', labelled.positives, labelled.negatives, onOneClass)) return NaN
  return areaOf(tieGroups(labelled))
}
