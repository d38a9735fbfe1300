import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { AdamNumbers } from '../../ops/adamUpdate.js'
import { makeOutputs, placeOf, sizeOf, type WasmBackend } from '../backend.js'
import { nativeKernels } from '../native/native.js'

/** One update of Adam in one pass; see `adamUpdate`. */
export function adam({
  inputs: { weight, m, v, gradient },
  backend,
  attrs: { beta1, beta2, scale, root, epsilon },
}: {
  inputs: { weight: TensorInfo; m: TensorInfo; v: TensorInfo; gradient: TensorInfo }
  backend: WasmBackend
  attrs: AdamNumbers
}): TensorInfo[] {
  const outs = makeOutputs(backend, [weight.shape, m.shape, v.shape])
  const [w, oldM, oldV, g, newW, newM, newV] = [weight, m, v, gradient, ...outs].map((tensor) =>
    placeOf(backend, tensor),
  ) as [number, number, number, number, number, number, number]
  const size = sizeOf(weight)
  const native = nativeKernels(backend)
  native.adam(w, oldM, oldV, g, newW, newM, newV, size, beta1, 1 - beta1, beta2, 1 - beta2, scale, root, epsilon)
  return outs
}
