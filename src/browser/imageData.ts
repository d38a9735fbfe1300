import type { PixelImage } from '../image.js'

/** A browser's `ImageData`, by its shape. */
export interface ImageDataLike {
  /** Pixels in a row. */
  readonly width: number
  /** Rows. */
  readonly height: number
  /** `height * width` times red, green, blue, alpha; alpha is straight. */
  readonly data: Uint8ClampedArray | Uint8Array
}

/**
 * The image as `ImageData`, for `putImageData` of a canvas: 8 bits, RGB and alpha; grey is repeated, 16 bits are rounded to 8.
 * A canvas keeps colours multiplied by alpha, so what it gives back differs a little where alpha is low.
 */
export function toImageData({ width, height, channels, data, maxValue }: PixelImage): ImageData {
  const pixels = new Uint8ClampedArray(width * height * 4)
  const colourStep = channels >= 3 ? 1 : 0
  const hasAlpha = channels === 2 || channels === 4
  // Clamped arrays round; 65535 = 255 * 257.
  const divisor = maxValue / 255
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) pixels[i * 4 + c] = data[i * channels + c * colourStep]! / divisor
    pixels[i * 4 + 3] = hasAlpha ? data[(i + 1) * channels - 1]! / divisor : 255
  }
  return new ImageData(pixels, width, height)
}

/** The pixels of `ImageData`, for example of a canvas's `getImageData`: RGB, with alpha where a pixel is not opaque. */
export function fromImageData({ width, height, data }: ImageDataLike): PixelImage {
  let opaque = true
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) opaque = false
  const channels = opaque ? 3 : 4
  const pixels = new Uint8Array(width * height * channels)
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) pixels[i * channels + c] = data[i * 4 + c]!
  }
  return { width, height, channels, data: pixels, maxValue: 255 }
}
