import {
  backend_util,
  getKernel,
  type KernelBackend,
  type KernelFunc,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import type { PoolAttrs } from '../kernels/avgPoolGrad.js'

interface Arguments {
  inputs: { dy: TensorInfo; input: TensorInfo }
  backend: KernelBackend
  attrs: PoolAttrs
}

/** For every window along one axis, how many of its pixels lie inside the image. */
function countInside(outSize: number, stride: number, pad: number, filter: number, inSize: number): number[] {
  return Array.from({ length: outSize }, (_, i) => {
    const start = i * stride - pad
    return Math.min(inSize, start + filter) - Math.max(0, start)
  })
}

/**
 * The gradient of average pooling by the stock kernel, which divides by the size of the whole window: dy is multiplied by
 * that size over the number of pixels inside the image beforehand.
 */
export function avgPoolGrad(backendName: string, stock: KernelFunc): (args: Arguments) => TensorInfo {
  return ({ inputs: { dy, input }, backend, attrs }) => {
    const { filterSize, strides, pad, dimRoundingMode } = attrs
    const shape = input.shape as [number, number, number, number]
    const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode)
    const { outHeight, outWidth, filterHeight, filterWidth, padInfo } = info
    const rows = countInside(outHeight, info.strideHeight, padInfo.top, filterHeight, info.inHeight)
    const columns = countInside(outWidth, info.strideWidth, padInfo.left, filterWidth, info.inWidth)
    const run = (kernel: KernelFunc, args: Record<string, TensorInfo>, options: object = {}): TensorInfo =>
      kernel({ inputs: args, attrs: options as NamedAttrMap, backend }) as TensorInfo
    if (rows.every((n) => n === filterHeight) && columns.every((n) => n === filterWidth)) {
      return run(stock, { dy, input }, attrs)
    }
    const factors = rows.flatMap((row) => columns.map((column) => (filterHeight * filterWidth) / (row * column)))
    const factorShape = [1, outHeight, outWidth, 1]
    const dataId = backend.write(Float32Array.from(factors), factorShape, 'float32')
    const factor: TensorInfo = { dataId, shape: factorShape, dtype: 'float32' }
    const scaled = run(getKernel('Multiply', backendName)!.kernelFunc, { a: dy, b: factor })
    try {
      return run(stock, { dy: scaled, input }, attrs)
    } finally {
      backend.disposeData(scaled.dataId)
      backend.disposeData(factor.dataId)
    }
  }
}
