import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.js'

type BatchMatMul = (
  a: number,
  aShape: Uint8Array,
  aRank: number,
  b: number,
  bShape: Uint8Array,
  bRank: number,
  transposeA: number,
  transposeB: number,
  out: number,
) => void

const calls = new WeakMap<object, BatchMatMul>()
const bytes = (shape: number[]): Uint8Array => new Uint8Array(new Int32Array(shape).buffer)

/**
 * `out = a * b` by XNNPACK, into a tensor that exists: a `[1, m, k]`, b `[1, k, n]`, out `[1, m, n]`.
 * The packed form of b is kept until b is disposed, so that several products with the same b pack it once.
 */
export function matMulInto(backend: WasmBackend, a: TensorInfo, b: TensorInfo, out: TensorInfo): void {
  let call = calls.get(backend.wasm)
  if (!call) {
    const types = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number']
    call = backend.wasm.cwrap('BatchMatMul', null, types) as BatchMatMul
    calls.set(backend.wasm, call)
  }
  const id = ({ dataId }: TensorInfo): number => backend.dataIdMap.get(dataId).id
  call(id(a), bytes(a.shape), 3, id(b), bytes(b.shape), 3, 0, 0, id(out))
}
