import { requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import { blankLike, type Size } from './resize.js'

/** The part of the image that starts at row `top`, column `left`; the caller sees to it that it lies inside. */
export function crop(
  image: PixelImage,
  { top, left, width, height }: Size & { top: number; left: number },
): PixelImage {
  const { channels, maxValue } = image
  const data = blankLike(image, width * height * channels)
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * channels
    data.set(image.data.subarray(start, start + width * channels), y * width * channels)
  }
  return { width, height, channels, data, maxValue }
}

/**
 * The image without its last `height mod scale` rows and `width mod scale` columns, so that both sides divide by the
 * scale: what super-resolution benchmarks do to the ground truth. Returns the image itself where nothing is to be cut.
 *
 * @throws ArgumentError when the scale is no positive integer, or larger than a side.
 */
export function modCrop(image: PixelImage, scale: number): PixelImage {
  requireInteger('scale', scale, 1)
  requireInteger('image.width', image.width, scale)
  requireInteger('image.height', image.height, scale)
  const width = image.width - (image.width % scale)
  const height = image.height - (image.height % scale)
  return width === image.width && height === image.height ? image : crop(image, { top: 0, left: 0, width, height })
}
