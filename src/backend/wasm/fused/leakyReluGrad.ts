import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WasmBackend } from '../backend.js'
import { selectBySign } from '../leakyRelu.js'

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
  return selectBySign(backend, dy, y, slope)
}
