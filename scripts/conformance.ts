/**
 * Runs the conformance suite on every tfjs backend and says what each computes right. Writes out/conformance.json, and
 * compares with docs/backends.md, which it writes anew with --write.
 *
 *   npm run conformance [-- --only webgpu,chromium-webgl] [-- --write] [-- --gpu]
 *
 * --only: the backends of test/conformance/backends.ts by id; without it all but tfjs-node, and one that cannot run here
 * is a failure. --gpu: webgpu in Node uses the machine's own GPU, not SwiftShader, which the page is about.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { variants } from '../test/conformance/backends.js'
import { cases, casesOn, kernelCases } from '../test/conformance/cases/index.js'
import { choose, missing, type BackendResult } from './lib/conformance.js'
import { readFindings, readPage, renderPage, writePage } from './lib/backendsPage.js'
import { differences, merge } from './lib/findings.js'
import { runConformance } from './lib/runConformance.js'
import { runVariant } from './lib/runVariant.js'

/** The command line; a wrong one ends the process with one sentence. */
function readArguments() {
  try {
    const { values } = parseArgs({
      options: { only: { type: 'string' }, write: { type: 'boolean' }, gpu: { type: 'boolean' } },
    })
    const { only, write: isWriting = false, gpu: ownGPU = false } = values
    if (isWriting && ownGPU) throw new Error('docs/backends.md is about SwiftShader: --write does not go with --gpu')
    return { chosen: choose(only), isWriting, ownGPU }
  } catch (error) {
    console.error((error as Error).message)
    process.exit(2)
  }
}

const { chosen, isWriting, ownGPU } = readArguments()
const names = cases.map(({ name }) => name)
const lacking = new Map(chosen.map((backend) => [backend.id, missing(backend, ownGPU)]))
const possible = chosen.filter(({ id }) => lacking.get(id) === undefined)
const usual = possible.filter((backend) => !variants.includes(backend))
const ran = usual.length === 0 ? [] : await runConformance(usual, names, { ownGPU })
for (const variant of possible.filter((backend) => variants.includes(backend))) ran.push(await runVariant(variant))
const results = chosen.map(
  ({ id }): BackendResult =>
    ran.find((result) => result.id === id) ?? { id, reason: lacking.get(id) ?? 'did not run', cases: [], repairs: [] },
)

const countOn = new Map(chosen.map((backend) => [backend.id, casesOn(backend).length]))
const rightOf = (result: BackendResult): number => result.cases.filter(({ passed }) => passed).length
console.log('')
for (const result of results) {
  const { id, reason } = result
  const worst = result.cases.reduce((most, { error }) => Math.max(most, error ?? 0), 0)
  const rms = result.cases.reduce((most, each) => Math.max(most, each.rms ?? 0), 0)
  const rough = rms === 0 ? '' : `, ${rms.toExponential(1)} in the root mean square`
  const text = reason === undefined ? `worst error ${worst.toExponential(1)}${rough}` : `NOT RUN: ${reason}`
  console.log(`${id.padEnd(20)} ${rightOf(result)} of ${countOn.get(id)} right; ${text}`)
  for (const each of result.cases) if (!each.passed) console.log(`  ${each.name}: ${each.message}`)
}

const isComplete = results.every(({ reason }) => reason === undefined)
const old = readFindings(readPage())
if (isWriting && isComplete) writePage(renderPage(cases, kernelCases, merge(old, results)))
else if (isWriting) console.log('docs/backends.md is left as it is, as not everything ran')
const stale = isWriting || ownGPU ? [] : differences(old, results)
if (stale.length > 0) {
  console.log(`docs/backends.md is out of date in ${stale.length} places; npm run conformance -- --write`)
  for (const line of stale.slice(0, 20)) console.log(`  ${line}`)
}

// Each case on each backend counts as a test, and the page as one more.
const right = results.reduce((sum, result) => sum + rightOf(result), 0)
const isPageRight = stale.length === 0
const passed = right + (isPageRight ? 1 : 0)
const failed = [...countOn.values()].reduce((sum, count) => sum + count, 0) - right + (isPageRight ? 0 : 1)
mkdirSync('out', { recursive: true })
writeFileSync('out/conformance.json', `${JSON.stringify({ passed, failed, backends: results }, null, 1)}\n`)
process.exitCode = failed === 0 ? 0 : 1
