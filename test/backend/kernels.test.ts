import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/random.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeak } from '../helpers/tensors.js'

type Pads = [[number, number], [number, number], [number, number], [number, number]]
interface Config {
  batch: number
  size: [number, number]
  kernel: [number, number]
  stride: number
  pad: 'same' | 'valid' | Pads
  channels: [number, number]
}

const explicit: Pads = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
]
const lopsided: Pads = [
  [0, 0],
  [2, 0],
  [0, 1],
  [0, 0],
]

/** Values as float32 holds them. */
const numbers = (seed: number, name: string, length: number): Float32Array => {
  const random = createRandom(seed, name)
  return Float32Array.from({ length }, () => random.normal())
}

/** Both gradients of a convolution in float64, by the definition. */
function convGradients(
  x: Float32Array,
  filter: Float32Array,
  dy: Float32Array,
  { batch, size: [height, width], kernel: [kh, kw], stride, channels: [inputs, outputs] }: Config,
  info: tf.backend_util.Conv2DInfo,
): { dx: Float64Array; dFilter: Float64Array } {
  const dx = new Float64Array(x.length)
  const dFilter = new Float64Array(filter.length)
  const { outHeight, outWidth, padInfo } = info
  for (let b = 0; b < batch; b++)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++)
        for (let i = 0; i < kh; i++) {
          const h = oh * stride + i - padInfo.top
          if (h < 0 || h >= height) continue
          for (let j = 0; j < kw; j++) {
            const w = ow * stride + j - padInfo.left
            if (w < 0 || w >= width) continue
            for (let c = 0; c < inputs; c++)
              for (let k = 0; k < outputs; k++) {
                const gradient = dy[((b * outHeight + oh) * outWidth + ow) * outputs + k]!
                const xAt = ((b * height + h) * width + w) * inputs + c
                const filterAt = ((i * kw + j) * inputs + c) * outputs + k
                dx[xAt] = dx[xAt]! + gradient * filter[filterAt]!
                dFilter[filterAt] = dFilter[filterAt]! + gradient * x[xAt]!
              }
          }
        }
  return { dx, dFilter }
}

/** The largest difference, relative to the largest true value; Infinity where anything is not finite. */
function relativeError(actual: ArrayLike<number>, truth: Float64Array): number {
  expect(actual.length).toBe(truth.length)
  let worst = 0
  let scale = 1e-30
  for (let i = 0; i < truth.length; i++) {
    const error = Math.abs(actual[i]! - truth[i]!)
    worst = Number.isFinite(error) ? Math.max(worst, error) : Infinity
    scale = Math.max(scale, Math.abs(truth[i]!))
  }
  return worst / scale
}

const configs: Config[] = []
for (const batch of [1, 3])
  for (const stride of [1, 2, 3])
    for (const kernel of [
      [1, 1],
      [3, 3],
      [4, 4],
      [2, 3],
      [5, 1],
    ] as const)
      for (const pad of ['same', 'valid', explicit, lopsided] as const)
        for (const [size, channels] of [
          [
            [8, 8],
            [4, 8],
          ],
          [
            [7, 10],
            [3, 5],
          ],
        ] as const)
          configs.push({ batch, stride, kernel: [...kernel], pad, size: [...size], channels: [...channels] })

describe.each(['cpu', 'wasm'] as const)('convolution gradients on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it(`equal the float64 truth over ${configs.length} configurations`, async () => {
    for (const [i, config] of configs.entries()) {
      const { batch, size, kernel, stride, pad, channels } = config
      const xShape: [number, number, number, number] = [batch, ...size, channels[0]]
      const filterShape: [number, number, number, number] = [...kernel, ...channels]
      const info = tf.backend_util.computeConv2DInfo(xShape, filterShape, stride, 1, pad as 'same')
      const x = numbers(i, 'x', tf.util.sizeFromShape(xShape))
      const filter = numbers(i, 'filter', tf.util.sizeFromShape(filterShape))
      const dy = numbers(i, 'dy', tf.util.sizeFromShape(info.outShape))
      const truth = convGradients(x, filter, dy, config, info)
      const tensors = [tf.tensor(x, xShape), tf.tensor(filter, filterShape)] as const
      const before = tf.memory().numTensors
      const [dx, dFilter] = tf.tidy(() =>
        tf.grads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad as 'same'))(
          [...tensors],
          tf.tensor(dy, info.outShape),
        ),
      )
      expect(tf.memory().numTensors - before).toBe(2)
      const errors = [relativeError(await dx!.data(), truth.dx), relativeError(await dFilter!.data(), truth.dFilter)]
      expect(Math.max(...errors), `${JSON.stringify(config)} gave errors ${errors}`).toBeLessThan(1e-5)
      tf.dispose([...tensors, dx!, dFilter!])
    }
  })
})

describe('wasm repairs', () => {
  beforeAll(() => useBackend('wasm'))

  it('leave no data behind in the backend', async () => {
    const backend = tf.backend() as tf.KernelBackend
    const x = tf.randomNormal([2, 8, 8, 3])
    const filter = tf.randomNormal([4, 4, 3, 5])
    const run = (): tf.Tensor[] =>
      tf.grads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same'))([x, filter])
    tf.dispose(run())
    const before = backend.numDataIds()
    tf.dispose(run())
    expect(backend.numDataIds()).toBe(before)
    await expectNoLeak(run)
    tf.dispose([x, filter])
  })

  it.each([
    { size: 2, strides: 2, pad: 'valid' },
    { size: 3, strides: 2, pad: 'same' },
    { size: 2, strides: 1, pad: 'valid' },
  ] as const)('give max-pooling the gradient of cpu: $size, $strides, $pad', async ({ size, strides, pad }) => {
    const x = numbers(5, 'pool', 3 * 7 * 6 * 4).map((value) => value - 2)
    const gradientOn = async (name: string): Promise<ArrayLike<number>> => {
      await import('@tensorflow/tfjs-backend-cpu')
      await tf.setBackend(name)
      const gradient = tf.tidy(() =>
        tf.grad((t) => tf.square(tf.maxPool(t as tf.Tensor4D, size, strides, pad)))(tf.tensor4d(x, [3, 7, 6, 4])),
      )
      const values = await gradient.data()
      gradient.dispose()
      return values
    }
    const expected = await gradientOn('cpu')
    expect(relativeError(await gradientOn('wasm'), Float64Array.from(expected))).toBeLessThan(1e-6)
  })
})

describe('matrix products on wasm', () => {
  beforeAll(() => useBackend('wasm'))

  const shapes: [number[], number[], boolean, boolean][] = []
  for (const transposeA of [false, true])
    for (const transposeB of [false, true])
      for (const [outerA, outerB] of [
        [[], []],
        [[3], [3]],
        [[1], [3]],
        [
          [2, 3],
          [1, 1],
        ],
        [
          [2, 1],
          [1, 3],
        ],
      ] as const)
        for (const [m, k, n] of [
          [40, 33, 17],
          [2, 3, 4],
        ] as const)
          shapes.push([
            [...outerA, ...(transposeA ? [k, m] : [m, k])],
            [...outerB, ...(transposeB ? [n, k] : [k, n])],
            transposeA,
            transposeB,
          ])

  it(`equal the float64 truth over ${shapes.length} shapes, with their gradients`, async () => {
    for (const [i, [aShape, bShape, transposeA, transposeB]] of shapes.entries()) {
      const a = numbers(i, 'a', tf.util.sizeFromShape(aShape))
      const b = numbers(i, 'b', tf.util.sizeFromShape(bShape))
      const [x, y] = [tf.tensor(a, aShape), tf.tensor(b, bShape)]
      const product = tf.matMul(x, y, transposeA, transposeB)
      const [m, n] = product.shape.slice(-2) as [number, number]
      const k = aShape.at(transposeA ? -2 : -1)!
      const outer = product.shape.slice(0, -2)
      const truth = new Float64Array(product.size)
      const offset = (shape: number[], batch: number): number => {
        let [rest, at, step] = [batch, 0, shape.at(-1)! * shape.at(-2)!]
        for (let d = outer.length - 1; d >= 0; d--) {
          const size = shape[d]!
          at += (size === 1 ? 0 : rest % outer[d]!) * step
          step *= size
          rest = Math.floor(rest / outer[d]!)
        }
        return at
      }
      for (let batch = 0; batch < product.size / (m * n); batch++) {
        const [fromA, fromB] = [offset(aShape, batch), offset(bShape, batch)]
        for (let r = 0; r < m; r++)
          for (let c = 0; c < n; c++) {
            let sum = 0
            for (let l = 0; l < k; l++)
              sum += a[fromA + (transposeA ? l * m + r : r * k + l)]! * b[fromB + (transposeB ? c * k + l : l * n + c)]!
            truth[(batch * m + r) * n + c] = sum
          }
      }
      expect(relativeError(await product.data(), truth), `${aShape} x ${bShape}`).toBeLessThan(1e-5)
      await expectNoLeak(() => tf.matMul(x, y, transposeA, transposeB))
      tf.dispose([x, y, product])
    }
  })

  it('give a dense layer its gradients', async () => {
    const [x, w] = [tf.randomNormal([64, 100], 0, 1, 'float32', 1), tf.randomNormal([100, 50], 0, 1, 'float32', 2)]
    const gradients = (): tf.Tensor[] => tf.grads((p, q) => tf.square(tf.matMul(p!, q!)))([x, w])
    const onWasm = await Promise.all(gradients().map((t) => t.data()))
    await import('@tensorflow/tfjs-backend-cpu')
    await tf.setBackend('cpu')
    const onCPU = await Promise.all(gradients().map((t) => t.data()))
    await tf.setBackend('wasm')
    onWasm.forEach((values, i) => expect(relativeError(values, Float64Array.from(onCPU[i]!))).toBeLessThan(1e-5))
  })
})

describe('what tfjs-layers trains with', () => {
  /** Gradients on cpu, whose kernels for these are right, and on wasm. */
  async function compare(run: () => tf.Tensor[], tolerance = 1e-5): Promise<void> {
    const results: Float32Array[][] = []
    for (const name of ['cpu', 'wasm'] as const) {
      await useBackend(name)
      const tensors = tf.tidy(run)
      results.push(await Promise.all(tensors.map((t) => t.data<'float32'>())))
      tf.dispose(tensors)
    }
    const [expected, actual] = results as [Float32Array[], Float32Array[]]
    expected.forEach((values, i) =>
      expect(relativeError(actual[i]!, Float64Array.from(values))).toBeLessThan(tolerance),
    )
  }

  it.each([
    { stride: 1, pad: 'same', multiplier: 1 },
    { stride: 2, pad: 'same', multiplier: 2 },
    { stride: 1, pad: 'valid', multiplier: 3 },
  ] as const)('has the depthwise gradients of cpu: $stride, $pad, $multiplier', async ({ stride, pad, multiplier }) => {
    const x = numbers(1, 'x', 2 * 7 * 6 * 4)
    const filter = numbers(1, 'filter', 9 * 4 * multiplier)
    await compare(() =>
      tf.grads((a, b) => tf.square(tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad)))([
        tf.tensor4d(x, [2, 7, 6, 4]),
        tf.tensor4d(filter, [3, 3, 4, multiplier]),
      ]),
    )
  })

  it('has the gradients of a transposed convolution and of gather', async () => {
    const x = numbers(2, 'x', 2 * 4 * 4 * 3)
    const filter = numbers(2, 'filter', 9 * 5 * 3)
    await compare(() =>
      tf.grads((a, b) => tf.square(tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, [2, 8, 8, 5], 2, 'same')))([
        tf.tensor4d(x, [2, 4, 4, 3]),
        tf.tensor4d(filter, [3, 3, 5, 3]),
      ]),
    )
    await compare(() => [
      tf.grad((t) => tf.square(tf.gather(t, tf.tensor1d([0, 2, 2, 5], 'int32'))))(tf.tensor2d(x, [8, 12])),
    ])
  })
})
