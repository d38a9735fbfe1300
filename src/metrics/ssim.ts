import type { PixelImage } from '../image.js'
import { comparedPlanes, type ComparisonOptions, type Plane } from './planes.js'

const RADIUS = 5
const SIZE = 2 * RADIUS + 1
const C1 = (0.01 * 255) ** 2
const C2 = (0.03 * 255) ** 2

/** Normalised one-dimensional Gaussian, sigma 1.5. */
const window: Float64Array = (() => {
  const weights = Float64Array.from({ length: SIZE }, (_, i) => Math.exp(-((i - RADIUS) ** 2) / (2 * 1.5 ** 2)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
})()

/** Mean SSIM of one channel over the windows that lie wholly inside. */
function planeSsim({ width, height, data: a }: Plane, { data: b }: Plane): number {
  // The window is separable: down the columns into one row of sums, then along that row. SSIM needs the two variances
  // only as their sum, so that four moments do: a, b, a^2 + b^2, ab.
  const rowA = new Float64Array(width)
  const rowB = new Float64Array(width)
  const rowSquares = new Float64Array(width)
  const rowProduct = new Float64Array(width)
  let total = 0
  for (let top = 0; top + SIZE <= height; top++) {
    rowA.fill(0)
    rowB.fill(0)
    rowSquares.fill(0)
    rowProduct.fill(0)
    for (let k = 0; k < SIZE; k++) {
      const weight = window[k]!
      const start = (top + k) * width
      for (let x = 0; x < width; x++) {
        const p = a[start + x]!
        const q = b[start + x]!
        rowA[x] = rowA[x]! + weight * p
        rowB[x] = rowB[x]! + weight * q
        rowSquares[x] = rowSquares[x]! + weight * (p * p + q * q)
        rowProduct[x] = rowProduct[x]! + weight * p * q
      }
    }
    for (let left = 0; left + SIZE <= width; left++) {
      let meanA = 0
      let meanB = 0
      let squares = 0
      let product = 0
      for (let k = 0; k < SIZE; k++) {
        const weight = window[k]!
        meanA += weight * rowA[left + k]!
        meanB += weight * rowB[left + k]!
        squares += weight * rowSquares[left + k]!
        product += weight * rowProduct[left + k]!
      }
      const energy = meanA * meanA + meanB * meanB
      const both = meanA * meanB
      total += ((2 * both + C1) * (2 * (product - both) + C2)) / ((energy + C1) * (squares - energy + C2))
    }
  }
  return total / ((width - SIZE + 1) * (height - SIZE + 1))
}

/**
 * Structural similarity in [-1, 1], 1 for equal images: an 11x11 Gaussian window with sigma 1.5, C1 = (0.01 * 255)^2,
 * C2 = (0.03 * 255)^2, population moments, the mean over all windows inside the image and then over the channels.
 * 16-bit images are scaled to 0-255; alpha is left out.
 *
 * Source: Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment", as BasicSR's `calculate_ssim`.
 *
 * @throws ArgumentError where sizes differ, less than 11x11 pixels are left, or `'grey'` is asked of a colour image.
 */
export function ssim(a: PixelImage, b: PixelImage, options: ComparisonOptions): number {
  const pairs = comparedPlanes(a, b, options, SIZE)
  return pairs.reduce((sum, [p, q]) => sum + planeSsim(p, q), 0) / pairs.length
}
