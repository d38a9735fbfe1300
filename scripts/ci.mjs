// Everything that has to hold, from a fresh clone: called by .ci/run after `npm ci`. The last line of the summary file
// is `N passed, N failed`: tests and gates together.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { runGates, reportGates } from './gates.mjs'
import { commands } from './readme.mjs'
import { skippedTests } from './skips.mjs'

const read = (/** @type {string} */ file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined)
const parts = {
  check: 'out/check.json',
  chromium: 'out/chromium.json',
  conformance: 'out/conformance.json',
  examples: 'out/examples.json',
  tests: 'out/tests.json',
}
for (const file of Object.values(parts)) rmSync(file, { force: true })

const readme = commands(readFileSync('README.md', 'utf8'))
for (const needed of ['npm run reproduce', 'npm test']) {
  if (!readme.some((command) => command.includes(needed))) throw new Error(`the README does not say \`${needed}\``)
}
const results = runGates([
  // The README's commands first and as they stand there: the main job also from an unbuilt clone.
  ...readme.map((command) => ({ name: command, command })),
  {
    name: 'what the main job wrote',
    command:
      'test -s out/reproduce/report.md && test -s out/reproduce/report.html && test -s out/reproduce/report.json',
  },
  { name: 'check', command: 'npm run check' },
  // Every case on every backend that has no native package, in Node and in Chromium; each is a test.
  { name: 'conformance', command: 'npm run conformance' },
  // What needs a real browser.
  { name: 'chromium', command: 'npm run test:chromium' },
  // The kernels' threads, on the workers of other versions.
  { name: 'kernels on other Nodes', command: 'npm run test:nodes' },
  // The checked-in WebAssembly must be what its source gives, byte for byte.
  { name: 'kernels', command: 'npm run kernels -- --check' },
  { name: 'examples', command: 'npm run examples' },
  { name: 'notebook', command: 'npm run notebook' },
  { name: 'pack test', command: 'npm run pack-test' },
])
reportGates(results, 'out/ci.json')

// A gate that consists of parts counts once for each part; a part that left no numbers has failed as a whole.
const check = read(parts.check)
const conformance = read(parts.conformance)
const examples = read(parts.examples)
const tests = read(parts.tests)
const chromium = read(parts.chromium)
const single = results.filter(({ name }) => !['check', 'chromium', 'conformance', 'examples'].includes(name))
// Everything that a test needs was installed before: one that is left out all the same has failed.
const skipped = tests ? skippedTests(tests) : { expected: [], unexpected: [] }
const skippedInChromium = chromium ? skippedTests(chromium).unexpected : []
for (const name of [...skipped.unexpected, ...skippedInChromium]) console.log(`left out: ${name}`)
const counts = [
  { passed: single.filter((result) => result.passed).length, failed: single.filter((result) => !result.passed).length },
  check ?? { passed: 0, failed: 1 },
  // Without a single test it has failed, whatever its numbers say.
  chromium?.numPassedTests > 0
    ? { passed: chromium.numPassedTests, failed: chromium.numFailedTests + skippedInChromium.length }
    : { passed: 0, failed: 1 },
  conformance ?? { passed: 0, failed: 1 },
  examples ?? { passed: 0, failed: 1 },
  tests
    ? { passed: tests.numPassedTests, failed: tests.numFailedTests + skipped.unexpected.length }
    : { passed: 0, failed: 1 },
]
const total = (/** @type {'passed' | 'failed'} */ key) => counts.reduce((sum, count) => sum + count[key], 0)
if (skipped.expected.length > 0)
  console.log(`\n${skipped.expected.length} tests skipped, for want of the real data beside the project`)
mkdirSync('out', { recursive: true })
writeFileSync('out/ci-summary.txt', `${total('passed')} passed, ${total('failed')} failed\n`)
process.exitCode = total('failed') === 0 && results.every((result) => result.passed) ? 0 : 1
