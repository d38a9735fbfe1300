import { clone, mul, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { affineTransform, fillModes, type FillMode } from '../backend/index.js'
import { ArgumentError, requireRange } from '../errors.js'
import { augmentationMatrix, isIdentity, type CentreOptions } from './affine.js'
import type { Augmentation } from './augmentation.js'
import { enhanceBrightness, multiplyLight, shiftChannels } from './light.js'

/** How {@link augment} samples. */
export interface AugmentOptions extends CentreOptions {
  /**
   * What lies outside the image: `reflect` (default, the paper's) d c b a | a b c d | d c b a, `nearest` (Keras' own
   * default) a a a a | a b c d | d d d d, `wrap` a b c d | a b c d | a b c d, `constant` the fill value.
   */
  readonly fillMode?: FillMode
  /** The value of `constant`, Keras' `cval`, in the images' units. Default 0. */
  readonly fillValue?: number
  /** The images' white: 1 (default) for [0, 1], 255 for Keras' own units. */
  readonly white?: number
  /** Everything is multiplied by it at the end, as Keras' `rescale`. Default 1. */
  readonly rescale?: number
}

/** The numbers of one kind, and whether any of them changes something. */
function collect<T>(
  augmentations: readonly Partial<Augmentation>[],
  of: (augmentation: Partial<Augmentation>) => T,
  nothing: T,
): { values: T[]; changes: boolean } {
  const values = augmentations.map(of)
  return { values, changes: values.some((value) => value !== nothing) }
}

/**
 * Applies one augmentation to each image, as Keras' `ImageDataGenerator.apply_transform` (keras-preprocessing 1.1.2), in
 * its order: affine map (bilinear, `reflect` by default), channel shift, flips, brightness; then the plain gain, and
 * `rescale` last. What an augmentation leaves out changes nothing. The same on every backend. Borrows `images`,
 * `[batch, height, width, channels]` in [0, white]; the caller disposes the result, of the same shape.
 *
 * @throws ArgumentError unless there is one augmentation for each image and its numbers are finite.
 */
export function augment(
  images: Tensor4D,
  augmentations: readonly Partial<Augmentation>[],
  { fillMode = 'reflect', fillValue = 0, centre = 'keras3', white = 1, rescale = 1 }: AugmentOptions = {},
): Tensor4D {
  const [batch, height, width] = images.shape
  if (augmentations.length !== batch || batch === 0) {
    throw new ArgumentError('augmentations', `hold one entry for each of the ${batch} images`, augmentations.length)
  }
  if (!fillModes.includes(fillMode)) {
    throw new ArgumentError('options.fillMode', `be one of ${fillModes.join(', ')}`, fillMode)
  }
  requireRange('options.white', white, Number.MIN_VALUE, Infinity)
  if (!Number.isFinite(rescale)) throw new ArgumentError('options.rescale', 'be a finite number', rescale)
  for (const { brightness = 0, gain = 0, channelShift = 0 } of augmentations) {
    requireRange('augmentation.brightness', brightness, 0, Infinity)
    requireRange('augmentation.gain', gain, 0, Infinity)
    if (!Number.isFinite(channelShift)) {
      throw new ArgumentError('augmentation.channelShift', 'be a finite number', channelShift)
    }
  }
  const matrices = augmentations.map((a) => augmentationMatrix(a, height, width, { centre }))
  const shift = collect(augmentations, ({ channelShift = 0 }) => channelShift * white, 0)
  const brightness = collect(augmentations, (a) => a.brightness, undefined)
  const gain = collect(augmentations, (a) => a.gain ?? 1, 1)
  return tidy(() => {
    let result = clone(images)
    // Flips belong to the map: what comes between them and it looks at values only, not at places.
    if (!matrices.every(isIdentity)) result = affineTransform(result, matrices, { fillMode, fillValue })
    if (shift.changes) result = shiftChannels(result, shift.values)
    if (brightness.changes) result = enhanceBrightness(result, brightness.values, white)
    if (gain.changes) result = multiplyLight(result, gain.values, white)
    return rescale === 1 ? result : mul(result, rescale)
  })
}
