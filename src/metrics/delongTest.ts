import { checkScores } from './binary.js'
import { hasTwoOfEach } from './delong.js'
import { criticalValue, normalTail } from './normal.js'
import { sortedByClass } from './tieGroups.js'

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

/** How many of the ascending values are below x, ties counted half. */
function countBelow(sorted: Float64Array, x: number): number {
  const first = (isLeft: (value: number) => boolean, from: number): number => {
    let low = from
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isLeft(sorted[middle]!)) low = middle + 1
      else high = middle
    }
    return low
  }
  const below = first((value) => value < x, 0)
  return (below + first((value) => value <= x, below)) / 2
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
  const sorted = [sortedByClass(a), sortedByClass(b)] as const
  const { positive, positives, negatives } = a
  // How many more of the other class each image's first score beats than its second: multiples of a half, so that sums are exact.
  const ofPositives = new Float64Array(positives)
  const ofNegatives = new Float64Array(negatives)
  let wonByA = 0
  let p = 0
  let n = 0
  for (let i = 0; i < positive.length; i++) {
    if (positive[i] === 1) {
      const inA = countBelow(sorted[0].negatives, a.scores[i]!)
      ofPositives[p++] = inA - countBelow(sorted[1].negatives, b.scores[i]!)
      wonByA += inA
    } else {
      const inA = countBelow(sorted[0].positives, a.scores[i]!)
      ofNegatives[n++] = countBelow(sorted[1].positives, b.scores[i]!) - inA
    }
  }
  const comparisons = positives * negatives
  const won = sumOf(ofPositives)
  const difference = won / comparisons
  const variance = varianceOfMean(ofPositives) / negatives ** 2 + varianceOfMean(ofNegatives) / positives ** 2
  const error = Math.sqrt(variance)
  const z = difference === 0 ? 0 : difference / error
  return {
    aucA: wonByA / comparisons,
    aucB: (wonByA - won) / comparisons,
    difference,
    variance,
    z,
    p: Math.min(1, 2 * normalTail(Math.abs(z))),
    low: difference - reach * error,
    high: difference + reach * error,
    level,
  }
}
