import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Result } from './measure.js'
import { profileText, table } from './table.js'

const page = 'docs/benchmarks.md'
const begin = '<!-- results: npm run bench -- --write -->'
const end = '<!-- end of results -->'

/** The page with the text between its two marks replaced. Throws where a mark is missing. */
export function replaceResults(markdown: string, text: string): string {
  const from = markdown.indexOf(begin)
  const to = markdown.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${page} has no ${begin} ... ${end}`)
  return `${markdown.slice(0, from + begin.length)}\n\n${text}\n\n${markdown.slice(to)}`
}

/** Puts this run's table, and the profiles it took, into docs/benchmarks.md. */
export function writeResults(results: readonly Result[]): void {
  const processors = cpus()
  const machine = `${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} logical cores, ${process.platform} ${process.arch}.`
  const profiles = results
    .filter(({ profile }) => profile !== undefined)
    .map((result) => profileText(result, 12).trim())
  const parts = [machine, table(results), ...profiles.map((text) => `\`\`\`text\n${text}\n\`\`\``)]
  writeFileSync(page, replaceResults(readFileSync(page, 'utf8'), parts.join('\n\n')))
}
