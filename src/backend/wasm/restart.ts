import { engine, findBackendFactory, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'

/**
 * Starts the wasm backend again, with a new heap, and makes it the active one: after a `BackendFailedError`, or to give the
 * heap's memory back, which otherwise never shrinks. All its tensors, variables among them, are lost; dispose them, and
 * load what was saved.
 *
 * @throws BackendError where no wasm backend is registered, or it does not start.
 */
export async function restartWasm(): Promise<void> {
  const factory = findBackendFactory('wasm')
  if (!factory) throw new BackendError('wasm', 'import @tensorflow/tfjs-backend-wasm before restartWasm()')
  const { priority } = engine().registryFactory['wasm']!
  removeBackend('wasm')
  registerBackend('wasm', factory, priority)
  if (!(await setBackend('wasm'))) throw new BackendError('wasm', 'tfjs could not start it again')
}
