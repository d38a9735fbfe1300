import type { TensorInfo } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'
import { heapFloats, heapIntegers, type WasmBackend } from './backend.js'

/** Sums rows of x by segment: the gradient of `gather`. Rows whose id lies outside are left out. */
export function unsortedSegmentSum({
  inputs: { x, segmentIds },
  backend,
  attrs: { numSegments },
}: {
  inputs: { x: TensorInfo; segmentIds: TensorInfo }
  backend: WasmBackend
  attrs: { numSegments: number }
}): TensorInfo {
  if (x.dtype !== 'float32') throw new BackendError('wasm', `UnsortedSegmentSum needs float32, not ${x.dtype}`)
  const rest = x.shape.slice(segmentIds.shape.length)
  const width = rest.reduce((product, n) => product * n, 1)
  const out = backend.makeOutput([numSegments, ...rest], 'float32')
  const sums = heapFloats(backend, out).fill(0)
  const values = heapFloats(backend, x)
  const ids = heapIntegers(backend, segmentIds)
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!
    if (id < 0 || id >= numSegments) continue
    for (let i = 0; i < width; i++) sums[id * width + i] = sums[id * width + i]! + values[row * width + i]!
  }
  return out
}
