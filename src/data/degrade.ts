import { ArgumentError } from '../errors.js'
import type { PixelImage } from '../image.js'
import { createRandom, type Random } from '../random.js'
import type { DrawRange } from './augmentation.js'
import { resizeBicubic } from './bicubic.js'
import { gaussianBlur, type GaussianShape } from './gaussianBlur.js'
import { gaussianNoise } from './gaussianNoise.js'
import { jpegArtefacts, type JPEGCompression } from './jpegArtefacts.js'

/** A number, or a range that it is drawn from uniformly. */
export type FixedOrDrawn = number | DrawRange

/** A Gaussian blur that may be longer than wide. */
export interface BlurRanges {
  /** Standard deviation along the angle, in pixels of the large image. */
  readonly along: FixedOrDrawn
  /** Standard deviation across it. */
  readonly across: FixedOrDrawn
  /** The long axis in degrees, clockwise from the horizontal. Default [0, 180]. */
  readonly angle?: FixedOrDrawn
}

/** JPEG compression of a quality that may be drawn. */
export interface JPEGRanges extends Omit<JPEGCompression, 'quality'> {
  /** From 1 to 100; from a range a whole number is drawn. */
  readonly quality: FixedOrDrawn
}

/** What a low-resolution image suffers beside the loss of pixels. What is left out does not happen. */
export interface Degradation {
  /** Gaussian blur before shrinking: the standard deviation in pixels of the large image, or a shape. */
  readonly blur?: FixedOrDrawn | BlurRanges
  /** Standard deviation of Gaussian noise after shrinking, white being 1. */
  readonly noise?: FixedOrDrawn
  /** JPEG compression at the end: the quality from 1 to 100 (4:2:0), or with its subsampling. */
  readonly jpeg?: FixedOrDrawn | JPEGRanges
}

/** One drawn degradation. */
export interface DrawnDegradation {
  /** The blur, if any. */
  readonly blur?: Required<GaussianShape>
  /** Standard deviation of the noise, white being 1; 0 for none. */
  readonly noise: number
  /** The compression, if any. */
  readonly jpeg?: Required<JPEGCompression>
}

/** What {@link degrade} takes. */
export interface DegradeOptions extends Degradation {
  /** How much smaller the result is along each side; from 1, not only whole numbers. Default 4. */
  readonly scale?: number
  /** Equal seeds give equal images. Default 0. */
  readonly seed?: number
}

/** The range's ends, both checked. */
function endsOf(argument: string, value: FixedOrDrawn, least: number, most: number, isWhole = false): DrawRange {
  const [low, high] = typeof value === 'number' ? [value, value] : value
  const fits = (end: number): boolean =>
    Number.isFinite(end) && end >= least && end <= most && (!isWhole || Number.isInteger(end))
  if (!fits(low) || !fits(high) || low > high || (typeof value !== 'number' && value.length !== 2)) {
    const kind = isWhole ? 'an integer' : 'a number'
    throw new ArgumentError(argument, `be ${kind} in [${least}, ${most}] or a [low, high] of such, low <= high`, value)
  }
  return [low, high]
}

const isNumber = <T extends object>(value: FixedOrDrawn | T): value is FixedOrDrawn =>
  typeof value === 'number' || Array.isArray(value)

/**
 * Draws one degradation from its ranges, uniformly; fixed numbers stay as they are. The stream advances by the same amount
 * whatever the ranges.
 *
 * @throws ArgumentError for a range out of bounds: deviations of blur in [0, 100], of noise in [0, 1], quality in [1, 100].
 */
export function drawDegradation(random: Random, { blur, noise = 0, jpeg }: Degradation): DrawnDegradation {
  const [a, b, c, d, e] = Array.from({ length: 5 }, () => random.uniform()) as [number, number, number, number, number]
  const between = (u: number, [low, high]: DrawRange): number => low + u * (high - low)
  const shape = blur === undefined || !isNumber(blur) ? blur : { along: blur, across: undefined }
  const along = shape && between(a, endsOf('options.blur', shape.along, 0, 100))
  const across = shape?.across === undefined ? along : between(b, endsOf('options.blur.across', shape.across, 0, 100))
  const turn = (blur === undefined || isNumber(blur) ? 0 : blur.angle) ?? [0, 180]
  const angle = between(c, endsOf('options.blur.angle', turn, -360, 360))
  const deviation = between(d, endsOf('options.noise', noise, 0, 1))
  const { quality, subsampling = '4:2:0' } = jpeg === undefined || isNumber(jpeg) ? { quality: jpeg } : jpeg
  const ends = quality === undefined ? undefined : endsOf('options.jpeg', quality, 1, 100, true)
  return {
    ...(along === undefined ? {} : { blur: { along, across: across!, angle } }),
    noise: deviation,
    ...(ends === undefined
      ? {}
      : { jpeg: { quality: ends[0] + Math.floor(e * (ends[1] - ends[0] + 1)), subsampling } }),
  }
}

/** {@link degrade} from a stream of random numbers. */
export function degradeFrom(random: Random, image: PixelImage, scale: number, degradation: Degradation): PixelImage {
  const { blur, noise, jpeg } = drawDegradation(random, degradation)
  const blurred = blur === undefined ? image : gaussianBlur(image, blur)
  const small = scale === 1 ? blurred : resizeBicubic(blurred, { scale: 1 / scale })
  const noisy = noise === 0 ? small : gaussianNoise(small, noise, random)
  return jpeg === undefined ? noisy : jpegArtefacts(noisy, jpeg)
}

/**
 * The low-resolution image of a high-resolution one: blur, MATLAB's bicubic x1/scale, noise, JPEG, in this order: one
 * round ("first order") of Real-ESRGAN's degradation model (Wang et al. 2021, arXiv 2107.10833, eq. 1, section 3.1). After
 * each step the values are rounded and saturated to the image's depth, as a camera or a file would. Ranges are drawn by
 * `drawDegradation(createRandom(seed, 'degrade'), ...)`. Returns a new image of ceil(side / scale) pixels, or the image
 * itself where nothing is to be done.
 *
 * @throws ArgumentError for a scale below 1 or a range out of bounds.
 */
export function degrade(image: PixelImage, { scale = 4, seed = 0, ...degradation }: DegradeOptions = {}): PixelImage {
  if (!Number.isFinite(scale) || scale < 1) throw new ArgumentError('options.scale', 'be a finite number >= 1', scale)
  return degradeFrom(createRandom(seed, 'degrade'), image, scale, degradation)
}
