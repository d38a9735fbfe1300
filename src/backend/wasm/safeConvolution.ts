import { backend_util, type KernelFunc, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'
import { heapFloats, runKernel, Temporaries, type WasmBackend } from './backend.js'
import type { ConvGradientAttrs } from './convInfo.js'
import { fitAxis } from './fitAxis.js'

type Shape4D = [number, number, number, number]

/**
 * A convolution kernel of tfjs that keeps to its output. XNNPACK, which computes it, finds sizes by itself: it writes beyond
 * the output where tfjs-core makes it smaller (a numeric pad with a kernel that is not square, an image smaller than
 * the kernel), and computes zeros with `same` where the stride leaves out the last elements. There it is given pads
 * and a part of the input that come to the same.
 */
export function safeConvolution(isDepthwise: boolean): (stock: KernelFunc | undefined) => KernelFunc | undefined {
  return (stock) =>
    stock &&
    ((args) => {
      const backend = args.backend as WasmBackend
      const { strides, pad, dataFormat, dilations, dimRoundingMode } = args.attrs as unknown as ConvGradientAttrs
      const { x, filter } = args.inputs as { x: TensorInfo; filter: TensorInfo }
      if (dataFormat === 'NCHW') return stock(args)
      const info = backend_util.computeConv2DInfo(
        x.shape as Shape4D,
        filter.shape as Shape4D,
        strides,
        dilations ?? 1,
        pad,
        dimRoundingMode,
        isDepthwise,
      )
      const { outHeight, outWidth, padInfo } = info
      if (Math.min(outHeight, outWidth) < 0) {
        throw new BackendError('wasm', `the convolution's kernel is larger than its input, ${x.shape.join(' x ')}`)
      }
      if (info.outShape.includes(0)) return backend.makeOutput(info.outShape, 'float32')
      const isSame = padInfo.type === 'SAME'
      const [height, width] = [info.effectiveFilterHeight, info.effectiveFilterWidth]
      const rows = fitAxis(info.inHeight, outHeight, height, info.strideHeight, [padInfo.top, padInfo.bottom], isSame)
      const columns = fitAxis(info.inWidth, outWidth, width, info.strideWidth, [padInfo.left, padInfo.right], isSame)
      if (!rows.isDifferent && !columns.isDifferent) return stock(args)

      const attrs = { ...args.attrs, pad: [[0, 0], rows.pads, columns.pads, [0, 0]] } as unknown as NamedAttrMap
      if (rows.used === info.inHeight && columns.used === info.inWidth) return stock({ ...args, attrs })
      const temporaries = new Temporaries(backend)
      try {
        if (Math.min(rows.used, columns.used) < 1) {
          // All outputs lie in the padding of an axis: they see zeros only.
          const size = [info.batchSize, rows.needed, columns.needed, info.inChannels]
          const zeros = temporaries.own(backend.makeOutput(size, 'float32'))
          heapFloats(backend, zeros).fill(0)
          return stock({ ...args, inputs: { ...args.inputs, x: zeros }, attrs: { ...args.attrs, pad: 'valid' } })
        }
        const size = [info.batchSize, rows.used, columns.used, info.inChannels]
        const part = temporaries.own(runKernel(backend, 'Slice', { x }, { begin: [0, 0, 0, 0], size }))
        return stock({ ...args, inputs: { ...args.inputs, x: part }, attrs })
      } finally {
        temporaries.free()
      }
    })
}
