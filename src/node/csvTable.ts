import { CsvError, parse } from 'csv-parse/sync'
import { DataError } from '../errors.js'

/** A table with named columns. */
export interface CsvTable {
  /** The column names, trimmed and in small letters. */
  readonly columns: readonly string[]
  /** The rows. */
  readonly rows: readonly CsvRow[]
}

/** One row of a {@link CsvTable}. */
export interface CsvRow {
  /** The line of the file that it ends on; the column names are on line 1. */
  readonly line: number
  /** The value of a column, trimmed; undefined where there is no such column. */
  readonly value: (column: string) => string | undefined
}

type Delimiter = ',' | ';' | '\t'
const delimiters: readonly Delimiter[] = [',', ';', '\t']

/** Records with the lines they end on. */
function parseRecords(
  text: string,
  source: string,
  delimiter: Delimiter,
  to = -1,
): { record: string[]; line: number }[] {
  try {
    const options = {
      bom: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 2 ** 20,
      delimiter,
      to,
    }
    const parsed = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[]
    return parsed.map(({ record, info }) => ({ record, line: info.lines }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new DataError(source, error.message, { cause: error })
  }
}

const namesOf = (header: readonly string[] | undefined): string[] =>
  (header ?? []).map((name) => name.trim().toLowerCase())

/** The delimiter under which the first line has the wanted columns; the comma where none has. */
function delimiterOf(text: string, source: string, wanted: readonly string[]): Delimiter {
  const found = delimiters.find((delimiter) => {
    try {
      const names = namesOf(parseRecords(text, source, delimiter, 1)[0]?.record)
      return wanted.every((name) => names.includes(name))
    } catch (error) {
      if (error instanceof DataError) return false
      throw error
    }
  })
  return found ?? ','
}

/**
 * Reads a CSV whose first line names its columns. Commas, semicolons or tabs divide it, whichever make the wanted columns
 * appear; quotes, a byte order mark, CRLF and empty lines are understood. Further columns stay.
 *
 * @throws DataError naming the line: malformed, a wanted column missing or any there twice; or no rows.
 */
export function parseCsvTable(text: string, source: string, wanted: readonly string[]): CsvTable {
  const [header, ...records] = parseRecords(text, source, delimiterOf(text, source, wanted))
  const columns = namesOf(header?.record)
  for (const name of wanted) {
    if (!columns.includes(name)) {
      const shown = columns.map((column) => column.slice(0, 40)).slice(0, 20)
      throw new DataError(source, `line 1: no column "${name}"; its columns are ${shown.join(', ') || 'none'}`)
    }
  }
  const seen = new Set<string>()
  const twice = columns.find((name) => name !== '' && (seen.has(name) || !seen.add(name)))
  if (twice !== undefined) throw new DataError(source, `line 1: two columns "${twice.slice(0, 40)}"`)
  if (records.length === 0) throw new DataError(source, 'no rows below the column names')
  const at = new Map(columns.map((name, i) => [name, i]))
  return {
    columns,
    rows: records.map(({ record, line }) => ({
      line,
      value: (column) => {
        const index = at.get(column)
        return index === undefined ? undefined : record[index]
      },
    })),
  }
}
