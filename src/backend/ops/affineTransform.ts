import {
  add,
  cast,
  clipByValue,
  floor,
  gather,
  greaterEqual,
  lessEqual,
  logicalAnd,
  minimum,
  mul,
  range,
  reshape,
  scalar,
  slice,
  sub,
  tidy,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import { ArgumentError } from '../../errors.js'
import { requireImages } from './requireImages.js'

/**
 * What lies outside an image: `nearest` a a|a b c d|d d, `reflect` b a|a b c d|d c (the edge is repeated; SciPy's
 * `reflect`, `tf.mirrorPad`'s `symmetric`), `wrap` c d|a b c d|a b (SciPy's `grid-wrap`), `constant` k k|a b c d|k k.
 */
export type FillMode = 'nearest' | 'reflect' | 'wrap' | 'constant'

const fillModes: readonly FillMode[] = ['nearest', 'reflect', 'wrap', 'constant']

/** How {@link affineTransform} fills what lies outside. */
export interface AffineTransformOptions {
  /** What stands for pixels outside the image. Default `nearest`. */
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

/** One of the two input coordinates of every output pixel, `[n, height, width]`. */
function coordinates(matrices: Tensor2D, first: number, height: number, width: number): Tensor {
  const term = (i: number): Tensor => reshape(slice(matrices, [0, first + i], [-1, 1]), [-1, 1, 1])
  const rows = reshape(range(0, height), [1, height, 1])
  const columns = reshape(range(0, width), [1, 1, width])
  return add(add(mul(term(0), rows), mul(term(1), columns)), term(2))
}

/** 1 where the coordinate lies on the image; a ten-thousandth of a pixel beyond counts as rounding. */
function isInside(coordinate: Tensor, n: number): Tensor {
  return logicalAnd(greaterEqual(coordinate, -1e-4), lessEqual(coordinate, n - 1 + 1e-4))
}

/**
 * Affine transform with bilinear sampling: output pixel (r, c) is read at
 * `row = m0*r + m1*c + m2`, `column = m3*r + m4*c + m5`, pixel centres at whole numbers. Equals
 * `scipy.ndimage.affine_transform(order=1)` per channel, and is the same on every backend (tfjs's `image.transform`
 * is absent or wrong on most). Differentiable in the images.
 *
 * @param images `[batch, height, width, channels]`; borrowed.
 * @param matrices `[batch, 6]` or `[1, 6]` (one for all), each row `m0..m5`; borrowed.
 * @returns the same shape as `images`; the caller disposes it.
 * @throws ArgumentError for other shapes or an unknown fill mode.
 */
export function affineTransform(
  images: Tensor4D,
  matrices: Tensor2D,
  { fillMode = 'nearest', fillValue = 0 }: AffineTransformOptions = {},
): Tensor4D {
  requireImages('images', images)
  const [batch, height, width, channels] = images.shape
  if (!fillModes.includes(fillMode)) {
    throw new ArgumentError('options.fillMode', `be one of ${fillModes.join(', ')}`, fillMode)
  }
  if (matrices.shape.length !== 2 || matrices.shape[1] !== 6 || ![1, batch].includes(matrices.shape[0])) {
    throw new ArgumentError('matrices', `have the shape [${batch}, 6] or [1, 6]`, matrices.shape)
  }
  return tidy(() => {
    const row = coordinates(matrices, 0, height, width)
    const column = coordinates(matrices, 3, height, width)
    const top = floor(row)
    const left = floor(column)
    const down = sub(row, top)
    const right = sub(column, left)
    const pixels = reshape(images, [batch * height * width, channels])
    const firstPixel = mul(reshape(range(0, batch, 1, 'int32'), [batch, 1, 1]), scalar(height * width, 'int32'))

    const corner = (i: 0 | 1, j: 0 | 1): Tensor => {
      const r = cast(mapIndex(add(top, i), height, fillMode), 'int32')
      const c = cast(mapIndex(add(left, j), width, fillMode), 'int32')
      const index = add(add(mul(r, scalar(width, 'int32')), c), firstPixel)
      const weight = mul(i === 1 ? down : sub(1, down), j === 1 ? right : sub(1, right))
      const values = reshape(gather(pixels, reshape(index, [-1])), [batch, height, width, channels])
      return mul(values, reshape(weight, [-1, height, width, 1]))
    }
    const sampled = add(add(corner(0, 0), corner(0, 1)), add(corner(1, 0), corner(1, 1)))
    if (fillMode !== 'constant') return sampled as Tensor4D
    const inside = cast(logicalAnd(isInside(row, height), isInside(column, width)), 'float32')
    const mask = reshape(inside, [-1, height, width, 1])
    return add(mul(sampled, mask), mul(fillValue, sub(1, mask))) as Tensor4D
  })
}
