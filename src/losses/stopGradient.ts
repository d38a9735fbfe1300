import { clone, customGrad, zerosLike, type Tensor } from '@tensorflow/tfjs-core'

/**
 * Runs the function as a constant: no gradient flows through it, and nothing inside is recorded, so that its
 * intermediate results are freed at once.
 */
export function withoutGradient<T extends Tensor>(fn: (x: T) => Tensor, x: T): Tensor {
  const run = customGrad((input) => ({
    value: clone(fn(input as T)),
    gradFunc: () => zerosLike(input as T),
  }))
  return run(x)
}

/**
 * The same values, cut off from differentiation (PyTorch's `detach`), for loss terms of your own.
 *
 * @param x any shape; borrowed.
 * @returns a tensor of the same shape; the caller disposes it.
 */
export function stopGradient<T extends Tensor>(x: T): T {
  return withoutGradient((input) => input, x) as T
}
