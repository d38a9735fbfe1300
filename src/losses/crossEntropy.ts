import { add, cast, mul, neg, sub, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { softplus } from '../backend/index.js'
import { ArgumentError } from '../errors.js'
import { reduceLoss, requireSameShape, type Reduced, type Reduction } from './reduction.js'

/**
 * Binary cross-entropy of logits x and labels z in [0, 1]: `z softplus(-x) + (1 - z) softplus(x)`, which equals
 * `max(x, 0) - x z + log1p(exp(-|x|))` and never overflows. The gradient is `sigmoid(x) - z` for every x.
 *
 * @param logits any shape, not empty, before the sigmoid; borrowed.
 * @param labels a tensor of the same shape (borrowed; 1 = positive), or 0 or 1 for all logits.
 * @param options `reduction`: `'mean'` (default), `'sum'` or `'none'`.
 * @returns a scalar, or the shape of the logits for `'none'`; the caller disposes it.
 * @throws ArgumentError where the shapes differ or hold nothing, or `labels` is another number.
 */
export function binaryCrossEntropyWithLogits<R extends Reduction = 'mean'>(
  logits: Tensor,
  labels: Tensor | 0 | 1,
  { reduction = 'mean' as R }: { reduction?: R } = {},
): Reduced<R> {
  if (typeof labels !== 'number') requireSameShape('labels', labels, 'logits', logits)
  else if (labels !== 0 && labels !== 1) throw new ArgumentError('labels', 'be a tensor, 0 or 1', labels)
  return tidy(() => {
    if (labels === 0) return reduceLoss('logits', softplus(logits), reduction)
    if (labels === 1) return reduceLoss('logits', softplus(neg(logits)), reduction)
    const z = cast(labels, 'float32')
    const loss = add(mul(z, softplus(neg(logits))), mul(sub(1, z), softplus(logits)))
    return reduceLoss('logits', loss, reduction)
  })
}
