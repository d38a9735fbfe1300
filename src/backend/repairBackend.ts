import { getBackend } from '@tensorflow/tfjs-core'
import { repairCPU } from './cpu/enableCPUTraining.js'
import { repairWebGL, repairWebGPU } from './gpu/repairs.js'
import { repairsOf, type Repair } from './repairs/repair.js'
import { watchBackend } from './watchBackend.js'
import { repairWasm } from './wasm/enableWasmTraining.js'

/** How each backend that has repairs is repaired. */
const repairers: Readonly<Record<string, () => readonly Repair[]>> = {
  cpu: repairCPU,
  wasm: repairWasm,
  webgl: repairWebGL,
  webgpu: repairWebGPU,
}

/**
 * Repairs tfjs's active backend for training, as `enableWasmTraining` and `enableCPUTraining` do; other backends need
 * no repair, but the device of `webgpu` and `webgl` is watched: once it is lost, reading a tensor throws
 * `BackendFailedError`. The trainers call it when they are created. Further calls cost next to nothing and change nothing.
 *
 * @returns the repairs in force on the active backend.
 */
export function repairBackend(): readonly Repair[] {
  watchBackend()
  return repairers[getBackend()]?.() ?? []
}

/**
 * Every kernel that this package has put in force, by backend and name, with the reason; empty before the first repair.
 *
 * @example
 * for (const { backend, kernel, reason, detail } of backendRepairs()) console.log(backend, kernel, reason, detail)
 */
export function backendRepairs(): readonly Repair[] {
  return Object.keys(repairers).flatMap(repairsOf)
}
