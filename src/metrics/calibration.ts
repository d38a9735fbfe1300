import { ArgumentError, requireInteger } from '../errors.js'
import { checkLabels, checkNumbers } from './binary.js'
import { quantile } from './quantile.js'

/** How probabilities are put into bins. */
export interface CalibrationBins {
  /** How many; default 10. */
  bins?: number
  /** `'uniform'` (default): bins of equal width in [0, 1]; `'quantile'`: edges at the quantiles, so that bins hold about as many. */
  strategy?: 'uniform' | 'quantile'
}

/** The images whose probability lies in (low, high], in the first bin in [low, high]. */
export interface ReliabilityBin {
  /** Lower edge. */
  low: number
  /** Upper edge. */
  high: number
  /** Images in it, at least one. */
  n: number
  /** The mean of their probabilities. */
  meanProbability: number
  /** The share of them that is positive: equal to the mean where the probabilities are calibrated. */
  positiveShare: number
}

function checkProbabilities(
  labels: ArrayLike<number | boolean>,
  probabilities: ArrayLike<number>,
): { readonly positive: Uint8Array; readonly values: Float64Array } {
  const positive = checkLabels('labels', labels)
  return { positive, values: checkNumbers('probabilities', probabilities, positive, [0, 1]) }
}

/**
 * Brier score in [0, 1], 0 is best: the mean of (probability - label)^2.
 *
 * Source: Brier 1950, "Verification of forecasts expressed in terms of probability".
 *
 * @param probabilities - Of the positive class, in [0, 1].
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, or a probability not in [0, 1].
 */
export function brierScore(labels: ArrayLike<number | boolean>, probabilities: ArrayLike<number>): number {
  const { positive, values } = checkProbabilities(labels, probabilities)
  return values.reduce((sum, p, i) => sum + (p - positive[i]!) ** 2, 0) / values.length
}

/**
 * Logarithmic loss, the mean of -ln(probability given to the true class), 0 is best. Probabilities are kept 2^-52 away from 0
 * and 1, as in scikit-learn: one sure and wrong image costs 36, not infinity.
 *
 * @param probabilities - Of the positive class, in [0, 1].
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, or a probability not in [0, 1].
 */
export function logLoss(labels: ArrayLike<number | boolean>, probabilities: ArrayLike<number>): number {
  const { positive, values } = checkProbabilities(labels, probabilities)
  const kept = (p: number): number => Math.min(Math.max(p, Number.EPSILON), 1 - Number.EPSILON)
  const sum = values.reduce((total, p, i) => total + Math.log(positive[i] === 1 ? kept(p) : 1 - kept(p)), 0)
  return -sum / values.length
}

/** The bins' edges, from 0 or the least probability up. */
function edgesOf(values: Float64Array, { bins = 10, strategy = 'uniform' }: CalibrationBins): number[] {
  requireInteger('options.bins', bins, 1)
  if (strategy !== 'uniform' && strategy !== 'quantile')
    throw new ArgumentError('options.strategy', 'be "uniform" or "quantile"', strategy)
  const sorted = strategy === 'quantile' ? values.toSorted() : undefined
  return Array.from({ length: bins + 1 }, (_, i) => (sorted === undefined ? i / bins : quantile(sorted, i / bins)))
}

/** The first bin whose upper edge is not below the probability. */
function binOf(edges: readonly number[], probability: number): number {
  let low = 0
  let high = edges.length - 2
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle + 1]! < probability) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The reliability curve: in bins of probability, its mean and the share of positives. Bins are (low, high], as in
 * scikit-learn's `calibration_curve`; empty ones are left out.
 *
 * @param probabilities - Of the positive class, in [0, 1].
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, a probability not in [0, 1], or an
 * option is none.
 */
export function reliabilityCurve(
  labels: ArrayLike<number | boolean>,
  probabilities: ArrayLike<number>,
  options: CalibrationBins = {},
): ReliabilityBin[] {
  const { positive, values } = checkProbabilities(labels, probabilities)
  const edges = edgesOf(values, options)
  const sums = edges.slice(1).map(() => ({ n: 0, probability: 0, positives: 0 }))
  values.forEach((p, i) => {
    const bin = sums[binOf(edges, p)]!
    bin.n++
    bin.probability += p
    bin.positives += positive[i]!
  })
  return sums.flatMap(({ n, probability, positives }, i) =>
    n === 0
      ? []
      : [{ low: edges[i]!, high: edges[i + 1]!, n, meanProbability: probability / n, positiveShare: positives / n }],
  )
}

/**
 * Expected calibration error in [0, 1], 0 is best: the mean over the bins of {@link reliabilityCurve}, weighted by their
 * images, of |mean probability - share of positives|. It depends on the bins: name their number beside it. It is that of the
 * positive class's probability; some works take the predicted class's confidence instead.
 *
 * Source: Naeini, Cooper, Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning".
 *
 * @param probabilities - Of the positive class, in [0, 1].
 * @throws ArgumentError as {@link reliabilityCurve}.
 */
export function expectedCalibrationError(
  labels: ArrayLike<number | boolean>,
  probabilities: ArrayLike<number>,
  options: CalibrationBins = {},
): number {
  const bins = reliabilityCurve(labels, probabilities, options)
  const gaps = bins.reduce((sum, bin) => sum + bin.n * Math.abs(bin.meanProbability - bin.positiveShare), 0)
  return gaps / labels.length
}
