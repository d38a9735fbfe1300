import { CsvError, parse } from 'csv-parse/sync'
import { DataError } from '../errors.js'

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

/** A row with the line it ends on. */
interface Row {
  record: Record<string, string>
  info: { lines: number }
}

/**
 * Reads a CSV with the columns `label` (0 or 1, benign or malignant, false or true), `score` and, where there are any, `group`.
 *
 * @throws DataError naming file, line and column.
 */
export function parseScores(text: string, source: string): Scores {
  let columns: string[] = []
  let rows: Row[]
  try {
    rows = parse(text, {
      bom: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
      columns: (names: string[]) => {
        columns = names.map((name) => name.toLowerCase())
        return columns
      },
    }) as unknown as Row[]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new DataError(source, error.message, { cause: error })
  }
  for (const wanted of ['label', 'score']) {
    if (!columns.includes(wanted)) {
      throw new DataError(source, `line 1: no column "${wanted}"; its columns are ${columns.join(', ') || 'none'}`)
    }
    if (columns.indexOf(wanted) !== columns.lastIndexOf(wanted)) {
      throw new DataError(source, `line 1: two columns "${wanted}"`)
    }
  }
  if (rows.length === 0) throw new DataError(source, 'no rows below the column names')
  const labels: number[] = []
  const scores: number[] = []
  const groups: string[] = []
  const hasGroups = columns.includes('group')
  for (const { record, info } of rows) {
    const fail = (column: string, rule: string): never => {
      const value = record[column] ?? ''
      throw new DataError(source, `line ${info.lines}, column ${column}: ${JSON.stringify(value)} is not ${rule}`)
    }
    const label = labelOf.get(record['label']!.toLowerCase()) ?? fail('label', '0 or 1 (or benign or malignant)')
    const score = record['score']!
    // Number() would take '' for 0 and '0x10' for 16.
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(score) || !Number.isFinite(Number(score))) {
      fail('score', 'a finite number')
    }
    if (hasGroups && record['group'] === '') fail('group', 'a name')
    labels.push(label)
    scores.push(Number(score))
    if (hasGroups) groups.push(record['group']!)
  }
  return { labels, scores, groups: hasGroups ? groups : undefined }
}
