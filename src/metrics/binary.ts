import { ArgumentError, OneClassError } from '../errors.js'

/** What a metric that needs both classes does with one only: throw a `OneClassError`, or return NaN. */
export type OnOneClass = 'throw' | 'nan'

/** 1 where the label is positive (1 or true), else 0. Throws an ArgumentError for anything but 0, 1, false and true. */
export function checkLabels(argument: string, labels: ArrayLike<number | boolean>): Uint8Array {
  const n = labels.length
  if (!(n > 0)) throw new ArgumentError(argument, 'hold at least one value', [])
  const positive = new Uint8Array(n)
  for (let i = 0; i < n; i++) {
    const label = labels[i]
    if (label === 1 || label === true) positive[i] = 1
    else if (label !== 0 && label !== false)
      throw new ArgumentError(`${argument}[${i}]`, 'be 0, 1, false or true', label)
  }
  return positive
}

/** Throws an ArgumentError unless there are as many values as labels. */
export function requireSameLength(argument: string, values: ArrayLike<unknown>, labels: ArrayLike<unknown>): void {
  if (values.length !== labels.length)
    throw new ArgumentError(argument, `have as many values as labels (${labels.length})`, values.length)
}

/** As many finite numbers as there are labels, in float64. */
export function checkNumbers(
  argument: string,
  numbers: ArrayLike<number>,
  labels: ArrayLike<unknown>,
  [low, high]: readonly [low: number, high: number] = [-Infinity, Infinity],
): Float64Array {
  requireSameLength(argument, numbers, labels)
  const values = new Float64Array(numbers.length)
  for (let i = 0; i < values.length; i++) {
    const value = numbers[i]!
    if (!Number.isFinite(value) || value < low || value > high)
      throw new ArgumentError(
        `${argument}[${i}]`,
        low === -Infinity ? 'be a finite number' : `be a number in [${low}, ${high}]`,
        value,
      )
    // -0 becomes 0, as the sort tells them apart.
    values[i] = value + 0
  }
  return values
}

/** Labels and scores that were checked. */
export interface ScoredLabels {
  /** 1 where positive. */
  readonly positive: Uint8Array
  readonly scores: Float64Array
  readonly positives: number
  readonly negatives: number
}

/** Labels and scores of equal length, checked; and how many labels of each class there are. */
export function checkScores(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  argument = 'scores',
): ScoredLabels {
  const positive = checkLabels('labels', labels)
  const values = checkNumbers(argument, scores, positive)
  let positives = 0
  for (const is of positive) positives += is
  return { positive, scores: values, positives, negatives: positive.length - positives }
}

/** Whether a class is absent and the caller wants NaN; throws where the caller wants an error. */
export function isOneClass(metric: string, positives: number, negatives: number, onOneClass: OnOneClass): boolean {
  if (onOneClass !== 'throw' && onOneClass !== 'nan')
    throw new ArgumentError('options.onOneClass', 'be "throw" or "nan"', onOneClass)
  if (positives > 0 && negatives > 0) return false
  if (onOneClass === 'nan') return true
  throw new OneClassError(
    `labels must hold both classes: ${metric} is undefined for ${positives} positive and ${negatives} negative labels`,
  )
}
