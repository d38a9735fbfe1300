import { ArgumentError } from '../errors.js'

/** Throws unless the labels are zeros and ones, at least one. */
export function requireZerosAndOnes(argument: string, labels: ArrayLike<number>): void {
  if (labels.length === 0) throw new ArgumentError(argument, 'hold at least one label', [])
  for (let i = 0; i < labels.length; i++)
    if (labels[i] !== 0 && labels[i] !== 1) throw new ArgumentError(`${argument}[${i}]`, 'be 0 or 1', labels[i])
}

/** Throws unless the labels are zeros and ones, both present. */
export function requireLabels(argument: string, labels: ArrayLike<number>): void {
  if (labels.length > 0) requireZerosAndOnes(argument, labels)
  const malignant = Array.from(labels).filter((label) => label === 1).length
  if (malignant === 0 || malignant === labels.length)
    throw new ArgumentError(
      argument,
      'hold both classes (0 and 1)',
      `${labels.length - malignant} zeros and ${malignant} ones`,
    )
}
