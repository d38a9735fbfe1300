import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, type WasmBackend } from './backend.js'

interface Attributes {
  strides: [number, number] | number
  dilations: [number, number] | number
  pad: 'valid' | 'same' | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

type Shape4D = [number, number, number, number]

/**
 * Visits every product of a depthwise convolution row by row: for one output pixel and one tap, the places where the
 * pixel's output channels, the input's channels and the tap's weights begin.
 */
function visit(
  info: backend_util.Conv2DInfo,
  body: (dyAt: number, xAt: number, filterAt: number, channels: number, multiplier: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info
  const multiplier = outChannels / inChannels
  for (let b = 0; b < batchSize; b++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        const dyAt = ((b * outHeight + i) * outWidth + j) * outChannels
        for (let p = 0; p < filterHeight; p++) {
          const row = i * strideHeight - padInfo.top + p * dilationHeight
          if (row < 0 || row >= inHeight) continue
          for (let q = 0; q < filterWidth; q++) {
            const column = j * strideWidth - padInfo.left + q * dilationWidth
            if (column < 0 || column >= inWidth) continue
            const xAt = ((b * inHeight + row) * inWidth + column) * inChannels
            body(dyAt, xAt, (p * filterWidth + q) * outChannels, inChannels, multiplier)
          }
        }
      }
    }
  }
}

function depthwiseInfo(
  inputShape: number[],
  filterShape: number[],
  { strides, dilations, pad, dimRoundingMode }: Attributes,
): backend_util.Conv2DInfo {
  const depthwise = true
  return backend_util.computeConv2DInfo(
    inputShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  )
}

/** The input gradient of a depthwise convolution, which stock wasm lacks. */
export function depthwiseBackpropInput({
  inputs: { dy, filter },
  backend,
  attrs,
}: {
  inputs: { dy: TensorInfo; filter: TensorInfo }
  backend: WasmBackend
  attrs: Attributes & { inputShape: number[] }
}): TensorInfo {
  const out = backend.makeOutput([...attrs.inputShape], 'float32')
  const dx = heapFloats(backend, out).fill(0)
  const gradient = heapFloats(backend, dy)
  const weights = heapFloats(backend, filter)
  visit(depthwiseInfo(attrs.inputShape, filter.shape, attrs), (dyAt, xAt, filterAt, channels, multiplier) => {
    for (let c = 0, k = 0; c < channels; c++) {
      let sum = dx[xAt + c]!
      for (let m = 0; m < multiplier; m++, k++) sum += gradient[dyAt + k]! * weights[filterAt + k]!
      dx[xAt + c] = sum
    }
  })
  return out
}

/** The filter gradient of a depthwise convolution, which stock wasm lacks. Sums in float64. */
export function depthwiseBackpropFilter({
  inputs: { x, dy },
  backend,
  attrs,
}: {
  inputs: { x: TensorInfo; dy: TensorInfo }
  backend: WasmBackend
  attrs: Attributes & { filterShape: number[] }
}): TensorInfo {
  const out = backend.makeOutput([...attrs.filterShape], 'float32')
  const values = heapFloats(backend, x)
  const gradient = heapFloats(backend, dy)
  const dFilter = heapFloats(backend, out)
  const sums = new Float64Array(dFilter.length)
  visit(depthwiseInfo(x.shape, attrs.filterShape, attrs), (dyAt, xAt, filterAt, channels, multiplier) => {
    for (let c = 0, k = 0; c < channels; c++) {
      const value = values[xAt + c]!
      for (let m = 0; m < multiplier; m++, k++) sums[filterAt + k] = sums[filterAt + k]! + value * gradient[dyAt + k]!
    }
  })
  dFilter.set(sums)
  return out
}
