import { BackendError } from '../../errors.js'
import type { WasmModule } from './backend.js'

/** C's `ENOMEM`, as WASI numbers it. */
const outOfMemory = 48

/** Where C's `errno` of the main thread lies in the heap. */
export function errnoOffset(module: WasmModule): number {
  if (!module.___errno_location) {
    throw new BackendError('wasm', 'this version of @tensorflow/tfjs-backend-wasm does not tell errno; 4.22 fits')
  }
  return module.___errno_location()
}

/** Forgets an allocation that failed, and was dealt with. */
export function clearErrno(module: WasmModule): void {
  module.HEAPU8[errnoOffset(module)] = 0
}

/** Whether an allocation has failed since errno was cleared. */
export function hasRunOutOfMemory(module: WasmModule, offset: number): boolean {
  return module.HEAPU8[offset] === outOfMemory
}
