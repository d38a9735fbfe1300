import type { TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, type WasmBackend } from '../backend.js'

/** `dy` where `y` is positive, else `slope * dy`. */
export function leakyReluGrad({
  inputs: { dy, y },
  backend,
  attrs: { slope },
}: {
  inputs: { dy: TensorInfo; y: TensorInfo }
  backend: WasmBackend
  attrs: { slope: number }
}): TensorInfo {
  const out = backend.makeOutput([...y.shape], 'float32')
  const from = heapFloats(backend, dy)
  const sign = heapFloats(backend, y)
  const to = heapFloats(backend, out)
  for (let i = 0; i < to.length; i++) to[i] = sign[i]! > 0 ? from[i]! : slope * from[i]!
  return out
}
