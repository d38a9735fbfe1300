import type { Tensor1D } from '@tensorflow/tfjs-core'
import { requireForm, requirePairs, type ContrastiveForm } from './contrastive.js'

/** What a batch of pairs says about the state of metric learning. */
export interface ContrastiveStatistics {
  /** Similar pairs. */
  readonly similar: number
  /** Dissimilar pairs. */
  readonly dissimilar: number
  /** Dissimilar pairs nearer than the margin: those that the loss still pushes apart. */
  readonly active: number
  /** Dissimilar pairs nearer than the tolerance: their embeddings coincide, and no gradient can part them. */
  readonly collapsed: number
  /** Mean distance of the similar pairs; NaN where there are none. */
  readonly meanSimilarDistance: number
  /** Mean distance of the dissimilar pairs; NaN where there are none. */
  readonly meanDissimilarDistance: number
}

/** Options of {@link contrastiveStatistics}. */
export interface ContrastiveStatisticsOptions {
  /** The margin of the loss; default 1. */
  margin?: number
  /** The form of the loss; default `hadsell`. The margin of `squared-distance` is one of squared distances. */
  form?: ContrastiveForm
  /** Distance up to which a dissimilar pair counts as collapsed; default 1e-6. */
  tolerance?: number
}

/**
 * Counts active and collapsed pairs, and averages the distances of similar and dissimilar ones.
 *
 * @param distance `[pairs]`, >= 0; borrowed.
 * @param isSimilar `[pairs]`, 1 = similar, 0 = dissimilar; borrowed.
 * @throws ArgumentError where shapes differ, the margin is not positive or the form is unknown.
 */
export async function contrastiveStatistics(
  distance: Tensor1D,
  isSimilar: Tensor1D,
  { margin = 1, form = 'hadsell', tolerance = 1e-6 }: ContrastiveStatisticsOptions = {},
): Promise<ContrastiveStatistics> {
  requirePairs(distance, isSimilar, margin)
  requireForm(form)
  const [distances, flags] = await Promise.all([distance.data(), isSimilar.data()])
  const of = (wanted: boolean): number[] => Array.from(distances).filter((_, i) => Boolean(flags[i]) === wanted)
  const [similar, dissimilar] = [of(true), of(false)]
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    similar: similar.length,
    dissimilar: dissimilar.length,
    active: dissimilar.filter((d) => (form === 'squared-distance' ? d * d : d) < margin).length,
    collapsed: dissimilar.filter((d) => d <= tolerance).length,
    meanSimilarDistance: mean(similar),
    meanDissimilarDistance: mean(dissimilar),
  }
}
