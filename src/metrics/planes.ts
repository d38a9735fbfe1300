import { ArgumentError, requireInteger } from '../errors.js'
import { toRGB, type PixelImage } from '../image.js'

/** Which values of two images are compared, and how wide a border is left out. A reported number states both. */
export interface ComparisonOptions {
  /**
   * `'y'`: luma Y = 16 + 65.481 R + 128.553 G + 24.966 B of R, G, B in [0, 1] (ITU-R BT.601, MATLAB's `rgb2ycbcr`),
   * not rounded; `'rgb'`: the three colours; `'grey'`: the only channel of grey images.
   */
  channel: 'y' | 'rgb' | 'grey'
  /** Pixels left out at every side, a whole number; papers take the scale, for example 4. */
  crop: number
}

/** One channel of a cropped image, row by row, on the 0-255 scale. */
export interface Plane {
  /** Pixels in a row. */
  readonly width: number
  /** Rows. */
  readonly height: number
  /** `height * width` values. */
  readonly data: Float64Array
}

function planes(image: PixelImage, argument: string, { channel, crop }: ComparisonOptions): Plane[] {
  if (channel === 'grey' && image.channels > 2)
    throw new ArgumentError(argument, 'be a grey image for channel "grey"', `${image.channels} channels`)
  const source = channel === 'grey' ? image : toRGB(image)
  const width = image.width - 2 * crop
  const height = image.height - 2 * crop
  const scale = 255 / image.maxValue
  const cut = (value: (i: number) => number): Plane => {
    const data = new Float64Array(width * height)
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        data[y * width + x] = value(((y + crop) * image.width + x + crop) * source.channels)
      }
    }
    return { width, height, data }
  }
  const pixels = source.data
  if (channel === 'rgb') return [0, 1, 2].map((c) => cut((i) => pixels[i + c]! * scale))
  if (channel === 'grey') return [cut((i) => pixels[i]! * scale)]
  const unit = 1 / image.maxValue
  return [cut((i) => 16 + (65.481 * pixels[i]! + 128.553 * pixels[i + 1]! + 24.966 * pixels[i + 2]!) * unit)]
}

/** The channels of two equally large images, cropped, in pairs; at least `minimum` pixels must be left each way. */
export function comparedPlanes(
  a: PixelImage,
  b: PixelImage,
  options: ComparisonOptions,
  minimum: number,
): (readonly [Plane, Plane])[] {
  const { channel, crop } = options
  if (channel !== 'y' && channel !== 'rgb' && channel !== 'grey')
    throw new ArgumentError('options.channel', 'be "y", "rgb" or "grey"', channel)
  requireInteger('options.crop', crop, 0)
  if (a.width !== b.width || a.height !== b.height)
    throw new ArgumentError('b', `be as large as a (${a.width}x${a.height})`, `${b.width}x${b.height}`)
  if (Math.min(a.width, a.height) - 2 * crop < minimum)
    throw new ArgumentError(
      'options.crop',
      `leave at least ${minimum}x${minimum} pixels of the ${a.width}x${a.height} images`,
      crop,
    )
  const first = planes(a, 'a', options)
  const second = planes(b, 'b', options)
  return first.map((plane, i) => [plane, second[i]!] as const)
}
