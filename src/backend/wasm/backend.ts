import { engine, getKernel, type KernelFunc, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'

/** What the wasm backend holds for one tensor. */
export interface WasmTensorData {
  id: number
  memoryOffset: number
  refCount: number
}

/** The Emscripten module, as far as it is used here. */
export interface WasmModule {
  _malloc(bytes: number): number
  _free(offset: number): void
  /** Where C's errno lies. */
  ___errno_location?(): number
  cwrap(name: string, result: null, types: string[]): (...args: never[]) => void
  HEAPU8: Uint8Array
  /** Only in the threaded build. */
  wasmMemory?: WebAssembly.Memory
  /** What the other builds export, their `memory` among it. */
  asm?: Record<string, unknown>
  tfjs: {
    disposeData(id: number): void
    registerTensor(id: number, size: number, memoryOffset: number): void
    /** Only in the threaded build. */
    getThreadsCount?(): number
  }
}

/** The wasm backend of tfjs 4.22, as far as it is used here. */
export interface WasmBackend {
  wasm: WasmModule
  dataIdMap: { get(dataId: object): WasmTensorData; delete(dataId: object): boolean }
  incRef(dataId: object): void
  makeOutput(shape: number[], dtype: 'float32' | 'int32' | 'bool', memoryOffset?: number): TensorInfo
  disposeData(dataId: object, force?: boolean): boolean
  dispose(): void
}

/** The running wasm backend, or undefined where none has been started. */
export function wasmBackend(): WasmBackend | undefined {
  const { registry } = engine()
  return 'wasm' in registry ? (registry['wasm'] as unknown as WasmBackend) : undefined
}

/** Runs a registered wasm kernel with one output on plain tensor infos; the caller disposes the output. */
export function runKernel(
  backend: WasmBackend,
  name: string,
  inputs: Record<string, TensorInfo>,
  attrs: Record<string, unknown> = {},
): TensorInfo {
  const kernel = getKernel(name, 'wasm')
  if (!kernel) throw new BackendError('wasm', `the kernel ${name} is not registered`)
  const call = kernel.kernelFunc as KernelFunc
  return call({ inputs, attrs: attrs as NamedAttrMap, backend }) as TensorInfo
}

/** Several outputs of a kernel: all of them, or none where one does not fit into the heap. */
export function makeOutputs(
  backend: WasmBackend,
  shapes: readonly (readonly number[])[],
  dtype: 'float32' | 'int32' = 'float32',
): TensorInfo[] {
  const outs: TensorInfo[] = []
  try {
    for (const shape of shapes) outs.push(backend.makeOutput([...shape], dtype))
    return outs
  } catch (error) {
    for (const { dataId } of outs) backend.disposeData(dataId)
    throw error
  }
}

/** The number of elements. */
export function sizeOf({ shape }: TensorInfo): number {
  return shape.reduce((product, n) => product * n, 1)
}

/** The place of a tensor in the heap, in bytes. */
export function placeOf(backend: WasmBackend, { dataId }: TensorInfo): number {
  return backend.dataIdMap.get(dataId).memoryOffset
}

/** A float32 tensor's elements in the heap; valid until the next allocation. */
export function heapFloats(backend: WasmBackend, info: TensorInfo): Float32Array {
  const { memoryOffset } = backend.dataIdMap.get(info.dataId)
  return new Float32Array(backend.wasm.HEAPU8.buffer, memoryOffset, sizeOf(info))
}

/** An int32 tensor's elements in the heap; valid until the next allocation. */
export function heapIntegers(backend: WasmBackend, info: TensorInfo): Int32Array {
  const { memoryOffset } = backend.dataIdMap.get(info.dataId)
  return new Int32Array(backend.wasm.HEAPU8.buffer, memoryOffset, sizeOf(info))
}

/** Collects temporary tensors and workspace of a kernel, to be freed together. */
export class Temporaries {
  readonly #backend: WasmBackend
  readonly #infos: TensorInfo[] = []
  readonly #views: TensorInfo[] = []
  readonly #places: number[] = []
  constructor(backend: WasmBackend) {
    this.#backend = backend
  }
  /** Registers a tensor that `free` disposes. */
  own(info: TensorInfo): TensorInfo {
    this.#infos.push(info)
    return info
  }
  /** The place of so many bytes that `free` frees. */
  workspace(bytes: number): number {
    // Beyond 2 GiB malloc's number has a sign.
    const place = this.#backend.wasm._malloc(bytes) >>> 0
    this.#places.push(place)
    return place
  }
  /** A tensor over heap bytes that belong to another one: `free` forgets it without freeing the bytes. */
  view(shape: number[], memoryOffset: number): TensorInfo {
    const info = this.#backend.makeOutput(shape, 'float32', memoryOffset)
    this.#views.push(info)
    return info
  }
  /** Disposes all of them. */
  free(): void {
    for (const { dataId } of this.#views) {
      this.#backend.wasm.tfjs.disposeData(this.#backend.dataIdMap.get(dataId).id)
      this.#backend.dataIdMap.delete(dataId)
    }
    for (const { dataId } of this.#infos) this.#backend.disposeData(dataId)
    for (const place of this.#places) this.#backend.wasm._free(place)
    this.#places.length = 0
    this.#views.length = 0
    this.#infos.length = 0
  }
}
