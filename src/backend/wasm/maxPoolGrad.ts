import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, type WasmBackend } from './backend.js'

/**
 * The gradient of max-pooling: every dy goes to the first maximum of its window, in row order.
 * The stock wasm kernel is wrong for a batch or channels above one and where a window has no positive value.
 */
export function maxPoolGrad({
  inputs: { dy, input },
  backend,
  attrs: { filterSize, strides, pad, dimRoundingMode },
}: {
  inputs: { dy: TensorInfo; input: TensorInfo; output: TensorInfo }
  backend: WasmBackend
  attrs: {
    filterSize: [number, number] | number
    strides: [number, number] | number
    pad: 'valid' | 'same' | number
    dimRoundingMode?: 'floor' | 'round' | 'ceil'
  }
}): TensorInfo {
  const info = backend_util.computePool2DInfo(
    input.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  )
  const { batchSize, inHeight, inWidth, outHeight, outWidth, inChannels: channels } = info
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info
  const out = backend.makeOutput([...input.shape], 'float32')
  const x = heapFloats(backend, input)
  const gradient = heapFloats(backend, dy)
  const dx = heapFloats(backend, out).fill(0)
  let at = 0
  for (let b = 0; b < batchSize; b++) {
    for (let i = 0; i < outHeight; i++) {
      const top = i * strideHeight - padInfo.top
      const firstRow = Math.max(0, top)
      const endRow = Math.min(inHeight, top + filterHeight)
      for (let j = 0; j < outWidth; j++) {
        const left = j * strideWidth - padInfo.left
        const firstColumn = Math.max(0, left)
        const endColumn = Math.min(inWidth, left + filterWidth)
        for (let c = 0; c < channels; c++, at++) {
          let best = -1
          let highest = -Infinity
          for (let row = firstRow; row < endRow; row++) {
            for (let column = firstColumn; column < endColumn; column++) {
              const index = ((b * inHeight + row) * inWidth + column) * channels + c
              const value = x[index]!
              if (best < 0 || value > highest) {
                highest = value
                best = index
              }
            }
          }
          if (best >= 0) dx[best] = dx[best]! + gradient[at]!
        }
      }
    }
  }
  return out
}
