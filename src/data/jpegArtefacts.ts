import { ArgumentError, requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import { quantiseBlock } from './jpegBlock.js'
import { quantisationSteps } from './jpegTables.js'
import { blankLike } from './resize.js'

/** How coarse a JPEG file is. */
export interface JPEGCompression {
  /** From 1 to 100, by the Independent JPEG Group's scale: what libjpeg, Pillow and sharp call quality. */
  readonly quality: number
  /** `4:2:0` (default, as cameras and libjpeg): colour at half the width and height. `4:4:4`: at every pixel. */
  readonly subsampling?: '4:2:0' | '4:4:4'
}

/** Samples of one component, 0..255; rows are padded to a multiple of 8 by their last value. */
interface Plane {
  readonly data: Uint8ClampedArray
  readonly stride: number
  readonly height: number
}

const plane = (width: number, height: number): Plane => {
  const stride = Math.ceil(width / 8) * 8
  return { data: new Uint8ClampedArray(stride * height), stride, height }
}

/** Every block of the plane as a JPEG file keeps it, in place; below the last row it is repeated. */
function compress({ data, stride, height }: Plane, steps: readonly number[]): void {
  const block = new Int32Array(64)
  for (let top = 0; top < height; top += 8) {
    const rows = Math.min(8, height - top)
    for (let left = 0; left < stride; left += 8) {
      for (let i = 0; i < 64; i++) {
        block[i] = data[(top + Math.min(i >> 3, rows - 1)) * stride + left + (i & 7)]! - 128
      }
      quantiseBlock(block, steps)
      for (let i = 0; i < rows * 8; i++) {
        data[(top + (i >> 3)) * stride + left + (i & 7)] = block[i]! + 128
      }
    }
  }
}

/** Means of 2x2 samples, halves rounded down and up in turn, as libjpeg's `h2v2_downsample`. */
function halve(full: Plane, width: number): Plane {
  const small = plane(Math.ceil(width / 2), Math.ceil(full.height / 2))
  for (let y = 0; y < small.height; y++) {
    const upper = 2 * y * full.stride
    const lower = Math.min(2 * y + 1, full.height - 1) * full.stride
    for (let x = 0; x < small.stride; x++) {
      const [a, b] = [Math.min(2 * x, full.stride - 1), Math.min(2 * x + 1, full.stride - 1)]
      const sum = full.data[upper + a]! + full.data[upper + b]! + full.data[lower + a]! + full.data[lower + b]!
      small.data[y * small.stride + x] = (sum + 1 + (x & 1)) >> 2
    }
  }
  return small
}

/** Twice the size by the triangle 1/4, 3/4, as libjpeg's `h2v2_fancy_upsample`. */
function double(small: Plane, width: number, height: number): Plane {
  const full = plane(width, height)
  const columns = Math.ceil(width / 2)
  for (let y = 0; y < height; y++) {
    const near = y >> 1
    const far = Math.min(small.height - 1, Math.max(0, (y & 1) === 0 ? near - 1 : near + 1))
    const sum = (x: number): number => 3 * small.data[near * small.stride + x]! + small.data[far * small.stride + x]!
    for (let x = 0; x < width; x++) {
      const here = x >> 1
      const beside = Math.min(columns - 1, Math.max(0, (x & 1) === 0 ? here - 1 : here + 1))
      full.data[y * full.stride + x] = (3 * sum(here) + sum(beside) + ((x & 1) === 0 ? 8 : 7)) >> 4
    }
  }
  return full
}

/** 128 and a half less a little, times 2^16: JFIF's colours are computed in such whole numbers, as libjpeg's `jccolor.c`. */
const offset = (128 << 16) + 32767

/** The image's components: grey as it is, RGB as Y, Cb and Cr (JFIF), 8 bits each. */
function toPlanes({ width, height, channels, data, maxValue }: PixelImage): Plane[] {
  const isGrey = channels < 3
  const planes = Array.from({ length: isGrey ? 1 : 3 }, () => plane(width, height))
  const depth = maxValue === 255 ? 1 : 257
  const { stride } = planes[0]!
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < stride; x++) {
      const from = (y * width + Math.min(x, width - 1)) * channels
      const level = (k: number): number => Math.round(data[from + k]! / depth)
      const to = y * stride + x
      if (isGrey) {
        planes[0]!.data[to] = level(0)
        continue
      }
      const [r, g, b] = [level(0), level(1), level(2)]
      planes[0]!.data[to] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16
      planes[1]!.data[to] = (-11059 * r - 21709 * g + 32768 * b + offset) >> 16
      planes[2]!.data[to] = (32768 * r - 27439 * g - 5329 * b + offset) >> 16
    }
  }
  return planes
}

/** The inverse, at the image's depth; alpha is the original's. */
function fromPlanes(planes: readonly Plane[], image: PixelImage): PixelImage {
  const { width, height, channels, maxValue } = image
  const data = blankLike(image, image.data.length)
  data.set(image.data)
  const depth = maxValue === 255 ? 1 : 257
  const clamp = (value: number): number => Math.min(255, Math.max(0, value)) * depth
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [y * planes[0]!.stride + x, (y * width + x) * channels]
      const light = planes[0]!.data[from]!
      if (planes.length === 1) {
        data[to] = light * depth
        continue
      }
      const [blue, red] = [planes[1]!.data[from]! - 128, planes[2]!.data[from]! - 128]
      data[to] = clamp(light + ((91881 * red + 32768) >> 16))
      data[to + 1] = clamp(light + ((-22554 * blue - 46802 * red + 32768) >> 16))
      data[to + 2] = clamp(light + ((116130 * blue + 32768) >> 16))
    }
  }
  return { width, height, channels, data, maxValue }
}

/**
 * What is left of an image after it was written as a baseline JPEG file and read again: JFIF colours, 8x8 DCT, the
 * standard's tables by the quality (ITU-T T.81; IJG scale), bit for bit as libjpeg does it. The part of JPEG that loses nothing (the
 * entropy coding) is left out, so there is no file in between and the result is the same on every platform. Grey stays
 * grey, alpha is kept as it is, 16 bits are cut to 8. Returns a new image.
 *
 * @throws ArgumentError for a quality that is no integer in [1, 100], or an unknown subsampling.
 */
export function jpegArtefacts(image: PixelImage, { quality, subsampling = '4:2:0' }: JPEGCompression): PixelImage {
  requireInteger('options.quality', quality, 1)
  if (quality > 100) throw new ArgumentError('options.quality', 'be an integer in [1, 100]', quality)
  if (subsampling !== '4:2:0' && subsampling !== '4:4:4') {
    throw new ArgumentError('options.subsampling', "be '4:2:0' or '4:4:4'", subsampling)
  }
  const { width, height } = image
  const steps = quantisationSteps(quality)
  const [light, ...colours] = toPlanes(image)
  compress(light!, steps.luminance)
  const restored = colours.map((full) => {
    const colour = subsampling === '4:2:0' ? halve(full, width) : full
    compress(colour, steps.chrominance)
    return colour === full ? full : double(colour, width, height)
  })
  return fromPlanes([light!, ...restored], image)
}
