import { abs, add, customGrad, exp, log1p, mul, neg, relu, sigmoid, tidy, type Tensor } from '@tensorflow/tfjs-core'

/**
 * `log(1 + exp(x))`, element by element, without overflow: `max(x, 0) + log1p(exp(-|x|))`.
 * The gradient is `sigmoid(x)`, and is right at 0 and far from it on every backend.
 *
 * @param x any shape; borrowed.
 * @returns the same shape; the caller disposes it.
 */
export function softplus<T extends Tensor>(x: T): T {
  const op = customGrad((...inputs) => {
    const input = inputs[0] as Tensor
    const save = inputs[1] as unknown as (tensors: Tensor[]) => void
    save([input])
    return {
      value: add(relu(input), log1p(exp(neg(abs(input))))),
      gradFunc: (dy: Tensor, saved: Tensor[]) => tidy(() => mul(dy, sigmoid(saved[0]!))),
    }
  })
  return tidy(() => op(x) as T)
}
