// What the README promises: its shell blocks are commands that .ci/run executes as they stand.
import { readFileSync } from 'node:fs'
import { runGates, reportGates } from './gates.mjs'
import { pathToFileURL } from 'node:url'

/** The fenced code blocks of one language, in order. */
export function codeBlocks(/** @type {string} */ markdown, /** @type {string} */ language) {
  return [...markdown.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code.trim())
}

/** The commands that a newcomer is told to type: every line of the README's `sh` blocks, without comments. */
export function commands(/** @type {string} */ markdown) {
  return codeBlocks(markdown, 'sh')
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const gates = commands(readFileSync('README.md', 'utf8')).map((command) => ({ name: 'README', command }))
  if (gates.length === 0) throw new Error('the README has no sh block')
  process.exitCode = reportGates(runGates(gates), 'out/readme.json') ? 0 : 1
}
