// Runs named commands one after another and says clearly which passed: used by `npm run check` and by .ci/run.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * @typedef {{ name: string, command: string, needs?: string }} Gate a gate of the name `needs` has to pass before
 * @typedef {{ name: string, passed: boolean, seconds: number }} Result
 */

/** Runs every gate through the shell, also after one has failed, unless it needs that one. */
export function runGates(/** @type {readonly Gate[]} */ gates) {
  /** @type {Result[]} */
  const results = []
  for (const { name, command, needs } of gates) {
    console.log(`\n=== ${name}: ${command}`)
    if (results.some((result) => result.name === needs && !result.passed)) {
      console.log(`=== ${name}: FAILED (needs ${needs})`)
      results.push({ name, passed: false, seconds: 0 })
      continue
    }
    const started = performance.now()
    const { status, signal, error } = spawnSync(command, { shell: '/bin/bash', stdio: 'inherit' })
    const passed = status === 0
    const seconds = (performance.now() - started) / 1000
    if (!passed) console.log(`=== ${name}: FAILED (${error?.message ?? signal ?? `exit code ${status}`})`)
    results.push({ name, passed, seconds })
  }
  return results
}

/** Prints one line a gate, writes the counts to a file, and returns whether all have passed. */
export function reportGates(/** @type {readonly Result[]} */ results, /** @type {string} */ file) {
  console.log('')
  for (const { name, passed, seconds } of results)
    console.log(`${passed ? 'pass' : 'FAIL'}  ${name.padEnd(24)} ${seconds.toFixed(1)} s`)
  const passed = results.filter((result) => result.passed).length
  const failed = results.length - passed
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ passed, failed, results }, null, 2)}\n`)
  return failed === 0
}
