import { add, concat, mul, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { convolve, convolveLeaky } from './convolution.js'

/** Convolutions of a residual dense block. */
export const denseConvolutions = 5

/** Dense blocks of an RRDB. */
export const denseBlocks = 3

/**
 * A residual dense block: four convolutions with LeakyReLU, each seeing the input and all outputs before it, and a
 * fifth without activation; `y = scale * conv5 + x`. `parameters` are kernel and bias of the five, in order.
 */
export function residualDenseBlock(x: Tensor4D, parameters: readonly Tensor[], scale: number): Tensor4D {
  return tidy(() => {
    const seen: Tensor4D[] = [x]
    for (let i = 0; i < denseConvolutions - 1; i++) {
      seen.push(convolveLeaky(concat(seen, 3), parameters[2 * i]!, parameters[2 * i + 1]!))
    }
    const last = convolve(concat(seen, 3), parameters[8]!, parameters[9]!)
    return add(mul(last, scale), x) as Tensor4D
  })
}

/** A residual-in-residual dense block: three dense blocks, `y = scale * blocks(x) + x`. `parameters` are the 30 tensors of its dense blocks, in order. */
export function rrdb(x: Tensor4D, parameters: readonly Tensor[], scale: number): Tensor4D {
  return tidy(() => {
    const size = 2 * denseConvolutions
    let y = x
    for (let k = 0; k < denseBlocks; k++) {
      y = residualDenseBlock(y, parameters.slice(k * size, (k + 1) * size), scale)
    }
    return add(mul(y, scale), x) as Tensor4D
  })
}
