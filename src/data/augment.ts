import { tensor2d, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { affineTransform, type FillMode } from '../backend/index.js'
import { ArgumentError, requireInteger, requireRange } from '../errors.js'
import type { Random } from '../random.js'

/** One drawn geometric change of an image, with Keras' meaning of every number. */
export interface Augmentation {
  /** Rotation in degrees. */
  readonly theta: number
  /** Keras' `zx`: zoom of the rows; above 1 zooms out. */
  readonly zoomRows: number
  /** Keras' `zy`: zoom of the columns; above 1 zooms out. */
  readonly zoomColumns: number
  /** Keras' `tx`: shift along the rows, as a share of the height. */
  readonly shiftRows: number
  /** Keras' `ty`: shift along the columns, as a share of the width. */
  readonly shiftColumns: number
  /** Shear in degrees. */
  readonly shear: number
  /** Mirrored left to right, after all else. */
  readonly flipHorizontal: boolean
  /** Mirrored top to bottom, after all else. */
  readonly flipVertical: boolean
}

/** The ranges to draw from, as Keras' `ImageDataGenerator` has them. The defaults are the paper's. */
export interface AugmentationRanges {
  /** theta ~ U(-rotation, rotation), in degrees; Keras' `rotation_range`. Default 10. */
  readonly rotation?: number
  /** Both zooms independently ~ U(1 - zoom, 1 + zoom); Keras' `zoom_range`. Default 0.1. */
  readonly zoom?: number
  /** shiftRows ~ U(-h, h), a share of the height; Keras' `height_shift_range` below 1. Default 0. */
  readonly heightShift?: number
  /** shiftColumns ~ U(-w, w), a share of the width; Keras' `width_shift_range` below 1. Default 0. */
  readonly widthShift?: number
  /** shear ~ U(-shear, shear), in degrees; Keras' `shear_range`. Default 0. */
  readonly shear?: number
  /** Mirror half of the images left to right. Default false. */
  readonly horizontalFlip?: boolean
  /** Mirror half of the images top to bottom. Default false. */
  readonly verticalFlip?: boolean
}

/** How {@link augment} samples. */
export interface AugmentOptions {
  /** What lies outside the image. `reflect` (default, the paper's) is d c b a | a b c d | d c b a. */
  readonly fillMode?: FillMode
  /** The value of `constant`, in the images' units. Default 0. */
  readonly fillValue?: number
  /**
   * The fixed point: `keras3` (default; also keras-preprocessing after 1.1.2) is h/2 - 0.5, the image's true centre;
   * `keras1` (up to 1.1.2) is h/2 + 0.5, one pixel off.
   */
  readonly centre?: 'keras3' | 'keras1'
}

/**
 * Draws one augmentation: theta ~ U(-10, 10) degrees and two independent zooms ~ U(0.9, 1.1) by default, as Keras'
 * `ImageDataGenerator(rotation_range=10, zoom_range=0.1)`. The stream advances by the same amount whatever the ranges.
 *
 * @throws ArgumentError for a negative range, or a zoom not below 1.
 */
export function drawAugmentation(
  random: Random,
  {
    rotation = 10,
    zoom = 0.1,
    heightShift = 0,
    widthShift = 0,
    shear = 0,
    horizontalFlip = false,
    verticalFlip = false,
  }: AugmentationRanges = {},
): Augmentation {
  requireRange('options.rotation', rotation, 0, Infinity)
  requireRange('options.zoom', zoom, 0, 0.99)
  requireRange('options.heightShift', heightShift, 0, 1)
  requireRange('options.widthShift', widthShift, 0, 1)
  requireRange('options.shear', shear, 0, 89)
  return {
    theta: random.uniform(-rotation, rotation),
    zoomRows: random.uniform(1 - zoom, 1 + zoom),
    zoomColumns: random.uniform(1 - zoom, 1 + zoom),
    shiftRows: random.uniform(-heightShift, heightShift),
    shiftColumns: random.uniform(-widthShift, widthShift),
    shear: random.uniform(-shear, shear),
    flipHorizontal: random.uniform() < 0.5 && horizontalFlip,
    flipVertical: random.uniform() < 0.5 && verticalFlip,
  }
}

/**
 * The paper's words taken literally, "sequential rotation by 10 degrees": copy k of an image is turned by
 * k * rotation degrees (10, 20, 30, ...); everything else is drawn as by {@link drawAugmentation}.
 *
 * @throws ArgumentError as {@link drawAugmentation}, or for a copy below 1.
 */
export function sequentialAugmentation(random: Random, copy: number, ranges: AugmentationRanges = {}): Augmentation {
  requireInteger('copy', copy, 1)
  const { rotation = 10 } = ranges
  return { ...drawAugmentation(random, ranges), theta: (copy * rotation) % 360 }
}

/** m0..m5 of an affine map: row = m0*r + m1*c + m2, column = m3*r + m4*c + m5. */
export type AffineMatrix = readonly [number, number, number, number, number, number]

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
 * The augmentation as an affine map from output to input pixels: input row = m0*r + m1*c + m2, input column =
 * m3*r + m4*c + m5, pixel centres at whole numbers. M = C * R(theta) * T * Shear * Zoom * C^-1 (C moves the origin to the
 * centre), as keras-preprocessing 1.1.2 `apply_affine_transform`; flips come after it.
 */
export function augmentationMatrix(
  augmentation: Augmentation,
  height: number,
  width: number,
  { centre = 'keras3' }: Pick<AugmentOptions, 'centre'> = {},
): AffineMatrix {
  requireInteger('height', height, 1)
  requireInteger('width', width, 1)
  if (centre !== 'keras3' && centre !== 'keras1') {
    throw new ArgumentError('options.centre', "be 'keras3' or 'keras1'", centre)
  }
  const { theta, zoomRows, zoomColumns, shiftRows, shiftColumns, shear, flipHorizontal, flipVertical } = augmentation
  const [turn, slant] = [(theta * Math.PI) / 180, (shear * Math.PI) / 180]
  const half = centre === 'keras3' ? -0.5 : 0.5
  const [y, x] = [height / 2 + half, width / 2 + half]
  const steps: AffineMatrix[] = [
    [1, 0, y, 0, 1, x],
    [Math.cos(turn), -Math.sin(turn), 0, Math.sin(turn), Math.cos(turn), 0],
    [1, 0, shiftRows * height, 0, 1, shiftColumns * width],
    [1, -Math.sin(slant), 0, 0, Math.cos(slant), 0],
    [zoomRows, 0, 0, 0, zoomColumns, 0],
    [1, 0, -y, 0, 1, -x],
    [
      flipVertical ? -1 : 1,
      0,
      flipVertical ? height - 1 : 0,
      0,
      flipHorizontal ? -1 : 1,
      flipHorizontal ? width - 1 : 0,
    ],
  ]
  return steps.reduce(compose)
}

/**
 * Applies one augmentation to each image: bilinear, `reflect` by default; the same on every backend. Borrows
 * `images`, `[batch, height, width, channels]`; the caller disposes the result, of the same shape.
 *
 * @throws ArgumentError unless there is one augmentation for each image.
 */
export function augment(
  images: Tensor4D,
  augmentations: readonly Augmentation[],
  { fillMode = 'reflect', fillValue = 0, centre = 'keras3' }: AugmentOptions = {},
): Tensor4D {
  const [batch, height, width] = images.shape
  if (augmentations.length !== batch || batch === 0) {
    throw new ArgumentError('augmentations', `hold one entry for each of the ${batch} images`, augmentations.length)
  }
  const matrices = augmentations.flatMap((a) => augmentationMatrix(a, height, width, { centre }))
  return tidy(() => affineTransform(images, tensor2d(matrices, [batch, 6]), { fillMode, fillValue }))
}
