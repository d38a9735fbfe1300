import type { TensorInfo } from '@tensorflow/tfjs-core'
import { valuesOf, type CPUBackend } from './backend.js'

/** For every output row or column, the input's that it was copied from. */
function sources(inputSize: number, outputSize: number, alignCorners: boolean): Int32Array {
  const isAligned = alignCorners && outputSize > 1
  const scale = (isAligned ? inputSize - 1 : inputSize) / (isAligned ? outputSize - 1 : outputSize)
  const nearest = alignCorners ? Math.round : Math.floor
  return Int32Array.from({ length: outputSize }, (_, i) => Math.min(inputSize - 1, nearest(i * scale)))
}

/**
 * The gradient of nearest-neighbour resizing: every dy goes to the pixel that was copied there. The stock kernel finds
 * the images of a batch at the wrong place of dy.
 */
export function resizeNearestNeighborGrad({
  inputs: { images, dy },
  backend,
  attrs: { alignCorners },
}: {
  inputs: { images: TensorInfo; dy: TensorInfo }
  backend: CPUBackend
  attrs: { alignCorners: boolean }
}): TensorInfo {
  const [batch, height, width, channels] = images.shape as [number, number, number, number]
  const [, outHeight, outWidth] = dy.shape as [number, number, number, number]
  const rows = sources(height, outHeight, alignCorners)
  const columns = sources(width, outWidth, alignCorners)
  const gradient = valuesOf(backend, dy)
  const dx = new Float32Array(batch * height * width * channels)
  let from = 0
  for (let b = 0; b < batch; b++) {
    for (const row of rows) {
      for (const column of columns) {
        const to = ((b * height + row) * width + column) * channels
        for (let c = 0; c < channels; c++, from++) dx[to + c] = dx[to + c]! + gradient[from]!
      }
    }
  }
  return backend.makeTensorInfo([...images.shape], 'float32', dx)
}
