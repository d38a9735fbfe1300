import { repairsOf } from '../repairs/repair.js'
import { wasmBackend } from './backend.js'
import { plannedKernels } from './native/threaded.js'
import { wasmPrecision, type WasmPrecision } from './precision.js'

/** How this package's own WebAssembly convolutions compute. */
export interface WasmKernels {
  /** Threads that take part, the calling one among them: tfjs's own number, less those that could not start. */
  readonly threads: number
  /** Whether a multiplication and an addition are one step (relaxed SIMD), which is quicker. */
  readonly fused: boolean
  /** As `enableWasmTraining` was asked for. */
  readonly precision: WasmPrecision
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
  return kernels && { threads: kernels.threads, fused: kernels.isFused, precision: wasmPrecision() }
}
