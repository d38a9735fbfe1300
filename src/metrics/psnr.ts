import type { PixelImage } from '../image.js'
import { comparedPlanes, type ComparisonOptions } from './planes.js'

/**
 * Peak signal-to-noise ratio in dB: 10 log10(255^2 / MSE), the mean squared error over all compared values on the
 * 0-255 scale (16-bit images are scaled to it). Infinity for equal images. Over a data set, take the mean of the
 * images' values. Alpha is left out; `'y'` and `'rgb'` take a grey image as RGB with three equal channels.
 *
 * @throws ArgumentError where sizes differ, the crop leaves nothing, or `'grey'` is asked of a colour image.
 */
export function psnr(a: PixelImage, b: PixelImage, options: ComparisonOptions): number {
  let sum = 0
  let count = 0
  for (const [p, q] of comparedPlanes(a, b, options, 1)) {
    for (let i = 0; i < p.data.length; i++) sum += (p.data[i]! - q.data[i]!) ** 2
    count += p.data.length
  }
  return sum === 0 ? Infinity : 10 * Math.log10((255 * 255 * count) / sum)
}
