import { checkScores, isOneClass, tieGroups, type OnOneClass } from './binary.js'

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
  const { positive, positives, negatives } = checkScores(labels, scores)
  if (isOneClass('ROC-AUC', positives, negatives, onOneClass)) return NaN
  // Twice the number of won (positive, negative) comparisons: an integer, so that nothing is rounded before the division.
  let twice = 0
  let higher = 0
  for (const group of tieGroups(positive, scores)) {
    twice += group.negatives * (2 * higher + group.positives)
    higher += group.positives
  }
  return twice / (2 * positives * negatives)
}
