import { add, cast, mul, neg, sub, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { softplus } from '../backend/index.js'
import { ArgumentError, requireRange } from '../errors.js'
import { requireClassWeights, type ClassWeights } from './classWeights.js'
import { reduceLoss, requireSameShape, type Reduced, type Reduction } from './reduction.js'

/** Options of {@link binaryCrossEntropyWithLogits}. */
export interface CrossEntropyOptions<R extends Reduction = 'mean'> {
  /** `'mean'` (default), `'sum'` or `'none'`. The mean is over the number of logits, also with class weights (PyTorch, Keras). */
  reduction?: R
  /** Share s in [0, 1] of each label that is put half on either class, `z (1 - s) + s / 2` (Keras' `label_smoothing`); default 0. */
  labelSmoothing?: number
  /** Factors of the terms of class 0 and of class 1, after smoothing; [1, p] is PyTorch's `pos_weight` p. Default [1, 1]. */
  classWeights?: ClassWeights
}

/**
 * Binary cross-entropy of logits x and labels z in [0, 1]: `w1 z softplus(-x) + w0 (1 - z) softplus(x)`, which with weights 1
 * equals `max(x, 0) - x z + log1p(exp(-|x|))` and never overflows. Its gradient is then `sigmoid(x) - z` for every x.
 *
 * @param logits any shape, not empty, before the sigmoid; borrowed.
 * @param labels a tensor of the same shape (borrowed; 1 = positive), or 0 or 1 for all logits.
 * @returns a scalar, or the shape of the logits for `'none'`; the caller disposes it.
 * @throws ArgumentError where the shapes differ or hold nothing, `labels` is another number, or an option is out of range.
 */
export function binaryCrossEntropyWithLogits<R extends Reduction = 'mean'>(
  logits: Tensor,
  labels: Tensor | 0 | 1,
  { reduction = 'mean' as R, labelSmoothing = 0, classWeights = [1, 1] }: CrossEntropyOptions<R> = {},
): Reduced<R> {
  if (typeof labels !== 'number') requireSameShape('labels', labels, 'logits', logits)
  else if (labels !== 0 && labels !== 1) throw new ArgumentError('labels', 'be a tensor, 0 or 1', labels)
  requireRange('options.labelSmoothing', labelSmoothing, 0, 1)
  requireClassWeights(classWeights)
  const [ofNegative, ofPositive] = classWeights
  return tidy(() => {
    if (typeof labels === 'number') {
      const z = labels * (1 - labelSmoothing) + labelSmoothing / 2
      const parts = [
        [ofPositive * z, () => softplus(neg(logits))],
        [ofNegative * (1 - z), () => softplus(logits)],
      ] as const
      const [first, second] = parts.filter(([weight]) => weight > 0).map(([weight, part]) => mul(part(), weight))
      const loss = first === undefined ? mul(softplus(logits), 0) : second === undefined ? first : add(first, second)
      return reduceLoss('logits', loss, reduction)
    }
    const z = add(mul(cast(labels, 'float32'), 1 - labelSmoothing), labelSmoothing / 2)
    const positive = mul(mul(z, ofPositive), softplus(neg(logits)))
    return reduceLoss('logits', add(positive, mul(mul(sub(1, z), ofNegative), softplus(logits))), reduction)
  })
}
