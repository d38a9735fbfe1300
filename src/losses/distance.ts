import {
  cast,
  customGrad,
  div,
  equal,
  expandDims,
  add,
  mul,
  neg,
  rsqrt,
  sqrt,
  square,
  step,
  sub,
  sum,
  tidy,
  type GradSaveFunc,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'
import { requireSameShape } from './reduction.js'

/** The squared length up to which a row counts as zeros. */
const leastSquare = 1e-24

/** A distance of two batches of embeddings `[pairs, embedding]`, row by row: `[pairs]`. Borrows both; the caller disposes the result. */
export type Distance = (a: Tensor2D, b: Tensor2D) => Tensor1D

function requireEmbeddings(a: Tensor2D, b: Tensor2D): void {
  if (a.shape.length !== 2) throw new ArgumentError('a', 'have the shape [pairs, embedding]', `[${a.shape}]`)
  requireSameShape('b', b, 'a', a)
}

const rowNorm = customGrad((a, b, save) => {
  const difference = sub(a as Tensor, b as Tensor)
  const distance = sqrt(sum(square(difference), 1))
  ;(save as GradSaveFunc)([difference, distance])
  return {
    value: distance,
    gradFunc: (dy: Tensor, saved: Tensor[]) => {
      const gradient = tidy(() => {
        const [difference, distance] = saved as [Tensor, Tensor]
        // Where the distance is 0, so is the difference: dividing by 1 there gives the subgradient 0.
        const divisor = add(distance, cast(equal(distance, 0), 'float32'))
        return mul(expandDims(div(dy, divisor), 1), difference)
      })
      return [gradient, neg(gradient)]
    },
  }
})

/**
 * Euclidean distance of each pair of rows, `||a - b||_2`, from the differences themselves (the Gram form loses the
 * digits of near pairs in float32). Of identical rows the gradient is 0, the subgradient, where tfjs's `norm` has NaN.
 *
 * @param a embeddings `[pairs, embedding]`; borrowed.
 * @param b embeddings of the same shape; borrowed.
 * @returns `[pairs]`, >= 0; the caller disposes it.
 * @throws ArgumentError where the shapes differ or are not two-dimensional.
 */
export function euclideanDistance(a: Tensor2D, b: Tensor2D): Tensor1D {
  requireEmbeddings(a, b)
  return tidy(() => rowNorm(a, b) as Tensor1D)
}

/**
 * Squared Euclidean distance of each pair of rows, `||a - b||_2^2`: the D of the paper's equation (4) as printed. Smooth
 * everywhere. In `contrastiveLoss` it makes the similar term quartic.
 *
 * @param a embeddings `[pairs, embedding]`; borrowed.
 * @param b embeddings of the same shape; borrowed.
 * @returns `[pairs]`, >= 0; the caller disposes it.
 * @throws ArgumentError where the shapes differ or are not two-dimensional.
 */
export function squaredEuclideanDistance(a: Tensor2D, b: Tensor2D): Tensor1D {
  requireEmbeddings(a, b)
  return tidy(() => sum(square(sub(a, b)), 1))
}

/** 1 where a row is zeros to {@link unitRows}, else 0: `[rows]`. */
const isZeroRow = (x: Tensor2D): Tensor1D => sub(1, step(sub(sum(square(x), 1), leastSquare)))

/** Rows scaled to length 1; a row of zeros stays, with gradient 0 (lengths below 1e-12 count as zero). The caller disposes it. */
export function unitRows(x: Tensor2D): Tensor2D {
  return tidy(() => {
    const squares = sum(square(x), 1, true)
    const isPositive = step(sub(squares, leastSquare))
    return mul(mul(x, isPositive), rsqrt(add(squares, sub(1, isPositive))))
  })
}

/**
 * Cosine distance of each pair of rows, `1 - a.b / (|a| |b|)`, taken as half the squared distance of the rows scaled to length 1, which
 * keeps the digits of near pairs in float32 and is never below 0. A row of zeros has distance 1 to all, with gradient 0.
 *
 * @param a embeddings `[pairs, embedding]`; borrowed.
 * @param b embeddings of the same shape; borrowed.
 * @returns `[pairs]`, >= 0, at most 2 but for rounding; the caller disposes it.
 * @throws ArgumentError where the shapes differ or are not two-dimensional.
 */
export function cosineDistance(a: Tensor2D, b: Tensor2D): Tensor1D {
  requireEmbeddings(a, b)
  return tidy(() => {
    const squared = sum(square(sub(unitRows(a), unitRows(b))), 1)
    // A row of zeros is no direction: what it lacks of length 1 is made up.
    const lacking = add(isZeroRow(a), isZeroRow(b))
    return mul(add(squared, lacking), 0.5)
  })
}
