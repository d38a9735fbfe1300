import { getKernel } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'
import { applyRepairs, type Repair } from '../repairs/repair.js'
import type { WasmBackend } from './backend.js'
import { guardFailure } from './failure.js'
import { registerFusedKernels } from './fused/registerFusedKernels.js'
import { guardAllocation } from './memory.js'
import { wasmRepairs } from './repairs.js'

/** Applies the repairs of wasm, and guards the instance that runs and those started later. */
export function repairWasm(): readonly Repair[] {
  registerFusedKernels()
  return applyRepairs('wasm', wasmRepairs, (instance) => {
    guardAllocation(instance as WasmBackend)
    guardFailure(instance)
  })
}

/**
 * Makes tfjs's `wasm` backend able to train: registers the gradient kernels that it lacks, and replaces those that a small
 * probe finds wrong and those that are known to be slow. A kernel of your own in place of a wrong one stays where it is
 * right. Call it after `tf.setBackend('wasm')`; called before, it registers what is missing at once and probes when the
 * backend starts. Further calls change nothing. {@link backendRepairs} tells the reasons.
 *
 * It also makes an allocation that does not fit throw {@link OutOfMemoryError}, where stock tfjs goes on with corrupt
 * numbers, and a trap inside the WebAssembly code, or memory that it could not get, throw `BackendFailedError` there and
 * at every later use. Kernels are registered for the backend `wasm` only, for the whole process.
 *
 * @returns the names of the kernels in force from this package.
 * @throws BackendError where `@tensorflow/tfjs-backend-wasm` has not been imported.
 */
export function enableWasmTraining(): readonly string[] {
  if (!getKernel('Conv2D', 'wasm')) {
    throw new BackendError('wasm', 'import @tensorflow/tfjs-backend-wasm before enableWasmTraining()')
  }
  return repairWasm().map(({ kernel }) => kernel)
}
