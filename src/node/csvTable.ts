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
  /** The value of a column that was asked for, trimmed; undefined where there is no such column. */
  readonly value: (column: string) => string | undefined
}

type Delimiter = ',' | ';' | '\t'
const delimiters: readonly Delimiter[] = [',', ';', '\t']

/** What {@link parseCsvTable} takes. */
export interface CsvTableOptions {
  /** Columns that must be there. */
  readonly wanted: readonly string[]
  /** Columns whose values are kept where they are there; those of all others are not. */
  readonly also?: readonly string[]
  /** More rows are refused; default 1,000,000. */
  readonly maxRows?: number
}

/** More columns are refused: every row would have as many. */
const maxColumns = 1000

/** Calls `onRecord` for each record as it is parsed, with the line that it ends on; what it throws ends the parsing. */
function parseRecords(
  text: string,
  source: string,
  delimiter: Delimiter,
  onRecord: (record: string[], line: number) => void,
  to = -1,
): void {
  try {
    parse(text, {
      bom: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 2 ** 20,
      delimiter,
      to,
      on_record: (record: string[], { lines }: { lines: number }) => {
        onRecord(record, lines)
        // What it returns would be kept.
        return null
      },
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new DataError(source, error.message, { cause: error })
  }
}

const namesOf = (header: readonly string[]): string[] => header.map((name) => name.trim().toLowerCase())

/** The delimiter under which the first line has the wanted columns; the comma where none has. */
function delimiterOf(text: string, source: string, wanted: readonly string[]): Delimiter {
  const found = delimiters.find((delimiter) => {
    try {
      let names: string[] = []
      parseRecords(text, source, delimiter, (record) => void (names = namesOf(record)), 1)
      return wanted.every((name) => names.includes(name))
    } catch (error) {
      if (error instanceof DataError) return false
      throw error
    }
  })
  return found ?? ','
}

/** The column names, checked. */
function readColumns(header: readonly string[], source: string, wanted: readonly string[]): string[] {
  if (header.length > maxColumns) {
    throw new DataError(source, `line 1: ${header.length} columns, more than the ${maxColumns} allowed`)
  }
  const columns = namesOf(header)
  for (const name of wanted) {
    if (!columns.includes(name)) {
      const shown = columns.map((column) => column.slice(0, 40)).slice(0, 20)
      throw new DataError(source, `line 1: no column "${name}"; its columns are ${shown.join(', ') || 'none'}`)
    }
  }
  const seen = new Set<string>()
  const twice = columns.find((name) => name !== '' && (seen.has(name) || !seen.add(name)))
  if (twice !== undefined) throw new DataError(source, `line 1: two columns "${twice.slice(0, 40)}"`)
  return columns
}

/**
 * Reads a CSV whose first line names its columns. Commas, semicolons or tabs divide it, whichever make the wanted columns
 * appear; quotes, a byte order mark, CRLF and empty lines are understood. Only the values of the columns asked for are kept.
 *
 * @throws DataError naming the line: malformed, a wanted column missing or any there twice, too many columns or rows; or no rows.
 */
export function parseCsvTable(
  text: string,
  source: string,
  { wanted, also = [], maxRows = 1_000_000 }: CsvTableOptions,
): CsvTable {
  const kept = [...new Set([...wanted, ...also])]
  const rows: CsvRow[] = []
  let columns: string[] | undefined
  let places: number[] = []
  parseRecords(text, source, delimiterOf(text, source, wanted), (record, line) => {
    if (columns === undefined) {
      columns = readColumns(record, source, wanted)
      places = kept.map((name) => columns!.indexOf(name))
      return
    }
    if (rows.length === maxRows) throw new DataError(source, `line ${line}: more than the ${maxRows} rows allowed`)
    const values = places.map((place) => record[place])
    rows.push({ line, value: (column) => values[kept.indexOf(column)] })
  })
  columns ??= readColumns([], source, wanted)
  if (rows.length === 0) throw new DataError(source, 'no rows below the column names')
  return { columns, rows }
}
