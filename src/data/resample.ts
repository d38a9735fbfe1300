/** A resampling kernel: its function and the width of its support, in source pixels. */
export interface Kernel {
  readonly width: number
  at(x: number): number
}

/** Keys' cubic with a = -0.5, as MATLAB's `imresize` uses it (Keys 1981). */
export const cubic: Kernel = {
  width: 4,
  at(x) {
    const d = Math.abs(x)
    if (d <= 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1
    if (d <= 2) return -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2
    return 0
  },
}

/** The triangle: linear interpolation. */
export const triangle: Kernel = { width: 2, at: (x) => Math.max(0, 1 - Math.abs(x)) }

/** The taps of every output sample: sample `i` is the sum over `t` of `weights[i*taps+t] * input[indices[i*taps+t]]`. */
export interface Taps {
  readonly taps: number
  readonly indices: Int32Array
  readonly weights: Float64Array
}

/**
 * MATLAB's `contributions`: output sample x (0-based) reads at u = (x + .5)/scale - .5; when shrinking the kernel is
 * stretched by 1/scale (antialias); the weights are normalised; borders are padded symmetrically.
 */
export function tapsFor(kernel: Kernel, inputLength: number, outputLength: number, scale: number): Taps {
  const stretch = Math.min(1, scale)
  const width = kernel.width / stretch
  const taps = Math.ceil(width) + 2
  const indices = new Int32Array(outputLength * taps)
  const weights = new Float64Array(outputLength * taps)
  const period = 2 * inputLength
  for (let x = 0; x < outputLength; x++) {
    const u = (x + 0.5) / scale - 0.5
    const left = Math.floor(u - width / 2)
    let sum = 0
    for (let t = 0; t < taps; t++) {
      const weight = kernel.at((u - left - t) * stretch)
      const place = (((left + t) % period) + period) % period
      indices[x * taps + t] = place < inputLength ? place : period - 1 - place
      weights[x * taps + t] = weight
      sum += weight
    }
    for (let t = 0; t < taps; t++) weights[x * taps + t]! /= sum
  }
  return dropZeroColumns({ taps, indices, weights }, outputLength)
}

/** The two extra columns of `contributions` are zero almost always: without them the loops are shorter. */
function dropZeroColumns({ taps, indices, weights }: Taps, length: number): Taps {
  const used: number[] = []
  for (let t = 0; t < taps; t++) {
    for (let x = 0; x < length; x++) {
      if (weights[x * taps + t] !== 0) {
        used.push(t)
        break
      }
    }
  }
  const kept: Taps = {
    taps: used.length,
    indices: new Int32Array(length * used.length),
    weights: new Float64Array(length * used.length),
  }
  for (let x = 0; x < length; x++) {
    used.forEach((t, k) => {
      kept.indices[x * used.length + k] = indices[x * taps + t]!
      kept.weights[x * used.length + k] = weights[x * taps + t]!
    })
  }
  return kept
}

/** The taps as a dense matrix `[outputLength, inputLength]`, row by row. */
export function tapMatrix({ taps, indices, weights }: Taps, inputLength: number): Float32Array {
  const length = indices.length / taps
  const matrix = new Float64Array(length * inputLength)
  for (let i = 0; i < indices.length; i++) matrix[Math.floor(i / taps) * inputLength + indices[i]!]! += weights[i]!
  return Float32Array.from(matrix)
}

/** The horizontal pass over one row. RGB has a loop of its own: it reads every weight once for three sums. */
function combineRow(column: Float64Array, channels: number, { taps, indices, weights }: Taps, row: Float64Array): void {
  const outputWidth = row.length / channels
  for (let x = 0; x < outputWidth; x++) {
    const [first, end] = [x * taps, x * taps + taps]
    if (channels === 3) {
      let [a, b, c] = [0, 0, 0]
      for (let t = first; t < end; t++) {
        const weight = weights[t]!
        const from = indices[t]! * 3
        a += weight * column[from]!
        b += weight * column[from + 1]!
        c += weight * column[from + 2]!
      }
      row[x * 3] = a
      row[x * 3 + 1] = b
      row[x * 3 + 2] = c
      continue
    }
    for (let c = 0; c < channels; c++) {
      let sum = 0
      for (let t = first; t < end; t++) sum += weights[t]! * column[indices[t]! * channels + c]!
      row[x * channels + c] = sum
    }
  }
}

/**
 * Separable resampling of interleaved rows, down the columns (H), then along the rows (W), in float64 throughout.
 * `store` receives each finished output row; it must not keep the buffer.
 */
export function resampleRows(
  data: ArrayLike<number>,
  { width, channels }: { width: number; channels: number },
  vertical: Taps,
  horizontal: Taps,
  store: (y: number, row: Float64Array) => void,
  settle?: (value: number) => number,
): void {
  const stride = width * channels
  const outputHeight = vertical.indices.length / vertical.taps
  const outputWidth = horizontal.indices.length / horizontal.taps
  const column = new Float64Array(stride)
  const row = new Float64Array(outputWidth * channels)
  for (let y = 0; y < outputHeight; y++) {
    column.fill(0)
    for (let t = 0; t < vertical.taps; t++) {
      const weight = vertical.weights[y * vertical.taps + t]!
      if (weight === 0) continue
      const start = vertical.indices[y * vertical.taps + t]! * stride
      for (let i = 0; i < stride; i++) column[i]! += weight * data[start + i]!
    }
    if (settle !== undefined) for (let i = 0; i < stride; i++) column[i] = settle(column[i]!)
    combineRow(column, channels, horizontal, row)
    store(y, row)
  }
}
