import { backend_util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import { valuesOf, type CPUBackend } from './backend.js'

interface Arguments {
  inputs: { x: TensorInfo; dy: TensorInfo }
  backend: CPUBackend
  attrs: {
    strides: [number, number] | number
    pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]]
    dataFormat: 'NHWC' | 'NCHW'
    dimRoundingMode?: 'floor' | 'round' | 'ceil'
    filterShape: [number, number, number, number]
  }
}

/** `sums[c, k] += x[c] * dy[k]`: what one pixel adds to one tap of the filter. */
function addOuterProduct(
  sums: Float64Array,
  tap: number,
  x: Float32Array,
  xAt: number,
  inputs: number,
  dy: Float32Array,
  dyAt: number,
  outputs: number,
): void {
  for (let c = 0, at = tap; c < inputs; c++, at += outputs) {
    const value = x[xAt + c]!
    for (let k = 0; k < outputs; k++) sums[at + k] = sums[at + k]! + value * dy[dyAt + k]!
  }
}

/**
 * The filter gradient of a convolution, `dFilter[i, j] = sum over pixels of x shifted by (i, j), transposed, times dy`,
 * added up in float64. The stock kernel reads every element through an index function, about a hundred times slower.
 */
export function conv2dBackpropFilter(stock: KernelFunc | undefined): (args: Arguments) => TensorInfo {
  return (args) => {
    const { inputs, backend, attrs } = args
    if (attrs.dataFormat === 'NCHW' && stock) {
      return stock(args as unknown as Parameters<KernelFunc>[0]) as TensorInfo
    }
    const { strides, pad, dimRoundingMode, filterShape } = attrs
    const info = backend_util.computeConv2DInfo(
      inputs.x.shape as [number, number, number, number],
      filterShape,
      strides,
      1,
      pad,
      dimRoundingMode,
    )
    const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info
    const { filterHeight, filterWidth, strideHeight, strideWidth } = info
    const x = valuesOf(backend, inputs.x)
    const dy = valuesOf(backend, inputs.dy)
    const sums = new Float64Array(filterHeight * filterWidth * inChannels * outChannels)
    for (let i = 0; i < filterHeight; i++) {
      for (let j = 0; j < filterWidth; j++) {
        const tap = (i * filterWidth + j) * inChannels * outChannels
        for (let b = 0; b < batchSize; b++) {
          for (let r = 0; r < outHeight; r++) {
            const row = r * strideHeight + i - padInfo.top
            if (row < 0 || row >= inHeight) continue
            for (let s = 0; s < outWidth; s++) {
              const column = s * strideWidth + j - padInfo.left
              if (column < 0 || column >= inWidth) continue
              const xAt = ((b * inHeight + row) * inWidth + column) * inChannels
              const dyAt = ((b * outHeight + r) * outWidth + s) * outChannels
              addOuterProduct(sums, tap, x, xAt, inChannels, dy, dyAt, outChannels)
            }
          }
        }
      }
    }
    return backend.makeTensorInfo([...filterShape], 'float32', Float32Array.from(sums))
  }
}
