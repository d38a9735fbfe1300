import { ArgumentError } from '../errors.js'
import type { Label } from './source.js'

/** How a list of the caller's own spells the two classes, for example `{ benign: ['0', 'B'], malignant: ['1', 'M'] }`. */
export interface LabelSpellings {
  /** What else means benign; compared exactly, without outer spaces. */
  readonly benign?: readonly string[]
  /** What else means malignant. */
  readonly malignant?: readonly string[]
}

/**
 * A function that reads a label: `benign` and `malignant` in any case, and the further spellings that are given, exactly.
 * It gives undefined for anything else: which of 0 and 1 is malignant is never guessed.
 *
 * @throws ArgumentError for a spelling that would mean both classes.
 */
export function labelReader(spellings: LabelSpellings = {}): (text: string) => Label | undefined {
  const known = new Map<string, Label>()
  for (const label of ['benign', 'malignant'] as const) {
    for (const spelling of spellings[label] ?? []) {
      const text = String(spelling).trim()
      const other = known.get(text) ?? standard(text)
      if (text === '' || (other !== undefined && other !== label)) {
        throw new ArgumentError(`options.labels.${label}`, 'hold spellings that mean this class only', spelling)
      }
      known.set(text, label)
    }
  }
  return (text) => known.get(text.trim()) ?? standard(text.trim())
}

const standard = (text: string): Label | undefined => {
  const lower = text.toLowerCase()
  return lower === 'benign' || lower === 'malignant' ? lower : undefined
}
