import type { TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, type WasmBackend } from '../backend.js'

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
  const out = backend.makeOutput([...x.shape], 'float32')
  const inverses = backend.makeOutput([batch, 1, 1, channels], 'float32')
  const from = heapFloats(backend, x)
  const to = heapFloats(backend, out)
  const inverse = heapFloats(backend, inverses)
  for (let b = 0; b < batch; b++) {
    for (let c = 0; c < channels; c++) {
      const start = b * size + c
      const end = (b + 1) * size
      let total = 0
      for (let i = start; i < end; i += channels) total += from[i]!
      const average = total / (height * width)
      let squares = 0
      for (let i = start; i < end; i += channels) squares += (from[i]! - average) ** 2
      const factor = 1 / Math.sqrt(squares / (height * width) + epsilon)
      inverse[b * channels + c] = factor
      for (let i = start; i < end; i += channels) to[i] = (from[i]! - average) * factor
    }
  }
  return [out, inverses]
}
