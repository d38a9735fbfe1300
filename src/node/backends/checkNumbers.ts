import {
  conv2d,
  mul,
  sum,
  tensor4d,
  tidy,
  variableGrads,
  variable,
  type Scalar,
  type Tensor4D,
} from '@tensorflow/tfjs-core'

const size = 5
const channels = 2

/** A few numbers of both signs, the same everywhere. */
const numbers = (count: number, step: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (((i * step) % 17) - 8) / 8)

/** A 3x3 convolution with zeros around, of one image; and the gradients of the sum of y * weights. All in float64. */
function plainConvolution(x: ArrayLike<number>, filter: ArrayLike<number>, weights: ArrayLike<number>) {
  const y = new Float64Array(size * size * channels)
  const dx = new Float64Array(x.length)
  const dFilter = new Float64Array(filter.length)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      for (let tap = 0; tap < 9; tap++) {
        const [r, c] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1]
        if (r < 0 || c < 0 || r >= size || c >= size) continue
        for (let input = 0; input < channels; input++)
          for (let output = 0; output < channels; output++) {
            const [at, from] = [(row * size + column) * channels + output, (r * size + c) * channels + input]
            const weight = (tap * channels + input) * channels + output
            y[at]! += x[from]! * filter[weight]!
            dx[from]! += weights[at]! * filter[weight]!
            dFilter[weight]! += weights[at]! * x[from]!
          }
      }
  return { y, dx, dFilter }
}

/** The largest difference, relative to the largest expected value; infinite where a value is missing or no number. */
function difference(actual: ArrayLike<number>, expected: Float64Array): number {
  const differences = expected.map((value, i) => Math.abs(value - (actual[i] ?? NaN)))
  const worst = differences.reduce((a, b) => (b > a || Number.isNaN(b) ? b : a), 0)
  return Number.isNaN(worst) ? Infinity : worst / expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
}

/**
 * Whether the active backend convolves and differentiates right: a small convolution against plain loops in float64.
 *
 * @returns what is wrong, in words; undefined where nothing is.
 */
export async function wrongNumbers(): Promise<string | undefined> {
  const x = numbers(size * size * channels, 7)
  const filter = numbers(9 * channels * channels, 5)
  const weights = numbers(x.length, 3)
  const expected = plainConvolution(x, filter, weights)
  const shape: [number, number, number, number] = [1, size, size, channels]
  const [input, kernel] = [variable(tensor4d(x, shape)), variable(tensor4d(filter, [3, 3, channels, channels]))]
  const { y, grads } = tidy(() => ({
    y: conv2d(input as Tensor4D, kernel as Tensor4D, 1, 'same'),
    grads: variableGrads(
      () => sum<Scalar>(mul(conv2d(input as Tensor4D, kernel as Tensor4D, 1, 'same'), tensor4d(weights, shape))),
      [input, kernel],
    ).grads,
  }))
  const results: [string, ArrayLike<number>, Float64Array][] = [
    ['a convolution', await y.data(), expected.y],
    ["a convolution's gradient of its input", await grads[input.name]!.data(), expected.dx],
    ["a convolution's gradient of its filter", await grads[kernel.name]!.data(), expected.dFilter],
  ]
  for (const tensor of [y, input, kernel, ...Object.values(grads)]) tensor.dispose()
  // A GPU may compute with fewer bits than float32 has.
  const wrong = results.filter(([, actual, wanted]) => !(difference(actual, wanted) <= 1e-2))
  if (wrong.length === 0) return undefined
  return `computes wrong numbers: ${wrong.map(([name]) => name).join(', ')}`
}
