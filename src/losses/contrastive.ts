import { add, cast, mul, relu, square, sub, tidy, type Tensor1D } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'
import { reduceLoss, requireSameShape, type Reduced, type Reduction } from './reduction.js'

/** Options of {@link contrastiveLoss}. */
export interface ContrastiveLossOptions<R extends Reduction = 'mean'> {
  /** Distance m beyond which dissimilar pairs cost nothing, in the units of D; > 0, default 1. */
  margin?: number
  /** `'mean'` over the pairs (default), `'sum'` or `'none'`. */
  reduction?: R
  /**
   * D is the given distance to this power. 1 (default): D is the Euclidean distance. 2: its square, the paper's
   * equation (4) as printed, which makes the similar term quartic.
   */
  power?: 1 | 2
}

/** Throws an ArgumentError for what no contrastive computation can use. */
export function requirePairs(distance: Tensor1D, isSimilar: Tensor1D, margin: number): void {
  if (distance.shape.length !== 1) throw new ArgumentError('distance', 'have the shape [pairs]', `[${distance.shape}]`)
  requireSameShape('isSimilar', isSimilar, 'distance', distance)
  if (!(margin > 0 && Number.isFinite(margin)))
    throw new ArgumentError('options.margin', 'be a finite number > 0', margin)
}

/**
 * Contrastive loss of pairs: `1/2 D^2` for similar pairs, `1/2 max(0, m - D)^2` for dissimilar ones. The paper's y is
 * `1 - isSimilar` (y = 1 dissimilar). With the distances of `euclideanDistance` the gradient is finite for identical
 * embeddings too. D = [0, .5, 1, 2], m = 1: similar [0, .125, .5, 2], dissimilar [.5, .125, 0, 0].
 *
 * Source: Hadsell, Chopra, LeCun 2006, equation (4); the paper's equation (3).
 *
 * @param distance `[pairs]`, >= 0, not empty; borrowed.
 * @param isSimilar `[pairs]`, 1 (or true) = similar, 0 = dissimilar; borrowed.
 * @returns a scalar, or `[pairs]` for `'none'`; the caller disposes it.
 * @throws ArgumentError where shapes differ, no pair is given or an option is out of range.
 */
export function contrastiveLoss<R extends Reduction = 'mean'>(
  distance: Tensor1D,
  isSimilar: Tensor1D,
  { margin = 1, reduction = 'mean' as R, power = 1 }: ContrastiveLossOptions<R> = {},
): Reduced<R> {
  requirePairs(distance, isSimilar, margin)
  if (power !== 1 && power !== 2) throw new ArgumentError('options.power', 'be 1 or 2', power)
  return tidy(() => {
    const d = power === 1 ? distance : square(distance)
    const similar = cast(isSimilar, 'float32')
    const loss = add(mul(similar, square(d)), mul(sub(1, similar), square(relu(sub(margin, d)))))
    return reduceLoss('distance', mul(loss, 0.5), reduction)
  })
}
