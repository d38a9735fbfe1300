import type { Tensor, TensorLike } from '@tensorflow/tfjs-core'

/** A loss as the contract calls it: tensors in, a tensor out, with the case's options. */
export type LossUnderTest = (inputs: Tensor[], options: never) => Tensor

/** Inputs of a loss: for each tensor a number, or arrays of numbers or booleans. */
export interface LossInputs {
  /** Names the case among the tests. */
  readonly name: string
  /** One for each argument that is a tensor. */
  readonly inputs: readonly TensorLike[]
  /** The loss's options; default none. */
  readonly options?: object
}

/** Inputs with the value and gradients that an independent implementation found. */
export interface GoldenCase extends LossInputs {
  /** What the loss gives. */
  readonly value: TensorLike
  /** For each input the gradient of the summed value; null where it is not asked for. */
  readonly gradients?: readonly (TensorLike | null)[]
  /** Largest error that passes, relative to numbers beyond 1; default 2e-6. */
  readonly tolerance?: number
}

/** Inputs away from kinks, whose gradient is compared with central differences. */
export interface GradientCase extends LossInputs {
  /** Places of the inputs to differentiate; default the first. */
  readonly of?: readonly number[]
  /** Step of the differences; default 1e-2. */
  readonly step?: number
  /** Largest error that passes, relative to slopes beyond 1; default 5e-3. */
  readonly tolerance?: number
}

/** A batch at the edge: one element, all equal, huge. Value and gradients have to be finite. */
export interface DegenerateCase extends LossInputs {
  /** What the loss gives, within 1e-6; default anything finite. */
  readonly value?: number
  /** Places of the inputs to differentiate; default the first. */
  readonly of?: readonly number[]
}

/** A call that has to throw. */
export interface ErrorCase extends LossInputs {
  /** A part of the error's message. */
  readonly message: string
  /** The error's `name`, for example `ArgumentError`; default any. */
  readonly errorName?: string
}

/**
 * Inputs for which the option `reduction: 'mean'` (the default) and `'sum'` have to follow from `'none'`; another reduction is refused.
 */
export interface ReductionCase extends Omit<LossInputs, 'name'> {
  /** Whether `'mean-active'` has to follow, too: the mean of the elements above 0; default false. */
  readonly active?: boolean
}

/** What a loss has to show; each list may be left out where it means nothing. */
export interface LossCases {
  /** Values and gradients by an independent implementation. */
  readonly golden?: readonly GoldenCase[]
  /** Slopes. */
  readonly gradient?: readonly GradientCase[]
  /** Of a loss with the option `reduction`. */
  readonly reductions?: ReductionCase
  /** Batches at the edge. */
  readonly degenerate?: readonly DegenerateCase[]
  /** Calls that throw. */
  readonly errors?: readonly ErrorCase[]
}
