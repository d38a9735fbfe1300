import { DataError } from '../errors.js'
import { isDecimal } from './options.js'
import { parseCsvTable } from '../node/csvTable.js'

/** A table of labels and scores. */
export interface Scores {
  /** 1 = positive. */
  readonly labels: readonly number[]
  /** Higher = more positive. */
  readonly scores: readonly number[]
  /** The groups (patients) where the table has them. */
  readonly groups: readonly string[] | undefined
}

const labelOf: ReadonlyMap<string, 0 | 1> = new Map([
  ['0', 0],
  ['1', 1],
  ['benign', 0],
  ['malignant', 1],
  ['false', 0],
  ['true', 1],
])

/**
 * Reads a CSV with the columns `label` (0 or 1, benign or malignant, false or true), `score` and, where there are any, `group`.
 *
 * @throws DataError naming file, line and column.
 */
export function parseScores(text: string, source: string): Scores {
  const { columns, rows } = parseCsvTable(text, source, { wanted: ['label', 'score'], also: ['group'] })
  const labels: number[] = []
  const scores: number[] = []
  const groups: string[] = []
  const hasGroups = columns.includes('group')
  for (const { line, value } of rows) {
    const fail = (column: string, rule: string): never => {
      throw new DataError(
        source,
        `line ${line}, column ${column}: ${JSON.stringify(value(column) ?? '')} is not ${rule}`,
      )
    }
    const label = labelOf.get(value('label')!.toLowerCase()) ?? fail('label', '0 or 1 (or benign or malignant)')
    const score = value('score')!
    if (!isDecimal(score)) fail('score', 'a finite number')
    if (hasGroups && value('group') === '') fail('group', 'a name')
    labels.push(label)
    scores.push(Number(score))
    if (hasGroups) groups.push(value('group')!)
  }
  return { labels, scores, groups: hasGroups ? groups : undefined }
}
