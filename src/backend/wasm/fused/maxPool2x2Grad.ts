import type { TensorInfo } from '@tensorflow/tfjs-core'
import { placeOf, type WasmBackend } from '../backend.js'
import { requireKernels } from '../native/threaded.js'

/** Elements of the output's gradient that a task has at least. */
const chunk = 8192

/** dy moved to the first maximum of its 2x2 window, in row order; y is the maxima of x. */
export function maxPool2x2Grad({
  inputs: { dy, x, y },
  backend,
}: {
  inputs: { dy: TensorInfo; x: TensorInfo; y: TensorInfo }
  backend: WasmBackend
}): TensorInfo {
  const kernels = requireKernels(backend, 'the gradient of 2x2 maxima')
  const [batch, outHeight, outWidth, inChannels] = y.shape as [number, number, number, number]
  const [d, from, v] = [dy, x, y].map((tensor) => placeOf(backend, tensor)) as [number, number, number]
  const out = backend.makeOutput([...x.shape], 'float32')
  const tiles = batch * outHeight
  const block = Math.ceil(chunk / Math.max(1, outWidth * inChannels))
  const fields = { x: from, v, d, y: placeOf(backend, out), inChannels, outWidth, tiles, block }
  kernels.run('maxPoolGradient', fields, Math.ceil(tiles / block))
  return out
}
