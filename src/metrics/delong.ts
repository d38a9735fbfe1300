import { ArgumentError } from '../errors.js'
import { areaOf } from './auc.js'
import { checkScores, isOneClass, type OnOneClass, type ScoredLabels } from './binary.js'
import { criticalValue } from './normal.js'
import { tieGroups } from './tieGroups.js'

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
  /** With fewer than two labels of a class: throw (default), or give NaN for what is undefined: variance and ends. */
  onOneClass?: OnOneClass
}

const expit = (x: number): number => 1 / (1 + Math.exp(-x))

/** Throws unless there are two labels of each class; false where the caller wants NaN instead. */
export function hasTwoOfEach(what: string, { positives, negatives }: ScoredLabels, onOneClass: OnOneClass): boolean {
  if (isOneClass(what, positives, negatives, onOneClass)) return false
  if (positives >= 2 && negatives >= 2) return true
  if (onOneClass === 'nan') return false
  throw new ArgumentError(
    'labels',
    `hold at least two of each class for ${what}`,
    `${positives} positive and ${negatives} negative`,
  )
}

/** The area and its variance. */
function delong(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  onOneClass: OnOneClass,
): { readonly auc: number; readonly variance: number } {
  const labelled = checkScores(labels, scores)
  const isDefined = hasTwoOfEach("DeLong's variance", labelled, onOneClass)
  const { positives, negatives } = labelled
  if (positives === 0 || negatives === 0) return { auc: NaN, variance: NaN }
  const groups = tieGroups(labelled)
  const auc = areaOf(groups)
  if (!isDefined) return { auc, variance: NaN }
  // A positive's placement is the share of negatives below it, a negative's the share of positives above it, ties half.
  // All of a tied group are placed alike, and either class's placements have the area as their mean.
  let ofPositives = 0
  let ofNegatives = 0
  let tpBefore = 0
  let fpBefore = 0
  for (let i = 0; i < groups.scores.length; i++) {
    const tp = groups.tp[i]!
    const fp = groups.fp[i]!
    ofPositives += (tp - tpBefore) * (1 - (fpBefore + fp) / (2 * negatives) - auc) ** 2
    ofNegatives += (fp - fpBefore) * ((tpBefore + tp) / (2 * positives) - auc) ** 2
    tpBefore = tp
    fpBefore = fp
  }
  const variance = ofPositives / (positives - 1) / positives + ofNegatives / (negatives - 1) / negatives
  return { auc, variance }
}

/**
 * DeLong's variance of the ROC-AUC, in O(n log n): the sample variance of each positive's share of negatives below it
 * over the positives, plus the same for the negatives.
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
  return delong(labels, scores, onOneClass).variance
}

/**
 * Confidence interval of the ROC-AUC from DeLong's variance v. `'logit'`: logit(auc) +- z * sqrt(v) / (auc (1 - auc)),
 * mapped back; `'wald'`: auc +- z * sqrt(v), not clipped. It counts the rows as independent: where a patient has
 * several, resample the patients instead (`bootstrapByGroup`). An area of exactly 0 or 1 has variance 0, so that
 * both methods give the point itself: too narrow, as perfect separation of a few images proves little.
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
  const { auc, variance } = delong(labels, scores, onOneClass)
  const half = z * Math.sqrt(variance)
  if (method === 'wald') return { auc, variance, low: auc - half, high: auc + half, level, method }
  if (variance === 0 && (auc === 0 || auc === 1)) return { auc, variance, low: auc, high: auc, level, method }
  const centre = Math.log(auc / (1 - auc))
  const reach = half / (auc * (1 - auc))
  return { auc, variance, low: expit(centre - reach), high: expit(centre + reach), level, method }
}
