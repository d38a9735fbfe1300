import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { AdamNumbers } from '../../ops/adamUpdate.js'
import { heapFloats, type WasmBackend } from '../backend.js'

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
  const outs = [weight, m, v].map(({ shape }) => backend.makeOutput([...shape], 'float32'))
  // Views of the heap only after the last allocation, which may have moved it.
  const [w, oldM, oldV, g] = [weight, m, v, gradient].map((info) => heapFloats(backend, info)) as HeapViews
  const [newW, newM, newV] = outs.map((info) => heapFloats(backend, info)) as HeapViews
  const share1 = 1 - beta1
  const share2 = 1 - beta2
  for (let i = 0; i < w.length; i++) {
    const slope = g[i]!
    const first = beta1 * oldM[i]! + share1 * slope
    const second = beta2 * oldV[i]! + share2 * slope * slope
    newM[i] = first
    newV[i] = second
    newW[i] = w[i]! - (scale * first) / (root * Math.sqrt(second) + epsilon)
  }
  return outs
}

type HeapViews = [Float32Array, Float32Array, Float32Array, Float32Array]
