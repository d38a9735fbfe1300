import { cubic, tapsFor, type Taps } from '../data/resample.js'
import type { PixelImage } from '../image.js'

/** A rectangle of the output. */
interface Place {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** The alpha channel alone, enlarged by MATLAB's bicubic as `resizeBicubic` does, a rectangle of the output at a time. */
export function enlargedAlpha(image: PixelImage, scale: number): (place: Place) => Float64Array {
  const { width, height, channels, data, maxValue } = image
  const vertical = tapsFor(cubic, height, height * scale, scale)
  const horizontal = tapsFor(cubic, width, width * scale, scale)
  const alphaAt = (y: number, x: number): number => data[(y * width + x) * channels + channels - 1]!
  const column = (y: number, x: number): number => weighted(vertical, y, (row) => alphaAt(row, x))
  return (place) => {
    const values = new Float64Array(place.width * place.height)
    for (let y = 0; y < place.height; y++) {
      for (let x = 0; x < place.width; x++) {
        const value = weighted(horizontal, place.left + x, (from) => column(place.top + y, from))
        values[y * place.width + x] = Math.min(maxValue, Math.max(0, Math.round(value)))
      }
    }
    return values
  }
}

/** The weighted sum of the inputs of one output sample. */
function weighted({ taps, indices, weights }: Taps, sample: number, input: (i: number) => number): number {
  let sum = 0
  for (let t = sample * taps; t < (sample + 1) * taps; t++) sum += weights[t]! * input(indices[t]!)
  return sum
}
