import type { TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, heapIntegers, type WasmBackend } from './backend.js'

/** -1, 0 or 1; NaN stays NaN. The stock kernel gives 0 up to 1e-7, so that `tf.abs` has no gradient there. */
export function sign({ inputs: { x }, backend }: { inputs: { x: TensorInfo }; backend: WasmBackend }): TensorInfo {
  const isInteger = x.dtype === 'int32'
  const out = backend.makeOutput([...x.shape], isInteger ? 'int32' : 'float32')
  const elements = isInteger ? heapIntegers : heapFloats
  const from = elements(backend, x)
  const to = elements(backend, out)
  for (let i = 0; i < from.length; i++) {
    const value = from[i]!
    to[i] = value > 0 ? 1 : value < 0 ? -1 : value === 0 ? 0 : NaN
  }
  return out
}
