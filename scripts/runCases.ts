/**
 * Runs the cases of the conformance suite on one backend in this process, and prints what they have shown as JSON:
 *
 *   node scripts/run.mjs scripts/runCases.ts wasm-2-exact
 *
 * For the variants of this package's kernels, which `npm run conformance` runs on several versions of Node.
 */
import { wasmKernels, repairBackend } from '../src/backend/index.js'
import { forceAlgorithm } from '../src/backend/wasm/native/choice.js'
import { backendOf } from '../test/conformance/backends.js'
import { casesOn } from '../test/conformance/cases/index.js'
import { rmsLimits } from '../test/conformance/case.js'
import { complaint, measure } from '../test/conformance/measure.js'
import { startInNode } from '../test/conformance/startInNode.js'
import type { BackendResult, CaseResult } from './lib/conformance.js'

const backend = backendOf(process.argv[2]!)
const { id, node, threads, precision = 'fast' } = backend
if (node !== undefined && !process.versions.node.startsWith(`${node}.`)) {
  throw new Error(`${id} wants Node ${node}; this is ${process.versions.node}`)
}
await startInNode(backend)
const repairs = repairBackend()
const kernels = wasmKernels()
const fused = !process.versions.node.startsWith('20.')
if (kernels?.threads !== threads || kernels?.precision !== precision || kernels?.fused !== fused) {
  throw new Error(`${id} runs with other kernels: ${JSON.stringify(kernels)}`)
}
// Whatever would be faster for the small shapes of the cases.
forceAlgorithm(precision === 'exact' ? 'winograd2' : 'winograd4')
const cases: CaseResult[] = []
for (const each of casesOn(backend)) {
  const { name } = each
  try {
    const measurement = await measure(each)
    const message = complaint(each, measurement, rmsLimits[precision])
    const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
    const rms = finite(Math.max(...Object.values(measurement.rmsErrors)))
    const passed = message === undefined
    cases.push({ name, passed, error: finite(measurement.error), rms, ...(message !== undefined && { message }) })
  } catch (error) {
    cases.push({ name, passed: false, error: null, message: (error as Error).message })
  }
}
const result: BackendResult = { id, cases, repairs }
console.log(JSON.stringify(result))
