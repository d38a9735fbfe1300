import { checkScores, type ScoredLabels } from './binary.js'
import { hasTwoOfEach } from './delong.js'
import { criticalValue, normalTail } from './normal.js'
import { scorePlaces } from './scorePlaces.js'
import { tieGroups } from './tieGroups.js'

/** What {@link delongTest} says of two scores of the same images. */
export interface DelongTest {
  /** Area of the first scores. */
  aucA: number
  /** Area of the second scores. */
  aucB: number
  /** aucA - aucB. */
  difference: number
  /** DeLong's variance of the difference. */
  variance: number
  /** difference / sqrt(variance); 0 where the areas are equal. */
  z: number
  /** Two-sided p-value of equal areas. */
  p: number
  /** Lower end of the interval of the difference. */
  low: number
  /** Upper end of the interval of the difference. */
  high: number
  /** Confidence level, for example 0.95. */
  level: number
}

/**
 * Of each image the comparisons with the other class that go the right way, ties half: negatives below a positive, positives
 * above a negative. Multiples of a half, so that their sums are exact.
 */
function comparisonsWon(labelled: ScoredLabels): Float64Array {
  const { scores: distinct, tp, fp } = tieGroups(labelled)
  const { positive, scores, negatives } = labelled
  const places = scorePlaces(distinct, scores)
  return scores.map((_, i) => {
    const place = places[i]!
    const counts = positive[i] === 1 ? fp : tp
    const above = (counts[place]! + (place === 0 ? 0 : counts[place - 1]!)) / 2
    return positive[i] === 1 ? negatives - above : above
  })
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)

/** The variance of the mean of independent values. */
function varianceOfMean(values: Float64Array): number {
  const mean = sumOf(values) / values.length
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length
}

/**
 * DeLong's test of two ROC-AUCs of the same images, for example with and without super-resolution, in O(n log n). An image's
 * placement is the share of the other class that its score beats, ties half; the variance is that of the mean difference of the
 * two scores' placements, positives and negatives added; z = difference / sqrt(variance) is held against the normal
 * distribution, and the interval is difference +- z(level) sqrt(variance). Rows are counted as independent: where a patient has several,
 * resample the patients instead (`bootstrapByGroup`). Where the variance is 0 and the areas differ (scores that are perfect against
 * scores that are all equal), z is infinite and p 0: that is the test's limit, not a proof.
 *
 * Source: DeLong, DeLong, Clarke-Pearson 1988, "Comparing the areas under two or more correlated ROC curves".
 *
 * @param options - `level`: the interval's confidence level in (0, 1); default 0.95.
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, a score is not finite, or a class has one
 * label only.
 * @throws OneClassError where a class is absent.
 */
export function delongTest(
  labels: ArrayLike<number | boolean>,
  scoresA: ArrayLike<number>,
  scoresB: ArrayLike<number>,
  { level = 0.95 }: { level?: number } = {},
): DelongTest {
  const reach = criticalValue(level)
  const a = checkScores(labels, scoresA, 'scoresA')
  const b = checkScores(labels, scoresB, 'scoresB')
  hasTwoOfEach("DeLong's test", a, 'throw')
  const { positive, positives, negatives } = a
  const wonA = comparisonsWon(a)
  const wonB = comparisonsWon(b)
  const gained = wonA.map((count, i) => count - wonB[i]!)
  const ofPositives = gained.filter((_, i) => positive[i] === 1)
  const ofNegatives = gained.filter((_, i) => positive[i] === 0)
  const comparisons = positives * negatives
  // Every comparison is won once by each of its two images.
  const aucA = sumOf(wonA) / 2 / comparisons
  const difference = sumOf(ofPositives) / comparisons
  const variance = varianceOfMean(ofPositives) / negatives ** 2 + varianceOfMean(ofNegatives) / positives ** 2
  const error = Math.sqrt(variance)
  const z = difference === 0 ? 0 : difference / error
  return {
    aucA,
    aucB: sumOf(wonB) / 2 / comparisons,
    difference,
    variance,
    z,
    p: Math.min(1, 2 * normalTail(Math.abs(z))),
    low: difference - reach * error,
    high: difference + reach * error,
    level,
  }
}
