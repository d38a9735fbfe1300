import { square, sub, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { reduceLoss, requireSameShape, type Reduced, type Reduction } from './reduction.js'

/**
 * Squared difference, `(prediction - target)^2` without a half, by default its mean (PyTorch's `mse_loss`).
 *
 * @param prediction any shape, not empty; borrowed.
 * @param target the same shape; borrowed.
 * @param options `reduction`: `'mean'` (default), `'sum'` or `'none'`.
 * @returns a scalar, or the shape of the inputs for `'none'`; the caller disposes it.
 * @throws ArgumentError where the shapes differ or hold nothing.
 */
export function l2Loss<R extends Reduction = 'mean'>(
  prediction: Tensor,
  target: Tensor,
  { reduction = 'mean' as R }: { reduction?: R } = {},
): Reduced<R> {
  requireSameShape('prediction', prediction, 'target', target)
  return tidy(() => reduceLoss('prediction', square(sub(prediction, target)), reduction))
}
