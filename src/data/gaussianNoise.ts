import { requireRange } from '../errors.js'
import type { PixelImage } from '../image.js'
import type { Random } from '../random.js'
import { blankLike } from './resize.js'

/**
 * Independent Gaussian noise on every colour value, rounded and saturated to the image's depth; alpha stays as it is.
 * `deviation` is on the scale where white is 1. Returns a new image.
 *
 * @throws ArgumentError for a deviation outside of [0, 1].
 */
export function gaussianNoise(image: PixelImage, deviation: number, random: Random): PixelImage {
  requireRange('deviation', deviation, 0, 1)
  const { channels, maxValue } = image
  const data = blankLike(image, image.data.length)
  const hasAlpha = channels % 2 === 0
  for (let i = 0; i < data.length; i++) {
    const value = image.data[i]!
    const isAlpha = hasAlpha && i % channels === channels - 1
    const noisy = isAlpha ? value : Math.round(value + random.normal(0, deviation * maxValue))
    data[i] = Math.min(maxValue, Math.max(0, noisy))
  }
  return { ...image, data }
}
