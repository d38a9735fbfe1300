import * as tf from '@tensorflow/tfjs-core'
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError, requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import { cubic, tapMatrix, tapsFor } from './resample.js'
import { resampleImage, type Size } from './resize.js'

/** The wanted size as a factor. */
export interface ScaleFactor {
  /** Output pixels per input pixel, on both axes; above 0. */
  readonly scale: number
}

/** The wanted size, as a factor or in pixels, and how to round. */
export type BicubicOptions = (ScaleFactor | Size) & {
  /**
   * `end` (default): float64 between the passes, rounded once, as BasicSR's port and as MATLAB on `double` images.
   * `each`: rounded and saturated after each pass, as MATLAB on `uint8` images.
   */
  readonly rounding?: 'end' | 'each'
}

function requireScale(argument: string, scale: number): void {
  if (!Number.isFinite(scale) || scale <= 0) throw new ArgumentError(argument, 'be a finite number > 0', scale)
}

/** ceil(length * scale), where a product such as 0.07 * 100 may lie a rounding error above the integer. */
const scaled = (length: number, scale: number): number => {
  const exact = length * scale
  const rounded = Math.round(exact)
  return Math.max(1, Math.abs(exact - rounded) < 1e-9 * Math.max(1, rounded) ? rounded : Math.ceil(exact))
}

/**
 * MATLAB's `imresize(image, scale)` with its default, bicubic, at any scale: Keys' kernel with a = -0.5, stretched by
 * 1/scale when shrinking (antialias), output sample x (0-based) reading at u = (x + .5)/scale - .5, weights normalised,
 * symmetric padding, H then W, rounded and saturated to the image's depth. With `scale` the output has
 * `ceil(length * scale)` pixels; with `width` and `height` each axis has a scale of its own. Channels (alpha too) are
 * resampled independently. This is the kernel of every super-resolution benchmark; sharp's and canvas' are not.
 *
 * @throws ArgumentError for a scale that is not positive, or a size below 1.
 */
export function resizeBicubic(image: PixelImage, options: BicubicOptions): PixelImage {
  const { rounding = 'end' } = options
  if (rounding !== 'end' && rounding !== 'each')
    throw new ArgumentError('options.rounding', "be 'end' or 'each'", rounding)
  let size: Size & { scaleX: number; scaleY: number }
  if ('scale' in options) {
    const { scale } = options
    requireScale('options.scale', scale)
    size = { width: scaled(image.width, scale), height: scaled(image.height, scale), scaleX: scale, scaleY: scale }
  } else {
    const { width, height } = options
    requireInteger('options.width', width, 1)
    requireInteger('options.height', height, 1)
    size = { width, height, scaleX: width / image.width, scaleY: height / image.height }
  }
  const settle = (value: number): number => Math.min(image.maxValue, Math.max(0, Math.round(value)))
  return resampleImage(image, cubic, size, rounding === 'each' ? settle : undefined)
}

/** rows * x * columns^T for every image and channel: `x [b, h, w, c]`, `rows [h', h]`, `columns [w', w]` -> `[b, h', w', c]`. */
function multiply(x: Tensor4D, rows: Tensor2D, columns: Tensor2D): Tensor4D {
  const [batch, height, width, channels] = x.shape
  const [outHeight, outWidth] = [rows.shape[0], columns.shape[0]]
  // One large product an axis, without transpose flags: the fast case on every backend.
  const byRow = tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [height, batch * width * channels])
  const tall = tf.reshape(tf.matMul(rows, byRow), [outHeight, batch, width, channels])
  const byColumn = tf.reshape(tf.transpose(tall, [2, 1, 0, 3]), [width, batch * outHeight * channels])
  const full = tf.reshape<tf.Rank.R4>(tf.matMul(columns, byColumn), [outWidth, batch, outHeight, channels])
  return tf.transpose(full, [1, 2, 0, 3])
}

/**
 * {@link resizeBicubic} as a tensor operation: `[batch, height, width, channels]` to
 * `[batch, ceil(height*scale), ceil(width*scale), channels]`, neither rounded nor clamped, differentiable on every
 * backend (y = R x C^T, so dx = R^T dy C). Scales below 1 shrink with antialias. Borrows `x`; the caller disposes the
 * result.
 *
 * @throws ArgumentError for a tensor that has no four axes or a scale that is not positive.
 */
export function bicubicUpsample(x: Tensor4D, scale: number): Tensor4D {
  if (x.rank !== 4)
    throw new ArgumentError('x', 'have the shape [batch, height, width, channels]', [...(x as Tensor).shape])
  requireScale('scale', scale)
  const [, height, width] = x.shape
  const outHeight = scaled(height, scale)
  const outWidth = scaled(width, scale)
  const rows = tapMatrix(tapsFor(cubic, height, outHeight, scale), height)
  const columns = tapMatrix(tapsFor(cubic, width, outWidth, scale), width)
  const resample = (input: Tensor4D, transposed: boolean): Tensor4D =>
    tf.tidy(() => {
      const r = tf.tensor2d(rows, [outHeight, height])
      const c = tf.tensor2d(columns, [outWidth, width])
      return transposed ? multiply(input, tf.transpose(r), tf.transpose(c)) : multiply(input, r, c)
    })
  const product = tf.customGrad((...inputs) => ({
    value: resample(inputs[0] as Tensor4D, false),
    gradFunc: (dy: Tensor): Tensor => resample(dy as Tensor4D, true),
  }))
  return product(x) as Tensor4D
}
