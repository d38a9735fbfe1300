import { requireRange } from '../errors.js'
import type { PixelImage } from '../image.js'
import { resampleRows, type Taps } from './resample.js'
import { blankLike } from './resize.js'

/** A Gaussian that may be longer than wide. */
export interface GaussianShape {
  /** Standard deviation along the angle, in pixels. */
  readonly along: number
  /** Standard deviation across it, in pixels; default the same. */
  readonly across?: number
  /** The long axis in degrees, clockwise from the horizontal. Default 0. */
  readonly angle?: number
}

/** The kernel ends at so many standard deviations, SciPy's `truncate`. */
const truncate = 4

/** Of a turned kernel: so narrow that no pixel's centre lies beside its axis. */
const least = 0.01

/** `d c b a | a b c d | d c b a`, for any distance. */
function mirrored(i: number, length: number): number {
  const period = 2 * length
  const place = ((i % period) + period) % period
  return place < length ? place : period - 1 - place
}

/** One axis' kernel around every sample, with radius floor(4 deviation + 1/2). */
function blurTaps(length: number, deviation: number): Taps {
  const radius = Math.floor(truncate * deviation + 0.5)
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, t) =>
    radius === 0 ? 1 : Math.exp(-0.5 * ((t - radius) / deviation) ** 2),
  )
  const sum = kernel.reduce((a, b) => a + b)
  const taps = kernel.length
  const indices = new Int32Array(length * taps)
  const weights = new Float64Array(length * taps)
  for (let x = 0; x < length; x++) {
    for (let t = 0; t < taps; t++) {
      indices[x * taps + t] = mirrored(x + t - radius, length)
      weights[x * taps + t] = kernel[t]! / sum
    }
  }
  return { taps, indices, weights }
}

/** The points of a turned Gaussian within four of its standard deviations, and their weights. */
function turnedKernel(along: number, across: number, radians: number): { y: number; x: number; weight: number }[] {
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)]
  const radius = Math.ceil(truncate * Math.max(along, across))
  const points: { y: number; x: number; weight: number }[] = []
  for (let y = -radius; y <= radius; y++) {
    for (let x = -radius; x <= radius; x++) {
      const square = ((cos * x + sin * y) / along) ** 2 + ((cos * y - sin * x) / across) ** 2
      if (square <= truncate ** 2) points.push({ y, x, weight: Math.exp(-0.5 * square) })
    }
  }
  const sum = points.reduce((total, { weight }) => total + weight, 0)
  return points.map(({ y, x, weight }) => ({ y, x, weight: weight / sum }))
}

/** Every output row as the weighted sum of the points around it. */
function convolve(
  { data, width, height, channels }: PixelImage,
  kernel: readonly { y: number; x: number; weight: number }[],
  store: (y: number, row: Float64Array) => void,
): void {
  const row = new Float64Array(width * channels)
  for (let y = 0; y < height; y++) {
    row.fill(0)
    for (const point of kernel) {
      const start = mirrored(y + point.y, height) * width
      for (let x = 0; x < width; x++) {
        const column = x + point.x
        const from = (start + (column >= 0 && column < width ? column : mirrored(column, width))) * channels
        for (let c = 0; c < channels; c++) row[x * channels + c]! += point.weight * data[from + c]!
      }
    }
    store(y, row)
  }
}

/**
 * Gaussian blur of every channel (alpha too) in float64, the border mirrored, rounded to the image's depth. Where the axes
 * are the image's own it is `scipy.ndimage.gaussian_filter(mode='reflect', truncate=4)`; a turned kernel is evaluated at
 * the pixels' centres within four standard deviations and normalised. Returns a new image.
 *
 * @throws ArgumentError for a deviation that is negative or above 100 pixels, or an angle that is not finite.
 */
export function gaussianBlur(image: PixelImage, { along, across = along, angle = 0 }: GaussianShape): PixelImage {
  requireRange('options.along', along, 0, 100)
  requireRange('options.across', across, 0, 100)
  requireRange('options.angle', angle, -Number.MAX_VALUE, Number.MAX_VALUE)
  const data = blankLike(image, image.data.length)
  const store = (y: number, row: Float64Array): void => {
    for (let i = 0; i < row.length; i++) data[y * row.length + i] = Math.round(row[i]!)
  }
  const quarter = (((angle % 180) + 180) % 180) / 90
  if (along === across || quarter === 0 || quarter === 1) {
    const [horizontal, vertical] = quarter === 1 ? [across, along] : [along, across]
    resampleRows(image.data, image, blurTaps(image.height, vertical), blurTaps(image.width, horizontal), store)
  } else convolve(image, turnedKernel(Math.max(along, least), Math.max(across, least), (angle * Math.PI) / 180), store)
  return { ...image, data }
}
