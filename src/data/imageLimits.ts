import { requireInteger } from '../errors.js'

/** What is too large to read: files from outside may claim anything. */
export interface ReadImageOptions {
  /** Images of more pixels (width x height) are refused before they are decoded; default 10^8, 100 megapixels. */
  readonly maxPixels?: number
  /** Images with a longer side are refused before they are decoded; default 65,535 pixels, as in JPEG. */
  readonly maxSide?: number
  /** Files of more bytes are refused before they are read; default 2^29, 512 MiB. */
  readonly maxBytes?: number
}

/** All limits. */
export type ImageLimits = Required<ReadImageOptions>

/** The limits, checked, with their defaults. */
export function imageLimits({
  maxPixels = 1e8,
  maxSide = 65_535,
  maxBytes = 2 ** 29,
}: ReadImageOptions = {}): ImageLimits {
  requireInteger('options.maxPixels', maxPixels, 1)
  requireInteger('options.maxSide', maxSide, 1)
  requireInteger('options.maxBytes', maxBytes, 1)
  return { maxPixels, maxSide, maxBytes }
}

/** Throws where a header claims a larger image than allowed: before memory is taken for it. */
export function requireAllowedSize(width: number, height: number, { maxPixels, maxSide }: ImageLimits): void {
  if (!(width >= 1 && height >= 1)) throw new Error(`has no pixels (${width}x${height})`)
  const claim = `its header claims ${width}x${height} pixels`
  if (Math.max(width, height) > maxSide) throw new Error(`${claim}, a side of more than the ${maxSide} allowed`)
  if (width * height > maxPixels) throw new Error(`${claim}, more than the ${maxPixels} allowed`)
}
