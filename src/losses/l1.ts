import { abs, customGrad, mul, neg, step, sub, tidy, type GradSaveFunc, type Tensor } from '@tensorflow/tfjs-core'
import { reduceLoss, requireSameShape, type Reduced, type Reduction } from './reduction.js'

/**
 * `|a - b|` with the gradient 0 where a = b, and only there: the gradient of tfjs's `abs` is -1 at 0, and the wasm
 * backend's `sign` is 0 for differences up to 1e-7.
 */
const absoluteDifference = customGrad((a, b, save) => {
  const difference = sub(a as Tensor, b as Tensor)
  ;(save as GradSaveFunc)([difference])
  return {
    value: abs(difference),
    gradFunc: (dy: Tensor, [saved]: Tensor[]) => {
      const gradient = tidy(() => mul(dy, sub(step(saved!), step(neg(saved!)))))
      return [gradient, neg(gradient)]
    },
  }
})

/**
 * Absolute difference, `|prediction - target|`, by default its mean: ESRGAN's content loss. The gradient where both are
 * equal is 0, as in PyTorch's `l1_loss`.
 *
 * @param prediction any shape, not empty; borrowed.
 * @param target the same shape; borrowed.
 * @param options `reduction`: `'mean'` (default), `'sum'` or `'none'`.
 * @returns a scalar, or the shape of the inputs for `'none'`; the caller disposes it.
 * @throws ArgumentError where the shapes differ or hold nothing.
 */
export function l1Loss<R extends Reduction = 'mean'>(
  prediction: Tensor,
  target: Tensor,
  { reduction = 'mean' as R }: { reduction?: R } = {},
): Reduced<R> {
  requireSameShape('prediction', prediction, 'target', target)
  return tidy(() => reduceLoss('prediction', absoluteDifference(prediction, target), reduction))
}
