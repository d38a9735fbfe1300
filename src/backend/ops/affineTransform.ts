import {
  add,
  addN,
  cast,
  clipByValue,
  floor,
  gather,
  getBackend,
  greaterEqual,
  lessEqual,
  logicalAnd,
  minimum,
  mul,
  range,
  reshape,
  scalar,
  sub,
  tensor3d,
  tensor4d,
  tidy,
  unsortedSegmentSum,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import { ArgumentError } from '../../errors.js'
import { edgeTolerance, sampleAffine, type AffineMatrix, type FillMode } from '../kernels/sampleAffine.js'
import { lazyGradient } from './lazyGradient.js'
import { requireImages } from './requireImages.js'

type Shape = [number, number, number, number]

/** Every fill mode. */
export const fillModes: readonly FillMode[] = ['nearest', 'reflect', 'wrap', 'constant']

/** How {@link affineTransform} fills what lies outside. */
export interface AffineTransformOptions {
  /**
   * What stands for pixels outside the image: `nearest` (default) a a|a b c d|d d, `reflect` b a|a b c d|d c (the edge
   * is repeated; SciPy's `reflect`, `tf.mirrorPad`'s `symmetric`), `wrap` c d|a b c d|a b (SciPy's `grid-wrap`),
   * `constant` k k|a b c d|k k, without interpolation beyond the outermost pixel centres (SciPy's `constant`, not its
   * `grid-constant`).
   */
  readonly fillMode?: FillMode
  /** The value of `constant`. Default 0. */
  readonly fillValue?: number
}

/** `index - n*floor(index/n)`, safe where a device's division is not exactly rounded (index is whole). */
function wrapIndex(index: Tensor, n: number): Tensor {
  return sub(index, mul(n, floor(mul(add(index, 0.5), 1 / n))))
}

/** Maps whole indices outside `0..n-1` into it. */
function mapIndex(index: Tensor, n: number, mode: FillMode): Tensor {
  if (mode === 'wrap') return wrapIndex(index, n)
  if (mode === 'reflect') {
    const folded = wrapIndex(index, 2 * n)
    return minimum(folded, sub(2 * n - 1, folded))
  }
  return clipByValue(index, 0, n - 1)
}

/**
 * One of the two input coordinates of every output pixel, `[n, height, width]`: its whole part and the rest in [0, 1).
 * A coordinate is a term of the row plus one of the column; both are split on the host in float64, for a float32 of 700
 * would leave the rest four digits.
 */
function coordinates(
  matrices: readonly AffineMatrix[],
  first: 0 | 3,
  height: number,
  width: number,
): { whole: Tensor; rest: Tensor } {
  const n = matrices.length
  const byRow = matrices.flatMap((m) => Array.from({ length: height }, (_, r) => m[first] * r + m[first + 2]!))
  const byColumn = matrices.flatMap((m) => Array.from({ length: width }, (_, c) => m[first + 1]! * c))
  const part = (of: (value: number) => number): Tensor =>
    add(tensor3d(byRow.map(of), [n, height, 1]), tensor3d(byColumn.map(of), [n, 1, width]))
  const sum = part((value) => value - Math.floor(value))
  const carry = floor(sum)
  return { whole: add(part(Math.floor), carry), rest: sub(sum, carry) }
}

/** 1 where the coordinate lies on the image, else 0. */
function isInside({ whole, rest }: { whole: Tensor; rest: Tensor }, n: number): Tensor {
  const coordinate = add(whole, rest)
  return logicalAnd(greaterEqual(coordinate, -edgeTolerance), lessEqual(coordinate, n - 1 + edgeTolerance))
}

/** Where the four pixels around each coordinate stand, row by row of all images, and what each of them weighs. */
function corners(
  [batch, height, width]: Shape,
  matrices: readonly AffineMatrix[],
  { fillMode }: Required<AffineTransformOptions>,
): { around: { index: Tensor; weight: Tensor }[]; mask: Tensor | undefined } {
  const row = coordinates(matrices, 0, height, width)
  const column = coordinates(matrices, 3, height, width)
  const firstPixel = mul(reshape(range(0, batch, 1, 'int32'), [batch, 1, 1]), scalar(height * width, 'int32'))
  const places = (whole: Tensor, n: number): Tensor[] => [
    cast(mapIndex(whole, n, fillMode), 'int32'),
    cast(mapIndex(add(whole, 1), n, fillMode), 'int32'),
  ]
  const rows = places(row.whole, height).map((r) => add(mul(r, scalar(width, 'int32')), firstPixel))
  const columns = places(column.whole, width)
  const around = [0, 1, 2, 3].map((corner) => {
    const [i, j] = [corner >> 1, corner & 1]
    const weight = mul(i === 1 ? row.rest : sub(1, row.rest), j === 1 ? column.rest : sub(1, column.rest))
    return { index: reshape(add(rows[i]!, columns[j]!), [-1]), weight: reshape(weight, [-1, height, width, 1]) }
  })
  if (fillMode !== 'constant') return { around, mask: undefined }
  const inside = cast(logicalAnd(isInside(row, height), isInside(column, width)), 'float32')
  return { around, mask: reshape(inside, [-1, height, width, 1]) }
}

/** The transform from tfjs's operations alone, for backends whose tensors lie on a device; differentiable. */
export function affineFromOperations(
  images: Tensor4D,
  matrices: readonly AffineMatrix[],
  how: Required<AffineTransformOptions>,
): Tensor4D {
  const [batch, height, width, channels] = images.shape
  return tidy(() => {
    const pixels = reshape(images, [batch * height * width, channels])
    const { around, mask } = corners(images.shape, matrices, how)
    const parts = around.map(({ index, weight }) => mul(reshape(gather(pixels, index), images.shape), weight))
    const sampled = addN(parts)
    return (mask === undefined ? sampled : add(mul(sampled, mask), mul(how.fillValue, sub(1, mask)))) as Tensor4D
  })
}

/** The gradient in the images: every pixel of dy, by its weights, to the four that it was read from. */
function affineGradient(dy: Tensor, matrices: readonly AffineMatrix[], how: Required<AffineTransformOptions>): Tensor {
  const shape = dy.shape as Shape
  const [batch, height, width, channels] = shape
  return tidy(() => {
    const { around, mask } = corners(shape, matrices, how)
    const inner = mask === undefined ? dy : mul(dy, mask)
    const parts = around.map(({ index, weight }) =>
      unsortedSegmentSum(reshape(mul(inner, weight), [-1, channels]), index as Tensor1D, batch * height * width),
    )
    return reshape(addN(parts), shape)
  })
}

/** Backends whose tensors lie in this process's memory: there one pass in JavaScript is thirty times faster. */
const hostBackends: readonly string[] = ['cpu', 'wasm', 'tensorflow']

/**
 * Affine transform with bilinear sampling: output pixel (r, c) is read at
 * `row = m0*r + m1*c + m2`, `column = m3*r + m4*c + m5`, pixel centres at whole numbers. Equals
 * `scipy.ndimage.affine_transform(order=1)` per channel, and is the same on every backend (tfjs's `image.transform`
 * is absent or wrong on most). Differentiable in the images, once.
 *
 * @param images `[batch, height, width, channels]`; borrowed.
 * @param matrices m0..m5 for each image, or one for all.
 * @returns the same shape as `images`; the caller disposes it.
 * @throws ArgumentError for other shapes, numbers that are not finite, or an unknown fill mode.
 */
export function affineTransform(
  images: Tensor4D,
  matrices: readonly AffineMatrix[],
  { fillMode = 'nearest', fillValue = 0 }: AffineTransformOptions = {},
): Tensor4D {
  requireImages('images', images)
  const { shape } = images
  if (!fillModes.includes(fillMode)) {
    throw new ArgumentError('options.fillMode', `be one of ${fillModes.join(', ')}`, fillMode)
  }
  if (!Number.isFinite(fillValue)) throw new ArgumentError('options.fillValue', 'be a finite number', fillValue)
  if (![1, shape[0]].includes(matrices.length)) {
    throw new ArgumentError('matrices', `hold one matrix or ${shape[0]}`, matrices.length)
  }
  for (const matrix of matrices) {
    if (matrix.length !== 6 || !matrix.every(Number.isFinite)) {
      throw new ArgumentError('matrices', 'hold six finite numbers each', matrix)
    }
  }
  const how = { fillMode, fillValue }
  if (!hostBackends.includes(getBackend())) return affineFromOperations(images, matrices, how)
  return lazyGradient(
    { images },
    () => {
      const out = new Float32Array(images.size)
      sampleAffine(images.dataSync(), shape, matrices, how, out)
      return tensor4d(out, shape)
    },
    (dy) => ({ images: () => affineGradient(dy, matrices, how) }),
  ) as Tensor4D
}
