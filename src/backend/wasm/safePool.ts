import { backend_util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import type { PoolAttrs } from '../kernels/avgPoolGrad.js'
import { heapFloats, type WasmBackend } from './backend.js'
import { fitAxis } from './fitAxis.js'

/** The maximum or the mean of every window's part inside the image. */
function pool(x: Float32Array, out: Float32Array, info: backend_util.Conv2DInfo, isMax: boolean): void {
  const { batchSize, inHeight, inWidth, inChannels: channels, outHeight, outWidth, padInfo } = info
  let at = 0
  for (let b = 0; b < batchSize; b++) {
    for (let i = 0; i < outHeight; i++) {
      const top = i * info.strideHeight - padInfo.top
      for (let j = 0; j < outWidth; j++) {
        const left = j * info.strideWidth - padInfo.left
        for (let c = 0; c < channels; c++, at++) {
          let [count, sum, most] = [0, 0, -Infinity]
          for (let row = Math.max(0, top); row < Math.min(inHeight, top + info.filterHeight); row++) {
            for (let column = Math.max(0, left); column < Math.min(inWidth, left + info.filterWidth); column++) {
              const value = x[((b * inHeight + row) * inWidth + column) * channels + c]!
              count++
              sum += value
              if (value > most) most = value
            }
          }
          out[at] = isMax ? most : sum / count
        }
      }
    }
  }
}

/**
 * A pooling kernel of tfjs that keeps to its output: with a numeric pad and a window that is not square tfjs-core makes
 * it smaller or larger than XNNPACK, which then writes beyond it. Those are computed here.
 */
export function safePool(isMax: boolean): (stock: KernelFunc | undefined) => KernelFunc | undefined {
  return (stock) =>
    stock &&
    ((args) => {
      const backend = args.backend as WasmBackend
      const { filterSize, strides, pad, dimRoundingMode } = args.attrs as unknown as PoolAttrs
      const x = args.inputs['x'] as TensorInfo
      const shape = x.shape as [number, number, number, number]
      const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode)
      const { outHeight, outWidth, padInfo } = info
      const isKept =
        x.dtype !== 'float32' ||
        (outHeight > 0 &&
          outWidth > 0 &&
          !fitAxis(info.inHeight, outHeight, info.filterHeight, info.strideHeight, [padInfo.top, padInfo.bottom], false)
            .isDifferent &&
          !fitAxis(info.inWidth, outWidth, info.filterWidth, info.strideWidth, [padInfo.left, padInfo.right], false)
            .isDifferent)
      if (isKept) return stock(args)
      const out = backend.makeOutput(info.outShape, 'float32')
      pool(heapFloats(backend, x), heapFloats(backend, out), info, isMax)
      return out
    })
}
