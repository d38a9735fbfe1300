import { backend_util } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'

/** The attributes of tfjs's two conv2d gradient kernels. */
export interface ConvGradientAttrs {
  strides: [number, number] | number
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]]
  dataFormat: 'NHWC' | 'NCHW'
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
  /** Only convolutions have them: tfjs's gradients need 1. */
  dilations?: [number, number] | number | null
}

/** Sizes and pads of a convolution; throws for NCHW, which wasm cannot compute. */
export function convInfo(
  inputShape: number[],
  filterShape: number[],
  { strides, pad, dataFormat, dimRoundingMode, dilations }: ConvGradientAttrs,
): backend_util.Conv2DInfo {
  if (dataFormat === 'NCHW') throw new BackendError('wasm', 'convolutions need the NHWC data format')
  return backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
  )
}
