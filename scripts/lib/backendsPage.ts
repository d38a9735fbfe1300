// docs/backends.md: prose from backendsPage.md beside this file, tables from runs of the conformance suite. The page
// shows no digits, which differ between machines, but powers of ten.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { backends, type ConformanceBackend } from '../../test/conformance/backends.js'
import type { Repair } from '../../src/backend/index.js'
import { usualTolerance, type ConformanceCase } from '../../test/conformance/case.js'
import type { BackendResult, CaseResult } from './conformance.js'

const page = 'docs/backends.md'
const template = 'scripts/lib/backendsPage.md'

/** What the page shows of a case on a backend: a power of ten (`1e-6`), `wrong` or `not run`, by case and backend id. */
export type Cells = Readonly<Record<string, Readonly<Record<string, string>>>>

const titles: Readonly<Record<ConformanceCase['group'], string>> = {
  operation: 'Operations',
  gradient: 'Gradients',
  optimizer: 'Optimizer steps',
  loss: 'Losses',
  network: 'Networks and their training steps',
  data: 'Data',
  metric: 'Metrics',
}

/** Smaller errors are rounding, and all the same here. */
const smallest = -7

/** The power of ten that the error stays below. */
function exponent(error: number): number {
  return Math.max(smallest, Math.ceil(Math.log10(error)))
}

const cellOf = ({ passed, error }: CaseResult): string => (passed && error !== null ? `1e${exponent(error)}` : 'wrong')
const shown = (cell: string): string => (cell === 'wrong' ? '**✗**' : cell === 'not run' ? '–' : `✓ ${cell}`)
const read = (text: string): string => (text === '**✗**' ? 'wrong' : text === '–' ? 'not run' : text.replace('✓ ', ''))
const row = (texts: readonly (string | number)[]): string => `| ${texts.join(' | ')} |`

/** What heads a backend's column. */
export function columnTitle({ name, where, threads }: ConformanceBackend): string {
  const tfjs = name === 'tensorflow' ? 'tfjs-node' : name
  return `${tfjs}${threads === undefined ? '' : ` ${threads}`}<br>${where}`
}

/** The cells that a page shows. */
export function readCells(text: string): Cells {
  const cells: Record<string, Record<string, string>> = {}
  let ids: (string | undefined)[] = []
  for (const line of text.split('\n')) {
    const [first = '', , ...rest] = line.slice(2, -2).split(' | ')
    if (!line.startsWith('| ')) ids = []
    else if (first === 'case') ids = rest.map((title) => backends.find((backend) => columnTitle(backend) === title)?.id)
    else if (ids.length > 0 && first !== '---')
      cells[first] = Object.fromEntries(rest.map((text, i) => [ids[i] ?? '', read(text)]))
  }
  return cells
}

/** Cells with those of a run in place of the old ones. */
export function merge(old: Cells, results: readonly BackendResult[]): Cells {
  const cells: Record<string, Record<string, string>> = {}
  for (const { id, cases } of results) {
    for (const result of cases) (cells[result.name] ??= { ...old[result.name] })[id] = cellOf(result)
  }
  return { ...old, ...cells }
}

/** How a run differs from the page beyond noise: another verdict, or an error of another order of magnitude. */
export function differences(cells: Cells, results: readonly BackendResult[]): string[] {
  return results.flatMap(({ id, cases }) =>
    cases.flatMap((result) => {
      const old = cells[result.name]?.[id] ?? 'not run'
      const found = cellOf(result)
      const decades = Math.abs(Number(old.slice(2)) - Number(found.slice(2)))
      return old === found || decades <= 1 ? [] : [`${result.name} on ${id}: ${found}, but the page says ${old}`]
    }),
  )
}

const repairRow = ({ backend, kernel, reason, detail }: Repair): string => row([backend, kernel, reason, detail])

/** The rows of the repairs that a page shows, without those whose reason a clock has found. */
export function readRepairs(text: string): string[] {
  return text.split('\n').filter((line) => /^\| (cpu|wasm) \| \w+ \| (missing|wrong) \|/.test(line))
}

/** For one backend and group: how many cases are right. */
function tally(backend: ConformanceBackend, cases: readonly ConformanceCase[], cells: Cells): string {
  const found = cases.map(({ name }) => cells[name]?.[backend.id] ?? 'not run')
  const ran = found.filter((cell) => cell !== 'not run')
  const right = ran.filter((cell) => cell !== 'wrong').length
  if (ran.length === 0) return '–'
  return ran.length === cases.length && right === ran.length ? `✓ ${right}` : `${right} of ${cases.length}`
}

/** The page of these cells and repairs. */
export function renderPage(cases: readonly ConformanceCase[], cells: Cells, repairs: readonly Repair[]): string {
  const groups = Object.entries(titles)
    .map(([group, title]) => ({ title, members: cases.filter((each) => each.group === group) }))
    .filter(({ members }) => members.length > 0)
  const columns = backends.map(columnTitle)
  const rule = (count: number): string => row(Array.from({ length: count }, () => '---'))
  const summary = [
    row(['', ...columns]),
    rule(columns.length + 1),
    ...groups.map(({ title, members }) => row([title, ...backends.map((backend) => tally(backend, members, cells))])),
  ]
  const details = groups.flatMap(({ title, members }) => [
    `<details><summary>${title}: ${members.length} cases</summary>`,
    '',
    row(['case', 'tolerance', ...columns]),
    rule(columns.length + 2),
    ...members.map(({ name, tolerance }) =>
      row([
        name,
        tolerance === 0 ? '0' : tolerance.toExponential(),
        ...backends.map(({ id }) => shown(cells[name]?.[id] ?? 'not run')),
      ]),
    ),
    '',
    '</details>',
    '',
  ])
  const exceptions = cases
    .filter(({ group, tolerance }) => tolerance > usualTolerance(group))
    .map(({ name, tolerance, because }) => `- ${name}, ${tolerance.toExponential()}: ${because}`)
  const rules = 'Tolerances are at most 1e-4 for values and 1e-3 for gradients and steps'
  const reasons = exceptions.length === 0 ? [`${rules}.`] : [`${rules}, but for:`, '', ...exceptions]
  const changes = [row(['backend', 'kernel', 'stock', 'what is wrong']), rule(4), ...repairs.map(repairRow)]
  const parts: Record<string, readonly string[]> = { summary, details, reasons, repairs: changes }
  return readFileSync(template, 'utf8').replace(/^<!-- (\w+) -->$/gm, (_, name: string) => {
    const lines = parts[name]
    if (!lines) throw new Error(`${template} asks for ${name}`)
    return lines.join('\n').trim()
  })
}

/** The committed page; empty where there is none. */
export const readPage = (): string => (existsSync(page) ? readFileSync(page, 'utf8') : '')

/** Writes it. */
export const writePage = (text: string): void => writeFileSync(page, text)
