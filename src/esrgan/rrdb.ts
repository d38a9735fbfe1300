import { tidy, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import { addScaled, residualDenseBlock } from '../backend/index.js'
import { leakySlope } from './convolution.js'

/** Convolutions of a residual dense block. */
export const denseConvolutions = 5

/** Dense blocks of an RRDB. */
export const denseBlocks = 3

/** A residual dense block whose `parameters` are kernel and bias of the five convolutions, in order. */
export function denseBlock(x: Tensor4D, parameters: readonly Tensor[], scale: number): Tensor4D {
  const filters = parameters.filter((_, i) => i % 2 === 0) as Tensor4D[]
  const biases = parameters.filter((_, i) => i % 2 === 1) as Tensor1D[]
  return residualDenseBlock(x, filters, biases, { slope: leakySlope, scale })
}

/** A residual-in-residual dense block: three dense blocks, `y = scale * blocks(x) + x`. `parameters` are the 30 tensors of its dense blocks, in order. */
export function rrdb(x: Tensor4D, parameters: readonly Tensor[], scale: number): Tensor4D {
  return tidy(() => {
    const size = 2 * denseConvolutions
    let y = x
    for (let k = 0; k < denseBlocks; k++) {
      y = denseBlock(y, parameters.slice(k * size, (k + 1) * size), scale)
    }
    return addScaled(x, y, scale)
  })
}
