import { repairsOf } from '../repairs/repair.js'
import { wasmBackend } from './backend.js'
import { plannedKernels, type PlannedKernels } from './native/threaded.js'
import { wasmPrecision, type WasmPrecision } from './precision.js'

/** How this package's own WebAssembly convolutions compute. */
export interface WasmKernels {
  /** Threads that take part, the calling one among them: tfjs's own number, less those that could not start. */
  readonly threads: number
  /** Whether a multiplication and an addition are one step (relaxed SIMD), which is quicker. */
  readonly fused: boolean
  /** As `enableWasmTraining` was asked for. */
  readonly precision: WasmPrecision
  /** Where one thread computes alone: why, and what gives more where something does. */
  readonly whyOneThread?: string
}

/** Why no more than one thread computes. */
function whyOneThread({ planned, isShared }: PlannedKernels): string {
  const { crossOriginIsolated, process } = globalThis as {
    crossOriginIsolated?: boolean
    process?: { versions?: { node?: string } }
  }
  if (planned > 1) return `the others of ${planned} have ended or could not start; a warning has said why`
  if (isShared) return 'tfjs was told so by setThreadsCount, or sees one core'
  if (process?.versions?.node !== undefined) {
    return "in Node tfjs has more only by startBackend('wasm') of esrgan-scnn/node, where cores and shared memory allow it"
  }
  return crossOriginIsolated === true
    ? 'tfjs took its build without threads, as it does after setWasmPath; setWasmPaths leaves it the choice'
    : 'the page is not cross-origin isolated: serve it with the headers Cross-Origin-Opener-Policy: same-origin and ' +
        'Cross-Origin-Embedder-Policy: require-corp'
}

/**
 * How this package's own convolutions compute on tfjs's wasm backend; undefined where tfjs's kernels compute: no such
 * backend runs, it has not been repaired (`repairBackend`), or its WebAssembly has no SIMD. Threads start with the first
 * convolution.
 *
 * @example
 * console.log(wasmKernels()) // { threads: 2, fused: false, precision: 'fast' }
 */
export function wasmKernels(): WasmKernels | undefined {
  const backend = wasmBackend()
  const isInForce = repairsOf('wasm').some(({ kernel }) => kernel === 'Conv2D')
  const kernels = backend && isInForce ? plannedKernels(backend) : undefined
  if (!kernels) return undefined
  const { threads, isFused: fused } = kernels
  return { threads, fused, precision: wasmPrecision(), ...(threads === 1 && { whyOneThread: whyOneThread(kernels) }) }
}
