import { ArgumentError, requireInteger, requireRange } from '../errors.js'
import type { Random } from '../random.js'

/** One drawn change of an image, with Keras' meaning of every number. */
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
  /** Shift along the rows in pixels, beside `shiftRows`. */
  readonly shiftRowPixels: number
  /** Shift along the columns in pixels, beside `shiftColumns`. */
  readonly shiftColumnPixels: number
  /** Shear in degrees. */
  readonly shear: number
  /** Added to every channel, then clipped to the range of the image's own values; white is 1. */
  readonly channelShift: number
  /** Mirrored left to right. */
  readonly flipHorizontal: boolean
  /** Mirrored top to bottom. */
  readonly flipVertical: boolean
  /** Keras' brightness: the image is stretched to its whole range, cut to 8 bits, multiplied, cut again. Absent: not at all. */
  readonly brightness?: number
  /** Every value is multiplied by it and clipped to black and white. */
  readonly gain: number
}

/** The least and the greatest value to draw, both included. */
export type DrawRange = readonly [low: number, high: number]

/** The ranges to draw from, as Keras' `ImageDataGenerator` has them. The defaults are the paper's. */
export interface AugmentationRanges {
  /** theta ~ U(-rotation, rotation), in degrees; Keras' `rotation_range`. Default 10. */
  readonly rotation?: number
  /** Both zooms independently ~ U(1 - zoom, 1 + zoom), or ~ U(low, high); Keras' `zoom_range`. Default 0.1. */
  readonly zoom?: number | DrawRange
  /**
   * Keras' `height_shift_range`. Below 1: ~ U(-h, h), a share of the height. A whole number from 1: as many whole
   * pixels, less than h, either way. Another number above 1: ~ U(-h, h) pixels. A list: one of its values, either way;
   * shares where all are below 1, else pixels. Default 0.
   */
  readonly heightShift?: number | readonly number[]
  /** Keras' `width_shift_range`: the same of the width. Default 0. */
  readonly widthShift?: number | readonly number[]
  /** shear ~ U(-shear, shear), in degrees; Keras' `shear_range`. Default 0. */
  readonly shear?: number
  /** shift ~ U(-c, c) of all channels together, white being 1; Keras' `channel_shift_range` / 255. Default 0. */
  readonly channelShift?: number
  /** Mirror half of the images left to right. Default false. */
  readonly horizontalFlip?: boolean
  /** Mirror half of the images top to bottom. Default false. */
  readonly verticalFlip?: boolean
  /** Keras' `brightness_range`: brightness ~ U(low, high). Default none. */
  readonly brightness?: DrawRange
  /** A plain factor ~ U(low, high), not one of Keras'. Default none. */
  readonly gain?: DrawRange
}

/** Throws unless the interval has 0 < low <= high (or 0 <= low). */
function requireInterval(argument: string, interval: DrawRange, open: boolean): void {
  const [low, high] = interval
  const isRight =
    interval.length === 2 && Number.isFinite(low) && Number.isFinite(high) && low <= high && (open ? low > 0 : low >= 0)
  if (!isRight)
    throw new ArgumentError(argument, `be [low, high] with ${open ? '0 < low' : '0 <= low'} <= high`, interval)
}

/** The shift of one axis: a share of it and pixels, one of them 0. */
function drawShift(
  random: Random,
  argument: string,
  range: number | readonly number[],
): [share: number, pixels: number] {
  const [place, sign] = [random.uniform(), random.uniform() < 0.5 ? -1 : 1]
  if (typeof range !== 'number') {
    if (range.length === 0 || !range.every(Number.isFinite)) {
      throw new ArgumentError(argument, 'be a number >= 0 or a list of finite numbers', range)
    }
    const chosen = sign * range[Math.floor(place * range.length)]!
    return Math.max(...range) < 1 ? [chosen, 0] : [0, chosen]
  }
  requireRange(argument, range, 0, Infinity)
  if (range < 1) return [-range + 2 * range * place, 0]
  return [0, Number.isInteger(range) ? sign * Math.floor(place * range) : -range + 2 * range * place]
}

/**
 * Draws one augmentation: theta ~ U(-10, 10) degrees and two independent zooms ~ U(0.9, 1.1) by default, as Keras'
 * `ImageDataGenerator(rotation_range=10, zoom_range=0.1)`. The distributions are Keras', the stream is `random`'s; it
 * advances by the same amount whatever the ranges.
 *
 * @throws ArgumentError for a negative range, a zoom not below 1, an interval that is none.
 */
export function drawAugmentation(random: Random, ranges: AugmentationRanges = {}): Augmentation {
  const { rotation = 10, zoom = 0.1, heightShift = 0, widthShift = 0, shear = 0, channelShift = 0 } = ranges
  const { horizontalFlip = false, verticalFlip = false, brightness, gain } = ranges
  requireRange('options.rotation', rotation, 0, Infinity)
  if (typeof zoom === 'number') requireRange('options.zoom', zoom, 0, 0.99)
  else requireInterval('options.zoom', zoom, true)
  requireRange('options.shear', shear, 0, 89)
  requireRange('options.channelShift', channelShift, 0, Infinity)
  if (brightness !== undefined) requireInterval('options.brightness', brightness, false)
  if (gain !== undefined) requireInterval('options.gain', gain, false)
  const unity: DrawRange = [1, 1]
  const [least, most] = typeof zoom === 'number' ? [1 - zoom, 1 + zoom] : zoom
  const theta = random.uniform(-rotation, rotation)
  const [zoomRows, zoomColumns] = [random.uniform(least, most), random.uniform(least, most)]
  const [shiftRows, shiftRowPixels] = drawShift(random, 'options.heightShift', heightShift)
  const [shiftColumns, shiftColumnPixels] = drawShift(random, 'options.widthShift', widthShift)
  return {
    theta,
    zoomRows,
    zoomColumns,
    shiftRows,
    shiftRowPixels,
    shiftColumns,
    shiftColumnPixels,
    shear: random.uniform(-shear, shear),
    flipHorizontal: random.uniform() < 0.5 && horizontalFlip,
    flipVertical: random.uniform() < 0.5 && verticalFlip,
    channelShift: random.uniform(-channelShift, channelShift),
    gain: random.uniform(...(gain ?? unity)),
    ...(brightness === undefined ? {} : { brightness: random.uniform(...brightness) }),
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
