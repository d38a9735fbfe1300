/** The attributes of tfjs's Transform kernel. */
export interface TransformAttrs {
  interpolation: 'nearest' | 'bilinear'
  fillMode: 'constant' | 'reflect' | 'wrap' | 'nearest'
  fillValue: number
  outputShape?: [number, number] | null
}

/** Brings a coordinate outside `0..length-1` into it, as TensorFlow's `ImageProjectiveTransformV3` does. */
function mapCoordinate(coordinate: number, length: number, mode: TransformAttrs['fillMode']): number {
  if (mode === 'constant' || (coordinate >= 0 && coordinate <= length - 1)) return coordinate
  let inside = coordinate
  if (mode !== 'nearest' && length > 1) {
    if (mode === 'wrap') {
      if (coordinate < 0) inside += length * (Math.trunc(-coordinate / (length - 1)) + 1)
      else inside -= length * Math.trunc(coordinate / (length - 1))
    } else {
      const period = 2 * length
      inside -= period * Math.trunc(coordinate / period)
      if (coordinate < 0) inside = inside < -length ? inside + period : -inside - 1
      else if (inside >= length) inside = period - inside - 1
    }
  }
  // 3.5 with a length of 4 would be rounded to 4.
  return Math.min(length - 1, Math.max(0, inside))
}

/** Half away from zero, as C's `round`. */
const round = (value: number): number => Math.sign(value) * Math.round(Math.abs(value))

/**
 * Projective transform of every image of a batch, as TensorFlow's `ImageProjectiveTransformV3`: output pixel (x, y) is read
 * at `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)`, `k = c0 x + c1 y + 1`.
 *
 * @param images values of `[batch, height, width, channels]`.
 * @param transforms rows of eight, one for all images or one for each.
 * @param out receives the values of `[batch, outHeight, outWidth, channels]`.
 */
export function transformImages(
  images: ArrayLike<number>,
  [batch, height, width, channels]: [number, number, number, number],
  transforms: ArrayLike<number>,
  { interpolation, fillMode, fillValue }: TransformAttrs,
  [outHeight, outWidth]: [number, number],
  out: { [index: number]: number },
): void {
  const step = transforms.length === 8 ? 0 : 8
  let at = 0
  for (let b = 0; b < batch; b++) {
    const t = Array.from({ length: 8 }, (_, i) => transforms[b * step + i]!)
    const read = (row: number, column: number, channel: number): number =>
      row >= 0 && row < height && column >= 0 && column < width
        ? images[((b * height + row) * width + column) * channels + channel]!
        : fillValue
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++, at += channels) {
        const k = t[6]! * j + t[7]! * i + 1
        if (k === 0) {
          for (let c = 0; c < channels; c++) out[at + c] = fillValue
          continue
        }
        const x = mapCoordinate((t[0]! * j + t[1]! * i + t[2]!) / k, width, fillMode)
        const y = mapCoordinate((t[3]! * j + t[4]! * i + t[5]!) / k, height, fillMode)
        if (interpolation === 'nearest') {
          for (let c = 0; c < channels; c++) out[at + c] = read(round(y), round(x), c)
          continue
        }
        const [top, left] = [Math.floor(y), Math.floor(x)]
        const [down, right] = [y - top, x - left]
        for (let c = 0; c < channels; c++) {
          const upper = (1 - right) * read(top, left, c) + right * read(top, left + 1, c)
          const lower = (1 - right) * read(top + 1, left, c) + right * read(top + 1, left + 1, c)
          out[at + c] = (1 - down) * upper + down * lower
        }
      }
    }
  }
}
