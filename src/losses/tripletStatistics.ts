import type { Tensor1D } from '@tensorflow/tfjs-core'
import { requireRange } from '../errors.js'
import { requireTriplets } from './triplet.js'

/** What a batch of triplets says about the state of metric learning. */
export interface TripletStatistics {
  /** Triplets. */
  readonly triplets: number
  /** Those whose negative is not farther than the positive by the margin: those that the loss still moves; `hard` and `semiHard` together. */
  readonly active: number
  /** Those whose negative is no farther than the positive. */
  readonly hard: number
  /** Those whose negative is farther, but by less than the margin. */
  readonly semiHard: number
  /** Those whose negative is nearer than the tolerance: its embedding is the anchor's, and no gradient can part them. */
  readonly collapsed: number
  /** Mean distance of anchor and positive; NaN where there are no triplets. */
  readonly meanPositiveDistance: number
  /** Mean distance of anchor and negative; NaN where there are no triplets. */
  readonly meanNegativeDistance: number
}

/** Options of {@link tripletStatistics}. */
export interface TripletStatisticsOptions {
  /** The margin of the loss; >= 0, default 1. */
  margin?: number
  /** Distance up to which a negative counts as collapsed onto its anchor; default 1e-6. */
  tolerance?: number
}

/**
 * Counts active, hard, semi-hard and collapsed triplets, and averages their distances.
 *
 * @param positiveDistance `[triplets]`, of anchor and positive, >= 0; borrowed.
 * @param negativeDistance `[triplets]`, of anchor and negative; borrowed.
 * @throws ArgumentError where shapes differ or the margin is out of range.
 */
export async function tripletStatistics(
  positiveDistance: Tensor1D,
  negativeDistance: Tensor1D,
  { margin = 1, tolerance = 1e-6 }: TripletStatisticsOptions = {},
): Promise<TripletStatistics> {
  requireTriplets(positiveDistance, negativeDistance)
  requireRange('options.margin', margin, 0, Infinity)
  const [positive, negative] = await Promise.all([positiveDistance.data(), negativeDistance.data()])
  const n = positive.length
  const found = { hard: 0, semiHard: 0, collapsed: 0, positive: 0, negative: 0 }
  for (let i = 0; i < n; i++) {
    const [p, q] = [positive[i]!, negative[i]!]
    if (q <= p) found.hard++
    else if (q < p + margin) found.semiHard++
    if (q <= tolerance) found.collapsed++
    found.positive += p
    found.negative += q
  }
  return {
    triplets: n,
    active: found.hard + found.semiHard,
    hard: found.hard,
    semiHard: found.semiHard,
    collapsed: found.collapsed,
    meanPositiveDistance: found.positive / n,
    meanNegativeDistance: found.negative / n,
  }
}
