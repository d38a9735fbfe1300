import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { imagesTable, recordsTable, scoresTable } from './data/dataTables.js'
import type { DataResult } from './data/measureData.js'
import type { Result } from './measure.js'
import { profileText, table } from './table.js'

const page = 'docs/benchmarks.md'
/** The tables of the page. */
export type Section = 'networks' | 'images' | 'records' | 'scores'

const begin = (section: Section): string => `<!-- results, ${section}: npm run bench -- --write -->`
const end = '<!-- end of results -->'

/** The page with the text between a section's two marks replaced. Throws where a mark is missing. */
export function replaceResults(markdown: string, section: Section, text: string): string {
  const from = markdown.indexOf(begin(section))
  const to = markdown.indexOf(end, from)
  if (from < 0 || to < from) throw new Error(`${page} has no ${begin(section)} ... ${end}`)
  return `${markdown.slice(0, from + begin(section).length)}\n\n${text}\n\n${markdown.slice(to)}`
}

/** Puts this run's tables, and the profiles it took, into docs/benchmarks.md; a table without a row in this run stays. */
export function writeResults(results: readonly Result[], data: readonly DataResult[]): void {
  const processors = cpus()
  const machine = `${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} logical cores, ${process.platform} ${process.arch}.`
  const profiles = results
    .filter(({ profile }) => profile !== undefined)
    .map((result) => `\`\`\`text\n${profileText(result, 12).trim()}\n\`\`\``)
  const images = data.filter(({ unit }) => unit === 'images')
  const records = data.filter(({ unit }) => unit === 'records')
  const scores = data.filter(({ unit }) => unit === 'scores')
  let markdown = readFileSync(page, 'utf8')
  const put = (section: Section, parts: readonly string[]): void => {
    markdown = replaceResults(markdown, section, [machine, ...parts].join('\n\n'))
  }
  if (results.length > 0) put('networks', [table(results), ...profiles])
  if (images.length > 0) put('images', [imagesTable(images)])
  if (records.length > 0) put('records', [recordsTable(records)])
  if (scores.length > 0) put('scores', [scoresTable(scores)])
  writeFileSync(page, markdown)
}
