import {
  customGrad,
  equal,
  logicalAnd,
  logicalNot,
  maxPool,
  mul,
  reshape,
  slice,
  stack,
  tidy,
  unstack,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import { ArgumentError } from '../../errors.js'
import { runOwnKernel } from './ownKernel.js'
import { requireImages } from './requireImages.js'

/** dy moved to the first maximum of its window, in row order. */
function scatterToMaxima(dy: Tensor, x: Tensor, y: Tensor): Tensor {
  const portable = (): Tensor[] => [composed(dy, x, y)]
  return (x.dtype === 'float32' ? runOwnKernel('maxPool2x2Grad', { dy, x, y }, {}, portable) : portable())[0]!
}

/** The same from other operations. */
function composed(dy: Tensor, x: Tensor, y: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const rows = unstack(reshape(x, [batch, height / 2, 2, width / 2, 2, channels]), 2)
  const corners = rows.flatMap((row) => unstack(row, 3))
  let free: Tensor | undefined
  const parts = corners.map((corner) => {
    const isMaximum = equal(corner, y)
    const chosen = free ? logicalAnd(isMaximum, free) : isMaximum
    const others = logicalNot(isMaximum)
    free = free ? logicalAnd(free, others) : others
    return mul(dy, chosen)
  })
  const top = stack(parts.slice(0, 2), 3)
  const bottom = stack(parts.slice(2), 3)
  return reshape(stack([top, bottom], 2), x.shape)
}

/**
 * Maximum over 2x2 windows with stride 2; an odd last row or column is left out, as PyTorch's `MaxPool2d(2)` does.
 * Its gradient goes to the first maximum of each window, in row order, and is right on every backend: tfjs's own is
 * wrong on stock `wasm`.
 *
 * @param x `[batch, height, width, channels]`, height and width at least 2; borrowed.
 * @returns `[batch, floor(height/2), floor(width/2), channels]`; the caller disposes it.
 * @throws ArgumentError where `x` is not of rank 4 or is smaller than 2x2.
 */
export function maxPool2x2(x: Tensor4D): Tensor4D {
  requireImages('x', x)
  const [batch, height, width, channels] = x.shape
  if (height < 2 || width < 2) throw new ArgumentError('x', 'be at least 2x2 pixels', x.shape)
  const op = customGrad((...inputs) => {
    const input = inputs[0] as Tensor4D
    const save = inputs[1] as unknown as (tensors: Tensor[]) => void
    const value = maxPool(input, 2, 2, 'valid')
    save([input, value])
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => tidy(() => scatterToMaxima(dy, saved[0]!, saved[1]!)),
    }
  })
  return tidy(() => {
    const isEven = height % 2 === 0 && width % 2 === 0
    const even = isEven ? x : slice(x, [0, 0, 0, 0], [batch, height - (height % 2), width - (width % 2), channels])
    return op(even) as Tensor4D
  })
}
