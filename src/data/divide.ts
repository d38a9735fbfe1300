import { ArgumentError, DataError } from '../errors.js'
import { auditLeakage } from './audit.js'
import type { ImageRecord, Label } from './source.js'
import type { Split } from './splits.js'

/** The classes, in the order in which counts hold them. */
export const labels: readonly Label[] = ['benign', 'malignant']

/** Throws unless the share lies strictly between 0 and 1. */
export function requireFraction(testFraction: number): void {
  if (!(testFraction > 0 && testFraction < 1))
    throw new ArgumentError('options.testFraction', 'lie between 0 and 1, both excluded', testFraction)
}

/** Throws for no record, a record of neither class, and records of one class only. */
export function requireClasses(records: readonly ImageRecord[]): void {
  if (records.length === 0) throw new DataError('records', 'no images to split')
  const other = records.find(({ label }) => !labels.includes(label))
  if (other !== undefined) throw new DataError(other.id, `neither benign nor malignant: ${other.label}`)
  const label = records[0]!.label
  if (records.every((record) => record.label === label))
    throw new DataError('records', `one class only (${label}, ${records.length} images); a split needs both`)
}

/** The records divided by their place in the list, with the audit of what stands on both sides. */
export function divide(
  kind: Split['kind'],
  records: readonly ImageRecord[],
  inTest: (index: number, record: ImageRecord) => boolean,
): Split {
  const train: ImageRecord[] = []
  const test: ImageRecord[] = []
  records.forEach((record, index) => (inTest(index, record) ? test : train).push(record))
  return { kind, train, test, audit: auditLeakage({ train, test }) }
}
