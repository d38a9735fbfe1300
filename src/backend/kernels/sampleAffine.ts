/** What lies outside an image; see `affineTransform`. */
export type FillMode = 'nearest' | 'reflect' | 'wrap' | 'constant'

/**
 * m0..m5 of an affine map from output to input pixels: input row = m0*r + m1*c + m2, input column = m3*r + m4*c + m5,
 * pixel centres at whole numbers.
 */
export type AffineMatrix = readonly [number, number, number, number, number, number]

/** A coordinate so far beyond the edge, in pixels, is a rounding error of one on it. */
export const edgeTolerance = 1e-4

/** Brings a whole coordinate into 0..n-1. */
function inside(i: number, n: number, mode: FillMode): number {
  if (i >= 0 && i < n) return i
  if (mode === 'wrap') return ((i % n) + n) % n
  if (mode === 'reflect') {
    const folded = ((i % (2 * n)) + 2 * n) % (2 * n)
    return folded < n ? folded : 2 * n - 1 - folded
  }
  return i < 0 ? 0 : n - 1
}

const isOutside = (coordinate: number, n: number): boolean =>
  coordinate < -edgeTolerance || coordinate > n - 1 + edgeTolerance

/**
 * Bilinear samples of every image at its affine map's coordinates, which are computed in float64.
 *
 * @param images values of `[batch, height, width, channels]`.
 * @param matrices one for all images or one for each.
 * @param out receives the values, of the same shape.
 */
export function sampleAffine(
  images: ArrayLike<number>,
  [batch, height, width, channels]: readonly [number, number, number, number],
  matrices: readonly AffineMatrix[],
  { fillMode, fillValue }: { fillMode: FillMode; fillValue: number },
  out: { [index: number]: number },
): void {
  const isConstant = fillMode === 'constant'
  let at = 0
  for (let b = 0; b < batch; b++) {
    const [m0, m1, m2, m3, m4, m5] = matrices[matrices.length === 1 ? 0 : b]!
    const start = b * height * width
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++, at += channels) {
        const row = m0 * r + m1 * c + m2
        const column = m3 * r + m4 * c + m5
        if (isConstant && (isOutside(row, height) || isOutside(column, width))) {
          for (let k = 0; k < channels; k++) out[at + k] = fillValue
          continue
        }
        let [top, left] = [Math.floor(row), Math.floor(column)]
        const [down, right] = [row - top, column - left]
        let [bottom, end] = [top + 1, left + 1]
        if (top < 0 || left < 0 || bottom >= height || end >= width) {
          top = inside(top, height, fillMode)
          bottom = inside(bottom, height, fillMode)
          left = inside(left, width, fillMode)
          end = inside(end, width, fillMode)
        }
        const upper = start + top * width
        const lower = start + bottom * width
        const [a, z] = [(upper + left) * channels, (lower + left) * channels]
        const [y, x] = [(upper + end) * channels, (lower + end) * channels]
        const [wa, wy] = [(1 - down) * (1 - right), (1 - down) * right]
        const [wz, wx] = [down * (1 - right), down * right]
        for (let k = 0; k < channels; k++) {
          out[at + k] = wa * images[a + k]! + wy * images[y + k]! + wz * images[z + k]! + wx * images[x + k]!
        }
      }
    }
  }
}
