import type { backend_util, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { placeOf, type WasmBackend } from './backend.js'
import { convInfo, type ConvGradientAttrs } from './convInfo.js'
import { threadedKernels } from './native/threaded.js'
import { winogradConvolution, winogradFilterGradient, type Winograd } from './native/winograd.js'
import { wasmPrecision } from './precision.js'

type Attributes = ConvGradientAttrs & {
  activation?: string
  leakyreluAlpha?: number
}

/** The fields of a job for this convolution; undefined where Winograd's algorithm does not fit. */
function winogradFields(info: backend_util.Conv2DInfo): Winograd | undefined {
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, batchSize } = info
  const isPlain = strideHeight === 1 && strideWidth === 1 && dilationHeight === 1 && dilationWidth === 1
  if (!isPlain || filterHeight !== 3 || filterWidth !== 3) return undefined
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info
  const { top, left } = padInfo
  if (Math.min(batchSize, outHeight, outWidth, inChannels, outChannels) <= 0) return undefined
  const m = wasmPrecision() === 'exact' ? 2 : 4
  return { batch: batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, top, left, m }
}

/** What of an activation the kernels compute: the slope for negative sums. */
function slopeOf({ activation, leakyreluAlpha }: Attributes): number | undefined {
  if (activation === undefined || activation === 'linear') return 1
  if (activation === 'relu') return 0
  return activation === 'leakyrelu' ? (leakyreluAlpha ?? 0.2) : undefined
}

/** `Conv2D` and `FusedConv2D` by this package's own kernels where they fit, else by the one given. */
export function fastConvolution(other: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as {
      inputs: { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo; preluActivationWeights?: TensorInfo }
      backend: WasmBackend
      attrs: Attributes
    }
    const { x, filter, bias, preluActivationWeights } = inputs
    const slope = slopeOf(attrs)
    if (attrs.dataFormat === 'NCHW' || slope === undefined || preluActivationWeights) return other(call)
    const info = convInfo(x.shape, filter.shape, attrs)
    const fields = winogradFields(info)
    const kernels = fields && threadedKernels(backend)
    if (!kernels) return other(call)
    const out = backend.makeOutput([...info.outShape], 'float32')
    const place = (tensor: TensorInfo): number => placeOf(backend, tensor)
    try {
      winogradConvolution(backend, kernels, {
        ...fields,
        x: place(x),
        xStride: fields.inChannels,
        y: place(out),
        yStride: fields.outChannels,
        filter: place(filter),
        bias: bias ? place(bias) : 0,
        slope,
      })
      return out
    } catch (error) {
      backend.disposeData(out.dataId)
      throw error
    }
  }
}

/** The input gradient by this package's own kernels; undefined where they do not fit. */
export function fastInputGradient(
  backend: WasmBackend,
  dy: TensorInfo,
  filter: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo | undefined {
  const fields = winogradFields(info)
  const kernels = fields && threadedKernels(backend)
  if (!kernels) return undefined
  const out = backend.makeOutput([...info.inShape], 'float32')
  const place = (tensor: TensorInfo): number => placeOf(backend, tensor)
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info
  try {
    // The convolution of dy with the filter turned round: what was an output is an input.
    winogradConvolution(backend, kernels, {
      batch: info.batchSize,
      m: fields.m,
      x: place(dy),
      xStride: outChannels,
      inHeight: outHeight,
      inWidth: outWidth,
      inChannels: outChannels,
      y: place(out),
      yStride: inChannels,
      outHeight: inHeight,
      outWidth: inWidth,
      outChannels: inChannels,
      filter: place(filter),
      isTurned: 1,
      top: 2 - info.padInfo.top,
      left: 2 - info.padInfo.left,
    })
    return out
  } catch (error) {
    backend.disposeData(out.dataId)
    throw error
  }
}

/** The filter gradient by this package's own kernels; undefined where they do not fit. */
export function fastFilterGradient(
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo | undefined {
  const fields = winogradFields(info)
  const kernels = fields && threadedKernels(backend)
  if (!kernels) return undefined
  const out = backend.makeOutput([3, 3, info.inChannels, info.outChannels], 'float32')
  const place = (tensor: TensorInfo): number => placeOf(backend, tensor)
  try {
    winogradFilterGradient(backend, kernels, {
      ...fields,
      x: place(x),
      xStride: info.inChannels,
      y: place(dy),
      yStride: info.outChannels,
      filter: place(out),
    })
    return out
  } catch (error) {
    backend.disposeData(out.dataId)
    throw error
  }
}
