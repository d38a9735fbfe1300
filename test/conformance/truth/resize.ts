import { at, build, type Values } from './values.js'

export interface Corners {
  readonly alignCorners?: boolean
  readonly halfPixelCenters?: boolean
}

/** Where output pixel i of an axis reads, as TensorFlow defines it. */
function source(i: number, input: number, output: number, { alignCorners, halfPixelCenters }: Corners): number {
  const ratio = alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output
  return halfPixelCenters ? (i + 0.5) * ratio - 0.5 : i * ratio
}

/** tf.image.resizeBilinear of `[batch, height, width, channels]`. */
export function bilinear(x: Values, size: readonly [number, number], corners: Corners = {}): Values {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const around = (i: number, input: number, output: number): [number, number, number] => {
    const place = Math.min(input - 1, Math.max(0, source(i, input, output, corners)))
    const low = Math.floor(place)
    return [low, Math.min(input - 1, low + 1), place - low]
  }
  return build([batch, ...size, channels], (b, i, j, c) => {
    const [top, bottom, down] = around(i, height, size[0])
    const [left, right, along] = around(j, width, size[1])
    const upper = at(x, b, top, left, c) * (1 - along) + at(x, b, top, right, c) * along
    const lower = at(x, b, bottom, left, c) * (1 - along) + at(x, b, bottom, right, c) * along
    return upper * (1 - down) + lower * down
  })
}

/** tf.image.resizeNearestNeighbor of `[batch, height, width, channels]`. */
export function nearest(x: Values, size: readonly [number, number], corners: Corners = {}): Values {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const place = (i: number, input: number, output: number): number => {
    const from = source(i, input, output, corners) + (corners.halfPixelCenters ? 0.5 : 0)
    return Math.min(input - 1, Math.max(0, corners.alignCorners ? Math.round(from) : Math.floor(from)))
  }
  return build([batch, ...size, channels], (b, i, j, c) =>
    at(x, b, place(i, height, size[0]), place(j, width, size[1]), c),
  )
}

/** Keys' cubic with a = -0.5. */
function keys(x: number): number {
  const d = Math.abs(x)
  if (d <= 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1
  return d <= 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0
}

/** The weight of every input pixel of an axis in every output pixel: MATLAB's imresize, evaluated at every padded pixel. */
function bicubicWeights(input: number, output: number, scale: number): Values {
  const stretch = Math.min(1, scale)
  const rows = Array.from({ length: output }, (_, x) => {
    const centre = (x + 0.5) / scale - 0.5
    const row = new Float64Array(input)
    for (let p = Math.floor(centre - 3 / stretch); p <= Math.ceil(centre + 3 / stretch); p++) {
      let q = p
      while (q < 0 || q >= input) q = q < 0 ? -1 - q : 2 * input - 1 - q
      row[q]! += keys((centre - p) * stretch)
    }
    const sum = row.reduce((a, b) => a + b, 0)
    return row.map((weight) => weight / sum)
  })
  return build([output, input], (i, j) => rows[i]![j]!)
}

/** MATLAB's bicubic imresize of `[batch, height, width, channels]`, not rounded. */
export function bicubic(x: Values, scale: number): Values {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const rows = bicubicWeights(height, Math.ceil(height * scale), scale)
  const columns = bicubicWeights(width, Math.ceil(width * scale), scale)
  return build([batch, rows.shape[0]!, columns.shape[0]!, channels], (b, i, j, c) => {
    let sum = 0
    for (let r = 0; r < height; r++) {
      for (let k = 0; k < width; k++) sum += at(rows, i, r) * at(columns, j, k) * at(x, b, r, k, c)
    }
    return sum
  })
}
