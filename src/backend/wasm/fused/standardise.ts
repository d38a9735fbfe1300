import type { TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, makeOutputs, placeOf, type WasmBackend } from '../backend.js'

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
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const size = height * width * channels
  // Before there are outputs: an input of another backend may not fit.
  placeOf(backend, x)
  const outs = makeOutputs(backend, [x.shape, [batch, 1, 1, channels]])
  const from = heapFloats(backend, x)
  const [to, inverse] = outs.map((out) => heapFloats(backend, out)) as [Float32Array, Float32Array]
  const count = height * width
  for (let b = 0; b < batch; b++) {
    const start = b * size
    const end = start + size
    // In float64 the difference of the mean square and the squared mean loses nothing that float32 could show.
    for (let c = 0; c < channels; c++) {
      const shift = from[start + c]!
      let total = 0
      let squares = 0
      for (let i = start + c; i < end; i += channels) {
        const value = from[i]! - shift
        total += value
        squares += value * value
      }
      const average = total / count
      const factor = 1 / Math.sqrt(Math.max(0, squares / count - average * average) + epsilon)
      inverse[b * channels + c] = factor
      const offset = (shift + average) * factor
      for (let i = start + c; i < end; i += channels) to[i] = from[i]! * factor - offset
    }
  }
  return outs
}
