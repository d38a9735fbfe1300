import { add, relu, sub, tidy, type Tensor1D } from '@tensorflow/tfjs-core'
import { softplus } from '../backend/index.js'
import { ArgumentError, requireRange } from '../errors.js'
import { requireMargin } from './contrastive.js'
import { reduceLoss, requireSameShape, type Reduced, type Reduction } from './reduction.js'

/**
 * What a triplet costs, by the distances of its anchor to the positive, p, and to the negative, n, and the margin m:
 *
 * - `hard-margin`: `max(0, m + p - n)` (Schroff, Kalenichenko, Philbin 2015, equation (2), who measure squared Euclidean distances;
 *   PyTorch's `TripletMarginLoss`).
 * - `soft-margin`: `log(1 + exp(m + p - n))`, which never reaches 0 (Hermans, Beyer, Leibe 2017, section 2, where m is 0).
 */
export type TripletForm = 'hard-margin' | 'soft-margin'

/** Options of {@link tripletLoss}. */
export interface TripletLossOptions<R extends Reduction = 'mean'> {
  /** How much farther than the positive the negative has to be, in the units of the distances. Default 1, > 0; of `soft-margin` 0, >= 0. */
  margin?: number
  /** Default `hard-margin`. */
  form?: TripletForm
  /** `'mean'` over the triplets (default), `'mean-active'` over those that cost something, `'sum'` or `'none'`. */
  reduction?: R
}

/** The margin that holds where none is given. */
const defaultMargins: Readonly<Record<TripletForm, number>> = { 'hard-margin': 1, 'soft-margin': 0 }

/** The margin of a form, given or not. @throws ArgumentError where the form is unknown, or the margin is not one for it. */
export function tripletMargin(form: TripletForm, margin?: number): number {
  if (!Object.hasOwn(defaultMargins, form))
    throw new ArgumentError('options.form', `be one of ${Object.keys(defaultMargins).join(', ')}`, form)
  if (margin === undefined) return defaultMargins[form]
  if (form === 'soft-margin') requireRange('options.margin', margin, 0, Infinity)
  else requireMargin(margin)
  return margin
}

/** Throws an ArgumentError unless both distances are `[triplets]`. */
export function requireTriplets(positiveDistance: Tensor1D, negativeDistance: Tensor1D): void {
  if (positiveDistance.shape.length !== 1)
    throw new ArgumentError('positiveDistance', 'have the shape [triplets]', `[${positiveDistance.shape}]`)
  requireSameShape('negativeDistance', negativeDistance, 'positiveDistance', positiveDistance)
}

/**
 * Triplet loss: the negative has to be farther from the anchor than the positive, by the margin, `max(0, m + p - n)` or its soft
 * form. With the distances of `euclideanDistance` the gradient is finite for identical embeddings too. p = [0, 1, 2],
 * n = [2, 1.5, 1], m = 1: [0, .5, 2].
 *
 * Over all triplets of a batch most cost nothing as training goes on, and a mean over all fades away: `'mean-active'` is the one
 * over those that still do (Hermans, Beyer, Leibe 2017, "batch all", their `BA≠0`).
 *
 * @param positiveDistance `[triplets]`, of anchor and positive, >= 0, not empty; borrowed.
 * @param negativeDistance `[triplets]`, of anchor and negative; borrowed.
 * @returns a scalar, or `[triplets]` for `'none'`; the caller disposes it.
 * @throws ArgumentError where shapes differ, no triplet is given or an option is out of range.
 */
export function tripletLoss<R extends Reduction = 'mean'>(
  positiveDistance: Tensor1D,
  negativeDistance: Tensor1D,
  { margin, form = 'hard-margin', reduction = 'mean' as R }: TripletLossOptions<R> = {},
): Reduced<R> {
  requireTriplets(positiveDistance, negativeDistance)
  const m = tripletMargin(form, margin)
  return tidy(() => {
    const violation = add(sub(positiveDistance, negativeDistance), m)
    const loss = form === 'soft-margin' ? softplus(violation) : relu(violation)
    return reduceLoss('positiveDistance', loss, reduction)
  })
}
