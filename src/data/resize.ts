import { ArgumentError, requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import { cubic, resampleRows, tapsFor, triangle, type Kernel } from './resample.js'

/** The wanted size, in pixels. */
export interface Size {
  /** Pixels in a row. */
  readonly width: number
  /** Rows. */
  readonly height: number
}

/** What {@link resizeImage} takes. */
export interface ResizeOptions extends Size {
  /**
   * `bilinear` (default): triangle kernel, stretched when shrinking, so without aliasing. `nearest`: Keras' nearest
   * (input pixel floor((x + .5) / scale), half-pixel centres). `bicubic`: MATLAB's, as `resizeBicubic`.
   */
  readonly method?: 'bilinear' | 'nearest' | 'bicubic'
}

/** An empty pixel array of the image's depth. */
export const blankLike = (image: PixelImage, length: number): Uint8Array | Uint16Array =>
  image.maxValue === 255 ? new Uint8Array(length) : new Uint16Array(length)

/** Resamples with the kernel, each axis by its own scale, and rounds and saturates to the image's depth. */
export function resampleImage(
  image: PixelImage,
  kernel: Kernel,
  { width, height, scaleX, scaleY }: Size & { scaleX: number; scaleY: number },
  settle?: (value: number) => number,
): PixelImage {
  const { channels, maxValue } = image
  const data = blankLike(image, width * height * channels)
  const vertical = tapsFor(kernel, image.height, height, scaleY)
  const horizontal = tapsFor(kernel, image.width, width, scaleX)
  resampleRows(
    image.data,
    image,
    vertical,
    horizontal,
    (y, row) => {
      const start = y * row.length
      for (let i = 0; i < row.length; i++) {
        const value = row[i]!
        data[start + i] = value <= 0 ? 0 : value >= maxValue ? maxValue : Math.round(value)
      }
    },
    settle,
  )
  return { width, height, channels, data, maxValue }
}

function nearest(image: PixelImage, { width, height }: Size): PixelImage {
  const { channels, maxValue } = image
  const data = blankLike(image, width * height * channels)
  const place = (i: number, from: number, to: number): number => Math.min(from - 1, Math.floor(((i + 0.5) * from) / to))
  for (let y = 0; y < height; y++) {
    const row = place(y, image.height, height) * image.width
    for (let x = 0; x < width; x++) {
      const from = (row + place(x, image.width, width)) * channels
      for (let c = 0; c < channels; c++) data[(y * width + x) * channels + c] = image.data[from + c]!
    }
  }
  return { width, height, channels, data, maxValue }
}

/**
 * The image at exactly `width` x `height` pixels; the aspect ratio is not kept. Values are rounded and saturated to
 * the image's depth; channels (alpha too) are resampled independently. Returns a new image.
 *
 * @throws ArgumentError for a size below 1 or an unknown method.
 */
export function resizeImage(image: PixelImage, { width, height, method = 'bilinear' }: ResizeOptions): PixelImage {
  requireInteger('options.width', width, 1)
  requireInteger('options.height', height, 1)
  if (method === 'nearest') return nearest(image, { width, height })
  if (method !== 'bilinear' && method !== 'bicubic')
    throw new ArgumentError('options.method', "be 'bilinear', 'nearest' or 'bicubic'", method)
  const size = { width, height, scaleX: width / image.width, scaleY: height / image.height }
  return resampleImage(image, method === 'bicubic' ? cubic : triangle, size)
}
