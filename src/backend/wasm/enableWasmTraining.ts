import { getKernel } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'
import { applyRepairs, type Repair } from '../repairs/repair.js'
import type { WasmBackend } from './backend.js'
import { guardFailure } from './failure.js'
import { registerFusedKernels } from './fused/registerFusedKernels.js'
import { guardAllocation } from './memory.js'
import { requirePrecision, setWasmPrecision, type WasmPrecision } from './precision.js'
import { wasmRepairs } from './repairs.js'

/** Applies the repairs of wasm, and guards the instance that runs and those started later. */
export function repairWasm(): readonly Repair[] {
  registerFusedKernels()
  return applyRepairs('wasm', wasmRepairs(), (instance) => {
    guardAllocation(instance as WasmBackend)
    guardFailure(instance)
  })
}

/** Options of {@link enableWasmTraining}. */
export interface WasmTrainingOptions {
  /**
   * How 3x3 convolutions of stride 1 and their gradients are computed: `fast` by Winograd's F(4x4), with errors of at most
   * 1e-5 of the values (root mean squares, against float64), `exact` by F(2x2), as exact as a sum in float32 (1e-6), at six
   * to seven tenths of their speed. Default: what was chosen last, at first `fast`. For the whole process; may be changed at
   * any time.
   */
  readonly precision?: WasmPrecision
}

/**
 * Makes tfjs's `wasm` backend able to train: registers the gradient kernels that it lacks, and replaces those that a small
 * probe finds wrong and those that are known to be slow. A kernel of your own in place of a wrong one stays where it is
 * right. Call it after `tf.setBackend('wasm')`; called before, it registers what is missing at once and probes when the
 * backend starts. Further calls change nothing but the precision. {@link backendRepairs} tells the reasons.
 *
 * Convolutions and matrix products, also of `predict`, then run by this package's own WebAssembly kernels where those are
 * faster, on the threads that tfjs has: {@link wasmKernels} tells how many, and why there is one only.
 *
 * It also makes an allocation that does not fit throw {@link OutOfMemoryError}, where stock tfjs goes on with corrupt
 * numbers, and a trap inside the WebAssembly code, or memory that it could not get, throw `BackendFailedError` there and
 * at every later use. Kernels are registered for the backend `wasm` only, for the whole process.
 *
 * @returns the names of the kernels in force from this package.
 * @throws ArgumentError for an unknown precision.
 * @throws BackendError where `@tensorflow/tfjs-backend-wasm` has not been imported.
 */
export function enableWasmTraining({ precision }: WasmTrainingOptions = {}): readonly string[] {
  requirePrecision(precision)
  if (!getKernel('Conv2D', 'wasm')) {
    throw new BackendError('wasm', 'import @tensorflow/tfjs-backend-wasm before enableWasmTraining()')
  }
  if (precision !== undefined) setWasmPrecision(precision)
  return repairWasm().map(({ kernel }) => kernel)
}
