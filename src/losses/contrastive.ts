import { add, cast, mul, relu, square, sub, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'
import { reduceLoss, requireSameShape, type Reduced, type Reduction } from './reduction.js'

/**
 * What a pair costs, by its distance D, the margin m and whether it is similar:
 *
 * - `hadsell`: `1/2 D^2` and `1/2 max(0, m - D)^2` (Hadsell, Chopra, LeCun 2006, equation (4); the paper's equation (3)).
 * - `linear-hinge`: `D` and `max(0, m - D)`, PyTorch's `HingeEmbeddingLoss`; also what pytorch-metric-learning calls
 *   `ContrastiveLoss`.
 * - `squared-distance`: `1/2 (D^2)^2` and `1/2 max(0, m - D^2)^2`, that is `hadsell` with the square in the place of the distance: the
 *   paper's equation (4) as printed. The margin is one of squared distances.
 */
export type ContrastiveForm = 'hadsell' | 'linear-hinge' | 'squared-distance'

/** Options of {@link contrastiveLoss}. */
export interface ContrastiveLossOptions<R extends Reduction = 'mean'> {
  /** Distance m from which dissimilar pairs cost nothing, in the units of D (`squared-distance`: of D^2); > 0, default 1. */
  margin?: number
  /** Default `hadsell`. */
  form?: ContrastiveForm
  /** `'mean'` over the pairs (default), `'mean-active'` over those that cost something, `'sum'` or `'none'`. */
  reduction?: R
}

/** Of each form: what a similar pair costs, and what of a dissimilar one. */
const forms: Readonly<Record<ContrastiveForm, readonly ((d: Tensor, margin: number) => Tensor)[]>> = {
  hadsell: [(d) => mul(square(d), 0.5), (d, m) => mul(square(relu(sub(m, d))), 0.5)],
  'linear-hinge': [(d) => d, (d, m) => relu(sub(m, d))],
  'squared-distance': [(d) => mul(square(square(d)), 0.5), (d, m) => mul(square(relu(sub(m, square(d)))), 0.5)],
}

/** Throws an ArgumentError unless the form is one of {@link ContrastiveForm}. */
export function requireForm(form: ContrastiveForm): void {
  if (!Object.hasOwn(forms, form))
    throw new ArgumentError('options.form', `be one of ${Object.keys(forms).join(', ')}`, form)
}

/** Throws an ArgumentError for a margin that no loss can use. */
export function requireMargin(margin: number): void {
  if (!(margin > 0 && Number.isFinite(margin)))
    throw new ArgumentError('options.margin', 'be a finite number > 0', margin)
}

/** Throws an ArgumentError for what no contrastive computation can use. */
export function requirePairs(distance: Tensor1D, isSimilar: Tensor1D, margin: number): void {
  if (distance.shape.length !== 1) throw new ArgumentError('distance', 'have the shape [pairs]', `[${distance.shape}]`)
  requireSameShape('isSimilar', isSimilar, 'distance', distance)
  requireMargin(margin)
}

/**
 * Contrastive loss of pairs, by default Hadsell's: `1/2 D^2` for similar pairs, `1/2 max(0, m - D)^2` for dissimilar ones. The
 * paper's y is `1 - isSimilar` (y = 1 dissimilar). With the distances of `euclideanDistance` the gradient is finite for identical
 * embeddings too. D = [0, .5, 1, 2], m = 1: similar [0, .125, .5, 2], dissimilar [.5, .125, 0, 0].
 *
 * Source: Hadsell, Chopra, LeCun 2006, equation (4); for the other forms see {@link ContrastiveForm}.
 *
 * @param distance `[pairs]`, >= 0, not empty; borrowed.
 * @param isSimilar `[pairs]`, 1 (or true) = similar, 0 = dissimilar; borrowed.
 * @returns a scalar, or `[pairs]` for `'none'`; the caller disposes it.
 * @throws ArgumentError where shapes differ, no pair is given or an option is out of range.
 */
export function contrastiveLoss<R extends Reduction = 'mean'>(
  distance: Tensor1D,
  isSimilar: Tensor1D,
  { margin = 1, form = 'hadsell', reduction = 'mean' as R }: ContrastiveLossOptions<R> = {},
): Reduced<R> {
  requirePairs(distance, isSimilar, margin)
  requireForm(form)
  return tidy(() => {
    const [ofSimilar, ofDissimilar] = forms[form]
    const similar = cast(isSimilar, 'float32')
    const loss = add(mul(similar, ofSimilar!(distance, margin)), mul(sub(1, similar), ofDissimilar!(distance, margin)))
    return reduceLoss('distance', loss, reduction)
  })
}
