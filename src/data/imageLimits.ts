import { requireInteger } from '../errors.js'

/** What is too large to read: files from outside may claim anything. */
export interface ReadImageOptions {
  /**
   * Images of more pixels (width x height) are refused before they are decoded; default 5 x 10^7, 50 megapixels. Those of more than
   * four bytes (16-bit RGB and RGBA) count as one and a half and two, so that no image takes more than four times as many bytes.
   */
  readonly maxPixels?: number
  /** Images with a longer side are refused before they are decoded; default 65,535 pixels, as in JPEG. */
  readonly maxSide?: number
  /** Files of more bytes are refused before they are read; default 2^27, 128 MiB. */
  readonly maxBytes?: number
}

/** All limits. */
export type ImageLimits = Required<ReadImageOptions>

/** The limits, checked, with their defaults. */
export function imageLimits({
  maxPixels = 5e7,
  maxSide = 65_535,
  maxBytes = 2 ** 27,
}: ReadImageOptions = {}): ImageLimits {
  requireInteger('options.maxPixels', maxPixels, 1)
  requireInteger('options.maxSide', maxSide, 1)
  requireInteger('options.maxBytes', maxBytes, 1)
  return { maxPixels, maxSide, maxBytes }
}

/** Throws where a header claims a larger image than allowed: before memory is taken for it. */
export function requireAllowedSize(
  width: number,
  height: number,
  { maxPixels, maxSide }: ImageLimits,
  bytesPerPixel: number = 1,
): void {
  if (!(width >= 1 && height >= 1)) throw new Error(`has no pixels (${width}x${height})`)
  const claim = `its header claims ${width}x${height} pixels`
  if (Math.max(width, height) > maxSide) throw new Error(`${claim}, a side of more than the ${maxSide} allowed`)
  if (width * height > maxPixels) throw new Error(`${claim}, more than the ${maxPixels} allowed`)
  if ((width * height * bytesPerPixel) / 4 > maxPixels) {
    throw new Error(`${claim} of ${bytesPerPixel} bytes, more than the ${maxPixels} of 4 bytes allowed`)
  }
}
