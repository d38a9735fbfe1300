import type { TensorInfo } from '@tensorflow/tfjs-core'
import { makeOutputs, placeOf, type WasmBackend } from '../backend.js'
import { requireKernels } from '../native/threaded.js'

/** Standardised images and the reciprocal deviations `[batch, 1, 1, channels]`, with float64 sums; see `standardise`. */
export function standardise({
  inputs: { x },
  backend,
  attrs: { epsilon },
}: {
  inputs: { x: TensorInfo }
  backend: WasmBackend
  attrs: { epsilon: number }
}): TensorInfo[] {
  const kernels = requireKernels(backend, 'standardising images')
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  // Before there are outputs: an input of another backend may not fit.
  const from = placeOf(backend, x)
  const outs = makeOutputs(backend, [x.shape, [batch, 1, 1, channels]])
  const [y, u] = outs.map((out) => placeOf(backend, out)) as [number, number]
  const fields = { x: from, y, u, inChannels: channels, tiles: height * width, scale: epsilon }
  kernels.run('standardise', fields, batch * Math.ceil(channels / 4))
  return outs
}
