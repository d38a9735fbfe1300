import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { convolution } from '../backend/index.js'

/** The slope of every LeakyReLU of ESRGAN. */
export const leakySlope = 0.2

/** A 'same' convolution with stride 1 and bias. */
export function convolve(x: Tensor, kernel: Tensor, bias: Tensor): Tensor4D {
  return convolution(x as Tensor4D, kernel as Tensor4D, bias as Tensor1D)
}

/** {@link convolve}, then LeakyReLU. */
export function convolveLeaky(x: Tensor, kernel: Tensor, bias: Tensor): Tensor4D {
  return convolution(x as Tensor4D, kernel as Tensor4D, bias as Tensor1D, { slope: leakySlope })
}
