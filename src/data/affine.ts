import type { AffineMatrix } from '../backend/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import type { Augmentation } from './augmentation.js'

/** Where images are turned about. */
export interface CentreOptions {
  /**
   * The fixed point: `keras3` (default; also keras-preprocessing after 1.1.2) is h/2 - 0.5, the image's true centre;
   * `keras1` (up to 1.1.2) is h/2 + 0.5, one pixel off.
   */
  readonly centre?: 'keras3' | 'keras1'
}

/** The product of two affine maps (row, col, 1), first `b`, then `a`. */
function compose(a: AffineMatrix, b: AffineMatrix): AffineMatrix {
  return [
    a[0] * b[0] + a[1] * b[3],
    a[0] * b[1] + a[1] * b[4],
    a[0] * b[2] + a[1] * b[5] + a[2],
    a[3] * b[0] + a[4] * b[3],
    a[3] * b[1] + a[4] * b[4],
    a[3] * b[2] + a[4] * b[5] + a[5],
  ]
}

/**
 * The augmentation's geometry as an affine map from output to input pixels: input row = m0*r + m1*c + m2, input column =
 * m3*r + m4*c + m5, pixel centres at whole numbers. M = C * R(theta) * T * Shear * Zoom * C^-1 (C moves the origin to the
 * centre), as keras-preprocessing 1.1.2 `apply_affine_transform`; flips come after it. As there, what changes nothing is
 * left out, so that no rounding error comes of it.
 *
 * @throws ArgumentError for a number that is not finite, a size below 1, or an unknown centre.
 */
export function augmentationMatrix(
  augmentation: Partial<Augmentation>,
  height: number,
  width: number,
  { centre = 'keras3' }: CentreOptions = {},
): AffineMatrix {
  requireInteger('height', height, 1)
  requireInteger('width', width, 1)
  if (centre !== 'keras3' && centre !== 'keras1') {
    throw new ArgumentError('options.centre', "be 'keras3' or 'keras1'", centre)
  }
  const { theta = 0, zoomRows = 1, zoomColumns = 1, shear = 0, flipHorizontal, flipVertical } = augmentation
  const { shiftRows = 0, shiftColumns = 0, shiftRowPixels = 0, shiftColumnPixels = 0 } = augmentation
  const numbers = { theta, zoomRows, zoomColumns, shear, shiftRows, shiftColumns, shiftRowPixels, shiftColumnPixels }
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value)) throw new ArgumentError(`augmentation.${name}`, 'be a finite number', value)
  }
  const [turn, slant] = [(theta * Math.PI) / 180, (shear * Math.PI) / 180]
  const [down, right] = [shiftRows * height + shiftRowPixels, shiftColumns * width + shiftColumnPixels]
  const half = centre === 'keras3' ? -0.5 : 0.5
  const [y, x] = [height / 2 + half, width / 2 + half]
  const steps: AffineMatrix[] = []
  if (theta !== 0) steps.push([Math.cos(turn), -Math.sin(turn), 0, Math.sin(turn), Math.cos(turn), 0])
  if (down !== 0 || right !== 0) steps.push([1, 0, down, 0, 1, right])
  if (shear !== 0) steps.push([1, -Math.sin(slant), 0, 0, Math.cos(slant), 0])
  if (zoomRows !== 1 || zoomColumns !== 1) steps.push([zoomRows, 0, 0, 0, zoomColumns, 0])
  const about: AffineMatrix[] = steps.length === 0 ? [] : [[1, 0, y, 0, 1, x], ...steps, [1, 0, -y, 0, 1, -x]]
  if (flipVertical === true) about.push([-1, 0, height - 1, 0, 1, 0])
  if (flipHorizontal === true) about.push([1, 0, 0, 0, -1, width - 1])
  return about.length === 0 ? [1, 0, 0, 0, 1, 0] : about.reduce(compose)
}

/** Whether the map moves nothing. */
export const isIdentity = (matrix: AffineMatrix): boolean =>
  matrix.every((value, i) => value === (i === 0 || i === 4 ? 1 : 0))
