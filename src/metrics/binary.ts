import { ArgumentError, OneClassError } from '../errors.js'

/** What a metric that needs both classes does with one only: throw a `OneClassError`, or return NaN. */
export type OnOneClass = 'throw' | 'nan'

/** True where the label is positive (1 or true). Throws an ArgumentError for anything but 0, 1, false and true. */
export function checkLabels(argument: string, labels: ArrayLike<number | boolean>): boolean[] {
  if (!(labels.length > 0)) throw new ArgumentError(argument, 'hold at least one value', [])
  return Array.from(labels, (label, i) => {
    if (label === 1 || label === true) return true
    if (label === 0 || label === false) return false
    throw new ArgumentError(`${argument}[${i}]`, 'be 0, 1, false or true', label)
  })
}

/** Labels and scores of equal length, checked; and how many labels of each class there are. */
export function checkScores(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
): { positive: boolean[]; positives: number; negatives: number } {
  const positive = checkLabels('labels', labels)
  if (scores.length !== positive.length)
    throw new ArgumentError('scores', `have as many values as labels (${positive.length})`, scores.length)
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i])) throw new ArgumentError(`scores[${i}]`, 'be a finite number', scores[i])
  }
  const positives = positive.filter(Boolean).length
  return { positive, positives, negatives: positive.length - positives }
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

/** One distinct score: how many positive and negative labels carry it. */
interface TieGroup {
  readonly score: number
  readonly positives: number
  readonly negatives: number
}

/** The distinct scores, highest first, with their counts. */
export function tieGroups(positive: readonly boolean[], scores: ArrayLike<number>): TieGroup[] {
  const order = Array.from(positive, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  const groups: { score: number; positives: number; negatives: number }[] = []
  for (const i of order) {
    let group = groups.at(-1)
    if (group === undefined || group.score !== scores[i]) {
      group = { score: scores[i]!, positives: 0, negatives: 0 }
      groups.push(group)
    }
    if (positive[i]) group.positives++
    else group.negatives++
  }
  return groups
}
