import { ArgumentError } from '../errors.js'
import { rocAuc } from './auc.js'
import { checkScores, isOneClass, type OnOneClass } from './binary.js'
import { criticalValue } from './normal.js'

/** An interval around a ROC-AUC, and how it was made. */
export interface DelongInterval {
  /** The area under the curve. */
  auc: number
  /** DeLong's variance of the area. */
  variance: number
  /** Lower end. */
  low: number
  /** Upper end. */
  high: number
  /** Confidence level, for example 0.95. */
  level: number
  /** The scale on which the interval is symmetric. */
  method: 'logit' | 'wald'
}

/** Options of {@link delongInterval}. */
export interface DelongIntervalOptions {
  /** Confidence level in (0, 1); default 0.95. */
  level?: number
  /** `'logit'` (default) stays within [0, 1]; `'wald'` is `auc +- z * sqrt(variance)` and may leave it. */
  method?: 'logit' | 'wald'
  /** With fewer than two labels of a class: throw (default) or give NaN. */
  onOneClass?: OnOneClass
}

/** 1-based ranks, ties sharing the mean of theirs. */
function midranks(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2
    start = end
  }
  return ranks
}

const expit = (x: number): number => 1 / (1 + Math.exp(-x))

/** Sample variance (denominator n - 1). */
function sampleVariance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
}

/**
 * DeLong's variance of the ROC-AUC, by midranks in O(n log n): the sample variance of each positive's share of
 * negatives below it over the positives, plus the same for the negatives.
 *
 * Source: DeLong, DeLong, Clarke-Pearson 1988; Sun and Xu 2014, "Fast implementation of DeLong's algorithm".
 *
 * @param options - `onOneClass`: with fewer than two labels of a class, throw (default) or return `'nan'`.
 * @throws ArgumentError for bad labels or scores, or where a class has one label only.
 * @throws OneClassError where a class is absent, unless `onOneClass` is `'nan'`.
 */
export function delongVariance(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  { onOneClass = 'throw' }: { onOneClass?: OnOneClass } = {},
): number {
  const { positive, positives, negatives } = checkScores(labels, scores)
  if (isOneClass("DeLong's variance", positives, negatives, onOneClass)) return NaN
  if (positives < 2 || negatives < 2) {
    if (onOneClass === 'nan') return NaN
    throw new ArgumentError(
      'labels',
      "hold at least two of each class for DeLong's variance",
      `${positives} positive and ${negatives} negative`,
    )
  }
  const all = midranks(Array.from(scores))
  // Each item's rank among all, less its rank in its own class, counts the items of the other class below it.
  const below = (wanted: boolean, others: number): number[] => {
    const indices = positive.flatMap((is, i) => (is === wanted ? [i] : []))
    const own = midranks(indices.map((i) => scores[i]!))
    return indices.map((i, k) => (all[i]! - own[k]!) / others)
  }
  return sampleVariance(below(true, negatives)) / positives + sampleVariance(below(false, positives)) / negatives
}

/**
 * Confidence interval of the ROC-AUC from DeLong's variance v. `'logit'`: logit(auc) +- z * sqrt(v) / (auc (1 - auc)),
 * mapped back; `'wald'`: auc +- z * sqrt(v), not clipped. An area of exactly 0 or 1 has variance 0, so that both
 * methods give the point itself: too narrow, as perfect separation of a few images proves little.
 *
 * @throws ArgumentError for bad labels, scores or options, or where a class has one label only.
 * @throws OneClassError where a class is absent, unless `onOneClass` is `'nan'`.
 */
export function delongInterval(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  { level = 0.95, method = 'logit', onOneClass = 'throw' }: DelongIntervalOptions = {},
): DelongInterval {
  const z = criticalValue(level)
  if (method !== 'logit' && method !== 'wald') throw new ArgumentError('options.method', 'be "logit" or "wald"', method)
  const auc = rocAuc(labels, scores, { onOneClass })
  const variance = delongVariance(labels, scores, { onOneClass })
  const half = z * Math.sqrt(variance)
  if (method === 'wald') return { auc, variance, low: auc - half, high: auc + half, level, method }
  if (auc === 0 || auc === 1) return { auc, variance, low: auc, high: auc, level, method }
  const centre = Math.log(auc / (1 - auc))
  const reach = half / (auc * (1 - auc))
  return { auc, variance, low: expit(centre - reach), high: expit(centre + reach), level, method }
}
