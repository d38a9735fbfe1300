import { BackendError } from '../../../errors.js'
import type { WasmBackend } from '../backend.js'
import { modules } from './modules.js'

/** The kernels of `kernels/`. Places are byte offsets into tfjs's heap; strides, lengths and counts are words of four bytes. */
export interface NativeKernels {
  clearRows(to: number, stride: number, rows: number, length: number): void
  copyRows(from: number, fromStride: number, to: number, toStride: number, rows: number, length: number): void
  transpose(from: number, fromStride: number, to: number, toStride: number, rows: number, columns: number): void
  selectBySign(dy: number, sign: number, slope: number, out: number, count: number): void
  adam(
    weight: number,
    m: number,
    v: number,
    gradient: number,
    newWeight: number,
    newM: number,
    newV: number,
    count: number,
    beta1: number,
    share1: number,
    beta2: number,
    share2: number,
    scale: number,
    root: number,
    epsilon: number,
  ): void
}

const instances = new WeakMap<object, NativeKernels>()

/** The bytes of a module. */
export const decode = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

/** The memory that holds the backend's tensors. */
export function memoryOf({ wasm }: WasmBackend): WebAssembly.Memory {
  const memory = wasm.wasmMemory ?? wasm.asm?.['memory']
  if (!(memory instanceof WebAssembly.Memory)) {
    throw new BackendError(
      'wasm',
      'this version of @tensorflow/tfjs-backend-wasm keeps its memory elsewhere; 4.22 fits',
    )
  }
  return memory
}

function instantiate(backend: WasmBackend): NativeKernels {
  const memory = memoryOf(backend)
  const isShared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
  let bytes = decode(isShared ? modules.shared : modules.simd)
  if (!isShared && !WebAssembly.validate(bytes)) bytes = decode(modules.plain)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
  return exports as unknown as NativeKernels
}

/** This package's own WebAssembly kernels on the backend's heap; compiled on first use, one thread. */
export function nativeKernels(backend: WasmBackend): NativeKernels {
  let kernels = instances.get(backend.wasm)
  if (!kernels) {
    kernels = instantiate(backend)
    instances.set(backend.wasm, kernels)
  }
  return kernels
}
