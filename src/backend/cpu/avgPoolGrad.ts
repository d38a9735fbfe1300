import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core'
import { avgPoolGrad as avgPoolGradOf, type PoolAttrs } from '../kernels/avgPoolGrad.js'
import { valuesOf, type CPUBackend } from './backend.js'

/** The gradient of average pooling, right at the edges of `same` too. */
export function avgPoolGrad({
  inputs: { dy, input },
  backend,
  attrs: { filterSize, strides, pad, dimRoundingMode },
}: {
  inputs: { dy: TensorInfo; input: TensorInfo }
  backend: CPUBackend
  attrs: PoolAttrs
}): TensorInfo {
  const shape = input.shape as [number, number, number, number]
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode)
  const dx = new Float32Array(util.sizeFromShape(shape))
  avgPoolGradOf(valuesOf(backend, dy), dx, info)
  return backend.makeTensorInfo([...shape], 'float32', dx)
}
