// docs/backends.md: prose from backendsPage.md beside this file, tables from runs of the conformance suite.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { all, backends, variants, type ConformanceBackend } from '../../test/conformance/backends.js'
import type { Repair } from '../../src/backend/index.js'
import { usualTolerance, type ConformanceCase } from '../../test/conformance/case.js'
import type { Cells, Findings } from './findings.js'

const page = 'docs/backends.md'
const template = 'scripts/lib/backendsPage.md'

const titles: Readonly<Record<ConformanceCase['group'], string>> = {
  operation: 'Operations',
  gradient: 'Gradients',
  optimizer: 'Optimizer steps',
  loss: 'Losses',
  network: 'Networks and their training steps',
  data: 'Data',
  metric: 'Metrics',
}

const shown = (cell: string): string => (cell === 'wrong' ? '**✗**' : cell === 'not run' ? '–' : `✓ ${cell}`)
const read = (text: string): string => (text === '**✗**' ? 'wrong' : text === '–' ? 'not run' : text.replace('✓ ', ''))
const row = (texts: readonly (string | number)[]): string => `| ${texts.join(' | ')} |`
const rule = (count: number): string => row(Array.from({ length: count }, () => '---'))

/** What heads a backend's column. */
export function columnTitle({ name, where, threads, precision, node }: ConformanceBackend): string {
  const tfjs = name === 'tensorflow' ? 'tfjs-node' : name
  const parts = [tfjs, threads, precision].filter((part) => part !== undefined)
  return `${parts.join(' ')}<br>${where}${node === undefined ? '' : ` ${node}`}`
}

const repairTitles = ['backend', 'kernel', 'stock', 'what is wrong']

/** The findings that a page shows. */
export function readFindings(text: string): Findings {
  const cells: Record<string, Record<string, string>> = {}
  const repairs: Repair[] = []
  let titles: readonly string[] = []
  for (const line of text.split('\n')) {
    const texts = line.slice(2, -2).split(' | ')
    if (!line.startsWith('| ')) titles = []
    else if (titles.length === 0) titles = texts
    else if (texts[0] === '---') continue
    else if (titles[0] === 'case') {
      const ids = titles.map((title) => all.find((backend) => columnTitle(backend) === title)?.id)
      const found = Object.fromEntries(texts.flatMap((text, i) => (ids[i] ? [[ids[i], read(text)]] : [])))
      cells[texts[0]!] = { ...cells[texts[0]!], ...found }
    } else if (titles.join() === repairTitles.join()) {
      const [backend, kernel, reason, detail] = texts as [string, string, Repair['reason'], string]
      repairs.push({ backend, kernel, reason, detail })
    }
  }
  return { cells, repairs }
}

/** For one backend and group: how many cases are right. */
function tally(backend: ConformanceBackend, cases: readonly ConformanceCase[], cells: Cells): string {
  const found = cases.map(({ name }) => cells[name]?.[backend.id] ?? 'not run')
  const ran = found.filter((cell) => cell !== 'not run')
  const right = ran.filter((cell) => cell !== 'wrong').length
  if (ran.length === 0) return '–'
  if (right < ran.length) return `${right} of ${ran.length}`
  return `✓ ${right}${ran.length < cases.length ? ` of ${cases.length}` : ''}`
}

/** A table of cases with their errors on some backends, folded up. */
function casesTable(
  title: string,
  cases: readonly ConformanceCase[],
  shownOn: readonly ConformanceBackend[],
  cells: Cells,
): string[] {
  return [
    `<details><summary>${title}: ${cases.length} cases</summary>`,
    '',
    row(['case', 'tolerance', ...shownOn.map(columnTitle)]),
    rule(shownOn.length + 2),
    ...cases.map(({ name, tolerance }) =>
      row([
        name,
        tolerance === 0 ? '0' : tolerance.toExponential(),
        ...shownOn.map(({ id }) => shown(cells[name]?.[id] ?? 'not run')),
      ]),
    ),
    '',
    '</details>',
    '',
  ]
}

/** The page of these findings; `kernelCases` are those that run on the variants of this package's kernels. */
export function renderPage(
  cases: readonly ConformanceCase[],
  kernelCases: readonly ConformanceCase[],
  { cells, repairs }: Findings,
): string {
  const groups = Object.entries(titles)
    .map(([group, title]) => ({ title, members: cases.filter((each) => each.group === group) }))
    .filter(({ members }) => members.length > 0)
  const columns = backends.map(columnTitle)
  const summary = [
    row(['', ...columns]),
    rule(columns.length + 1),
    ...groups.map(({ title, members }) => row([title, ...backends.map((backend) => tally(backend, members, cells))])),
  ]
  const details = [
    ...groups.flatMap(({ title, members }) => casesTable(title, members, backends, cells)),
    ...casesTable("This package's kernels on their variants", kernelCases, variants, cells),
  ]
  const kernels = [
    row(['', ...variants.map(columnTitle)]),
    rule(variants.length + 1),
    row(["The kernels' cases", ...variants.map((variant) => tally(variant, kernelCases, cells))]),
  ]
  const exceptions = cases
    .filter(({ group, tolerance }) => tolerance > usualTolerance(group))
    .map(({ name, tolerance, because }) => `- ${name}, ${tolerance.toExponential()}: ${because}`)
  const rules = 'Tolerances are at most 1e-4 for values and 1e-3 for gradients and steps'
  const reasons = exceptions.length === 0 ? [`${rules}.`] : [`${rules}, but for:`, '', ...exceptions]
  const exact = cases.filter(({ precision }) => precision === 'exact').map(({ name }) => `- ${name}`)
  if (exact.length > 0)
    reasons.push('', 'On wasm these compare more digits than `fast` keeps, and run `exact`:', '', ...exact)
  const changes = repairs.map(({ backend, kernel, reason, detail }) => row([backend, kernel, reason, detail]))
  const parts: Record<string, readonly string[]> = {
    summary,
    kernels,
    details,
    reasons,
    repairs: [row(repairTitles), rule(4), ...changes],
  }
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
