import { sizeOf, type Values } from './values.js'

/** Numbers that decide a convolution; explicit pads are [top, bottom, left, right]. */
export interface Geometry {
  readonly strides?: readonly [number, number]
  readonly pad?: 'same' | 'valid' | readonly [number, number, number, number]
  readonly dilations?: readonly [number, number]
  readonly depthwise?: boolean
}

type Quad = [number, number, number, number]

/** Output length and zeros before the first input of one axis, as TensorFlow defines them. */
export function alongAxis(
  input: number,
  kernel: number,
  stride: number,
  pad: 'same' | 'valid' | readonly [number, number],
): { output: number; before: number } {
  if (pad === 'same') {
    const output = Math.ceil(input / stride)
    return { output, before: Math.floor(Math.max(0, (output - 1) * stride + kernel - input) / 2) }
  }
  const [before, after] = pad === 'valid' ? [0, 0] : pad
  return { output: Math.floor((input + before + after - kernel) / stride) + 1, before }
}

/** Calls the function with the places in x, filter and y of every product that a convolution sums up; gives y's shape. */
function visit(
  x: readonly number[],
  filter: readonly number[],
  { strides = [1, 1], pad = 'same', dilations = [1, 1], depthwise = false }: Geometry,
  product: (xPlace: number, filterPlace: number, yPlace: number) => void,
): Quad {
  const [batch, height, width, channels] = x as Quad
  const [rows, columns, , outputs] = filter as Quad
  const extent = (n: number, dilation: number): number => (n - 1) * dilation + 1
  const vertical = typeof pad === 'string' ? pad : ([pad[0], pad[1]] as const)
  const horizontal = typeof pad === 'string' ? pad : ([pad[2], pad[3]] as const)
  const down = alongAxis(height, extent(rows, dilations[0]), strides[0], vertical)
  const along = alongAxis(width, extent(columns, dilations[1]), strides[1], horizontal)
  const depth = depthwise ? channels * outputs : outputs
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < down.output; oy++) {
      for (let ox = 0; ox < along.output; ox++) {
        const yStart = ((b * down.output + oy) * along.output + ox) * depth
        for (let i = 0; i < rows; i++) {
          const iy = oy * strides[0] + i * dilations[0] - down.before
          if (iy < 0 || iy >= height) continue
          for (let j = 0; j < columns; j++) {
            const ix = ox * strides[1] + j * dilations[1] - along.before
            if (ix < 0 || ix >= width) continue
            const xStart = ((b * height + iy) * width + ix) * channels
            for (let c = 0; c < channels; c++) {
              const filterStart = ((i * columns + j) * channels + c) * outputs
              for (let k = 0; k < outputs; k++) {
                product(xStart + c, filterStart + k, yStart + (depthwise ? c * outputs + k : k))
              }
            }
          }
        }
      }
    }
  }
  return [batch, down.output, along.output, depth]
}

/** conv2d, or with `depthwise` depthwiseConv2d, of x `[batch, height, width, channels]` by its definition. */
export function convolution(x: Values, filter: Values, geometry: Geometry = {}): Values {
  const shape = visit(x.shape, filter.shape, geometry, () => {})
  const data = new Float64Array(sizeOf(shape))
  visit(x.shape, filter.shape, geometry, (from, by, to) => {
    data[to]! += x.data[from]! * filter.data[by]!
  })
  return { shape, data }
}

/** The gradients of `sum(convolution(x, filter) * dy)` in x and filter. */
export function convolutionGradients(dy: Values, x: Values, filter: Values, geometry: Geometry = {}): [Values, Values] {
  const dx = { shape: x.shape, data: new Float64Array(x.data.length) }
  const df = { shape: filter.shape, data: new Float64Array(filter.data.length) }
  visit(x.shape, filter.shape, geometry, (from, by, to) => {
    dx.data[from]! += dy.data[to]! * filter.data[by]!
    df.data[by]! += dy.data[to]! * x.data[from]!
  })
  return [dx, df]
}
