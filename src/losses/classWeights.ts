import { ArgumentError, OneClassError } from '../errors.js'

/** What the loss of a negative (0) and of a positive (1) case is multiplied by. */
export type ClassWeights = readonly [negative: number, positive: number]

/** Throws an ArgumentError unless these are two finite numbers >= 0, not both 0. */
export function requireClassWeights(weights: ClassWeights): void {
  const isRight =
    weights.length === 2 && weights.every((w) => Number.isFinite(w) && w >= 0) && weights.some((w) => w > 0)
  if (!isRight) throw new ArgumentError('options.classWeights', 'be two finite numbers >= 0, not both 0', [...weights])
}

/**
 * Weights with which both classes count alike in a sum over the cases, `n / (2 n_c)` for each class c: scikit-learn's
 * `class_weight='balanced'`. Of [0, 0, 0, 1]: [2/3, 2].
 *
 * @param labels 0 or 1
 * @throws ArgumentError for another label; OneClassError where one class is missing.
 */
export function balancedClassWeights(labels: ArrayLike<number>): ClassWeights {
  const counts = [0, 0]
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]
    if (label !== 0 && label !== 1) throw new ArgumentError(`labels[${i}]`, 'be 0 or 1', label)
    counts[label]!++
  }
  const [negatives, positives] = counts as [number, number]
  if (negatives === 0 || positives === 0)
    throw new OneClassError(`class weights need both classes; there are ${negatives} zeros and ${positives} ones`)
  return [labels.length / (2 * negatives), labels.length / (2 * positives)]
}
