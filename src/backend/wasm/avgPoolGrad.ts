import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import { avgPoolGrad as avgPoolGradOf, type PoolAttrs } from '../kernels/avgPoolGrad.js'
import { heapFloats, type WasmBackend } from './backend.js'

/** The gradient of average pooling, right at the edges of `same` too. */
export function avgPoolGrad({
  inputs: { dy, input },
  backend,
  attrs: { filterSize, strides, pad, dimRoundingMode },
}: {
  inputs: { dy: TensorInfo; input: TensorInfo }
  backend: WasmBackend
  attrs: PoolAttrs
}): TensorInfo {
  const shape = input.shape as [number, number, number, number]
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode)
  const out = backend.makeOutput([...shape], 'float32')
  avgPoolGradOf(heapFloats(backend, dy), heapFloats(backend, out).fill(0), info)
  return out
}
