import type { WasmPrecision } from '../../backend/index.js'
import { requirePrecision } from '../../backend/wasm/precision.js'
import { ArgumentError, requireInteger } from '../../errors.js'
import { orRestore } from './activate.js'
import { startCPU } from './cpu.js'
import { importPackage } from './importPackage.js'
import { backendNames, type BackendName, type StartedBackend } from './startedBackend.js'
import { startTensorFlow } from './tensorflow.js'
import { startWasm } from './wasm.js'
import { maxThreads } from './wasmThreads.js'
import { startWebGPU } from './webgpu.js'

/** Options of {@link startBackend}. */
export interface StartBackendOptions {
  /**
   * Threads of `wasm`, the main thread among them, from 1 to 8 (what tfjs takes). Default: the cores available to the
   * process, 8 at most, or one with a warning where threads cannot be had.
   */
  readonly threads?: number
  /**
   * How `wasm` computes 3x3 convolutions: `fast`, or `exact` as a sum in float32 and slower; see `enableWasmTraining`. For the
   * whole process. Default: what was chosen last, at first `fast`.
   */
  readonly precision?: WasmPrecision
}

/** Throws an {@link ArgumentError} unless wasm can be asked for so many threads. */
export function requireThreads(threads: number | undefined): void {
  if (threads === undefined) return
  requireInteger('options.threads', threads, 1)
  if (threads > maxThreads) {
    throw new ArgumentError('options.threads', `be at most ${maxThreads}, as tfjs takes no more`, threads)
  }
}

/** What every backend needs: tfjs-core alone has no gradients in Node; importing tfjs-layers registers them. */
export async function importGradients(backend: string): Promise<void> {
  await importPackage(backend, '@tensorflow/tfjs-layers')
}

/**
 * Starts a tfjs backend in Node and makes it the active one, ready to train. `wasm` needs no set-up: it runs the threaded
 * SIMD build. `wasm` and `cpu` are repaired for training (`repairBackend`). A wasm backend that runs already is kept. `webgpu` takes any
 * adapter, also one that computes on the CPU (the description says so).
 *
 * @throws ArgumentError for an unknown name or precision, or a thread count that is not from 1 to 8.
 * @throws BackendError where a package is missing (it says what to install), is of another version than tfjs-core, does
 *   not load, or finds no GPU (`no adapter`), and where threads were asked for that cannot be had. The backend that was
 *   active stays so.
 */
export async function startBackend(
  name: BackendName,
  { threads, precision }: StartBackendOptions = {},
): Promise<StartedBackend> {
  if (!backendNames.includes(name)) throw new ArgumentError('name', `be one of ${backendNames.join(', ')}`, name)
  requireThreads(threads)
  requirePrecision(precision)
  await importGradients(name)
  return await orRestore(precision, async () => {
    switch (name) {
      case 'wasm':
        return startWasm(threads)
      case 'cpu':
        return startCPU()
      case 'webgpu': {
        const { threads: one, description } = await startWebGPU(true)
        return { name, threads: one, description }
      }
      case 'tensorflow':
        return startTensorFlow()
    }
  })
}
