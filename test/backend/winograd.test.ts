import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wasmPrecisions } from '../../src/backend/index.js'
import { forceAlgorithm } from '../../src/backend/wasm/native/choice.js'
import { setWasmPrecision } from '../../src/backend/wasm/precision.js'
import { startBackend } from '../../src/node/index.js'
import { createRandom } from '../../src/random.js'

beforeAll(() => startBackend('wasm', { threads: 2 }))
afterAll(() => setWasmPrecision('fast'))

interface Shape {
  batch: number
  height: number
  width: number
  inChannels: number
  outChannels: number
  pads: [top: number, bottom: number, left: number, right: number]
  stride: 1 | 2
  filter: [height: number, width: number]
}

/** Pixels of the output along an axis. */
const outputOf = (size: number, filter: number, stride: number): number => Math.floor((size - filter) / stride) + 1

/** Standard normal numbers. */
function draw(size: number, path: string): Float32Array {
  const random = createRandom(1, path)
  return Float32Array.from({ length: size }, () => random.normal())
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Output and both gradients of a convolution in float64, element by element. */
function truth(
  { batch, height, width, inChannels, outChannels, pads, stride, filter }: Shape,
  x: Float32Array,
  f: Float32Array,
  dy: Float32Array,
) {
  const [top, bottom, left, right] = pads
  const outHeight = outputOf(height + top + bottom, filter[0], stride)
  const outWidth = outputOf(width + left + right, filter[1], stride)
  const y = new Float64Array(batch * outHeight * outWidth * outChannels)
  const dx = new Float64Array(x.length)
  const df = new Float64Array(f.length)
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < outHeight; i++)
      for (let j = 0; j < outWidth; j++)
        for (let p = 0; p < filter[0]; p++)
          for (let q = 0; q < filter[1]; q++) {
            const [row, column] = [i * stride + p - top, j * stride + q - left]
            if (row < 0 || column < 0 || row >= height || column >= width) continue
            const out = ((b * outHeight + i) * outWidth + j) * outChannels
            for (let c = 0; c < inChannels; c++) {
              const at = ((b * height + row) * width + column) * inChannels + c
              const tap = ((p * filter[1] + q) * inChannels + c) * outChannels
              for (let k = 0; k < outChannels; k++) {
                y[out + k]! += x[at]! * f[tap + k]!
                dx[at]! += dy[out + k]! * f[tap + k]!
                df[tap + k]! += dy[out + k]! * x[at]!
              }
            }
          }
  return { y, dx, df, outShape: [batch, outHeight, outWidth, outChannels] }
}

/** Root of the mean squared difference, over that of the truth. */
function relativeError(actual: ArrayLike<number>, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length)
  let error = 0
  let size = 0
  expected.forEach((value, i) => {
    error += (actual[i]! - value) ** 2
    size += value ** 2
  })
  return Math.sqrt(error / size)
}

async function errors(shape: Shape): Promise<Record<'y' | 'dx' | 'df', number>> {
  const { batch, height, width, inChannels, outChannels, pads, stride, filter } = shape
  const inShape: [number, number, number, number] = [batch, height, width, inChannels]
  const filterShape: [number, number, number, number] = [...filter, inChannels, outChannels]
  const [top, bottom, left, right] = pads
  const outShape = [
    batch,
    outputOf(height + top + bottom, filter[0], stride),
    outputOf(width + left + right, filter[1], stride),
    outChannels,
  ]
  const [x, f, dy] = [draw(product(inShape), 'x'), draw(product(filterShape), 'f'), draw(product(outShape), 'dy')]
  const expected = truth(shape, x, f, dy)
  const results = tf.tidy(() => {
    const convolve = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ])
    const [a, b] = [tf.tensor(x, inShape), tf.tensor(f, filterShape)]
    const [dx, df] = tf.grads(convolve)([a, b], tf.tensor(dy, outShape))
    return { y: convolve(a, b), dx: dx!, df: df! }
  })
  const values = await Promise.all([results.y.data(), results.dx.data(), results.df.data()])
  tf.dispose(results)
  return {
    y: relativeError(values[0], expected.y),
    dx: relativeError(values[1], expected.dx),
    df: relativeError(values[2], expected.df),
  }
}

const pad = fc.integer({ min: 0, max: 2 })
const shapesOf = (stride: 1 | 2): fc.Arbitrary<Shape> =>
  fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 4, max: 19 }),
    width: fc.integer({ min: 4, max: 19 }),
    inChannels: fc.integer({ min: 1, max: 21 }),
    outChannels: fc.integer({ min: 1, max: 21 }),
    pads: fc.tuple(pad, pad, pad, pad),
    stride: fc.constant(stride),
    filter: stride === 1 ? fc.constant([3, 3]) : fc.constantFrom([3, 3], [4, 4], [3, 4], [4, 3], [2, 4], [4, 2]),
  })
const limits = { fast: 1e-5, exact: 1e-6 }

describe.each(
  wasmPrecisions.flatMap((precision) => [
    { precision, stride: 1 as const },
    { precision, stride: 2 as const },
  ]),
)('convolutions of stride $stride and their gradients, $precision', ({ precision, stride }) => {
  // Whatever would be faster for the shape.
  beforeAll(() => forceAlgorithm(precision === 'exact' ? 'winograd2' : 'winograd4'))
  afterAll(() => forceAlgorithm(undefined))

  it('are as near to float64 as they say, in any size and with any pads', async () => {
    setWasmPrecision(precision)
    await fc.assert(
      fc.asyncProperty(shapesOf(stride), async (shape) => {
        for (const error of Object.values(await errors(shape))) expect(error).toBeLessThan(limits[precision])
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  it.each([
    { why: 'many tiles: the filter transformed once, its gradient in parts', batch: 2, size: 130, channels: [12, 20] },
    { why: 'few tiles, many channels: output channels between the threads', batch: 1, size: 7, channels: [130, 200] },
    { why: 'sums over many pixels, which are not left to Winograd', batch: 4, size: 129, channels: [8, 8] },
    { why: 'sums over many channels, likewise', batch: 1, size: 9, channels: [512, 64] },
    { why: 'a step of the generator', batch: 1, size: 32, channels: [192, 64] },
  ])('$why', async ({ batch, size, channels }) => {
    setWasmPrecision(precision)
    const [inChannels, outChannels] = channels as [number, number]
    const filter: [number, number] = stride === 1 ? [3, 3] : [4, 4]
    const pads: Shape['pads'] = [1, 1, 1, 1]
    const shape = { batch, height: size, width: size - 1, inChannels, outChannels, pads, stride, filter }
    for (const error of Object.values(await errors(shape))) expect(error).toBeLessThan(limits[precision])
  })
})

describe('activations within a convolution', () => {
  it.each([
    { size: 3, name: '3x3' },
    { size: 5, name: '5x5' },
  ])('take infinities and what is no number as tfjs does: $name', async ({ size }) => {
    const bias = [-Infinity, Infinity, Number.NaN, -1, 1, 0, -2, 2]
    const run = (activation: 'relu' | 'leakyrelu'): tf.Tensor4D =>
      tf.fused.conv2d({
        x: tf.zeros<tf.Rank.R4>([1, 12, 12, 16]),
        filter: tf.zeros([size, size, 16, 8]),
        strides: 1,
        pad: 'same',
        bias: tf.tensor1d(bias),
        activation,
        leakyreluAlpha: 0.5,
      })
    const relu = tf.tidy(() => tf.slice(run('relu'), [0, 5, 5, 0], [1, 1, 1, 8]))
    const leaky = tf.tidy(() => tf.slice(run('leakyrelu'), [0, 5, 5, 0], [1, 1, 1, 8]))
    expect(Array.from(await relu.data())).toEqual([0, Infinity, Number.NaN, 0, 1, 0, 0, 2])
    expect(Array.from(await leaky.data())).toEqual([-Infinity, Infinity, Number.NaN, -0.5, 1, 0, -1, 2])
    tf.dispose([relu, leaky])
  })
})
