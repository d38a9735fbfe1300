import {
  abs,
  add,
  customGrad,
  div,
  equal,
  exp,
  log,
  mul,
  neg,
  relu,
  sigmoid,
  sub,
  tidy,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core'

/**
 * `log(1 + e)` for e in [0, 1] to the last digits, also where `1 + e` rounds: tfjs's `log1p` is `log(1 + e)` as written on
 * every backend but cpu (the correction is from W. Kahan, see D. Goldberg, ACM Computing Surveys 23, 1991, theorem 4).
 */
function log1p(e: Tensor): Tensor {
  const u = add(e, 1)
  return where(equal(u, 1), e, mul(e, div(log(u), sub(u, 1))))
}

/**
 * `log(1 + exp(x))`, element by element, without overflow and with all digits of small values:
 * `max(x, 0) + log1p(exp(-|x|))`.
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
