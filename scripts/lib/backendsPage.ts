// docs/backends.md: prose from backendsPage.md beside this file, tables from runs of the conformance suite.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { backends, type ConformanceBackend } from '../../test/conformance/backends.js'
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

/** What heads a backend's column. */
export function columnTitle({ name, where, threads }: ConformanceBackend): string {
  const tfjs = name === 'tensorflow' ? 'tfjs-node' : name
  return `${tfjs}${threads === undefined ? '' : ` ${threads}`}<br>${where}`
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
      const ids = titles.map((title) => backends.find((backend) => columnTitle(backend) === title)?.id)
      cells[texts[0]!] = Object.fromEntries(texts.flatMap((text, i) => (ids[i] ? [[ids[i], read(text)]] : [])))
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

/** The page of these findings. */
export function renderPage(cases: readonly ConformanceCase[], { cells, repairs }: Findings): string {
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
  const changes = repairs.map(({ backend, kernel, reason, detail }) => row([backend, kernel, reason, detail]))
  const parts: Record<string, readonly string[]> = {
    summary,
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
