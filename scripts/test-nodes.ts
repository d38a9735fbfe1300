/**
 * Runs the tests of the kernels' threads, models and precision on the other versions of Node that test/nodes pins, whose workers
 * and WebAssembly are others. `npm ci --prefix test/nodes` installs them, on Linux.
 *
 *   npm run test:nodes
 */
import { spawnSync } from 'node:child_process'
import { findNode } from './lib/nodes.js'

const tests = ['threads', 'tfjsModels', 'wasmKernels', 'winograd']
const files = tests.map((name) => `test/backend/${name}.test.ts`)
for (const version of [22, 24]) {
  const program = findNode(version)
  if (program === undefined) {
    console.error(`there is no Node ${version}; npm ci --prefix test/nodes installs it, on Linux`)
    process.exit(2)
  }
  // Not the reporter that writes what `npm test` has shown.
  const options = ['run', '--project', 'tests', '--typecheck=false', '--reporter=default']
  const { status } = spawnSync(program, ['node_modules/vitest/vitest.mjs', ...options, ...files], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}
