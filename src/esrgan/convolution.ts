import { add, conv2d, fused, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'

/** The slope of every LeakyReLU of ESRGAN. */
export const leakySlope = 0.2

/** A 'same' convolution with stride 1 and bias. */
export function convolve(x: Tensor, kernel: Tensor, bias: Tensor): Tensor4D {
  return add(conv2d(x as Tensor4D, kernel as Tensor4D, 1, 'same'), bias)
}

/** {@link convolve}, then LeakyReLU: one kernel in inference; tfjs takes it apart by itself where gradients are wanted. */
export function convolveLeaky(x: Tensor, kernel: Tensor, bias: Tensor): Tensor4D {
  return fused.conv2d({
    x: x as Tensor4D,
    filter: kernel as Tensor4D,
    strides: 1,
    pad: 'same',
    bias: bias as Tensor1D,
    activation: 'leakyrelu',
    leakyreluAlpha: leakySlope,
  })
}
