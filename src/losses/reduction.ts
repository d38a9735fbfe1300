import { div, maximum, mean, mul, step, sum, type Scalar, type Tensor } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'

/**
 * How a loss gathers its elements: their mean, the mean of those above 0 (0 where there is none; pytorch-metric-learning's
 * `AvgNonZeroReducer`, the mean over what a margin still holds active), their sum, or each one by itself.
 */
export type Reduction = 'mean' | 'mean-active' | 'sum' | 'none'

/** What a reduction gives: one number, or with `'none'` one for each element. */
export type Reduced<R extends Reduction> = R extends 'none' ? Tensor : Scalar

/** The mean of the elements above 0; 0 where there is none. A NaN stays one. */
function meanOfActive(values: Tensor): Tensor {
  const isActive = step(values)
  return div(sum(mul(values, isActive)), maximum(sum(isActive), 1))
}

/** Gathers the elements; empty input is refused, as its mean would be NaN. */
export function reduceLoss<R extends Reduction>(argument: string, values: Tensor, reduction: R): Reduced<R> {
  if (values.size === 0) throw new ArgumentError(argument, 'hold at least one value', `shape [${values.shape}]`)
  const reduced: Record<Reduction, () => Tensor> = {
    mean: () => mean(values),
    'mean-active': () => meanOfActive(values),
    sum: () => sum(values),
    none: () => values,
  }
  const reduce = Object.hasOwn(reduced, reduction) ? reduced[reduction] : undefined
  if (reduce === undefined)
    throw new ArgumentError('options.reduction', 'be "mean", "mean-active", "sum" or "none"', reduction)
  return reduce() as Reduced<R>
}

/** Throws an ArgumentError where the shapes differ. */
export function requireSameShape(argument: string, x: Tensor, otherArgument: string, other: Tensor): void {
  if (x.shape.length === other.shape.length && x.shape.every((size, i) => size === other.shape[i])) return
  throw new ArgumentError(argument, `have the shape [${other.shape}] of ${otherArgument}`, `[${x.shape}]`)
}
