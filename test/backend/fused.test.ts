import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  adamUpdate,
  addScaled,
  convolution,
  finiteCheck,
  leakyRelu,
  residualDenseBlock,
  standardise,
} from '../../src/backend/index.js'
import { useBackend } from '../helpers/backend.js'
import { checkGradient, expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const normal = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed)

describe.each(['wasm', 'cpu'] as const)('operations with kernels of their own, on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  for (const [stride, pad, slope] of [
    [1, 'same', undefined],
    [2, 'same', 0],
    [2, 'valid', 0.2],
  ] as const) {
    it(`convolution equals conv2d, bias and activation: stride ${stride}, ${pad}, slope ${slope}`, async () => {
      const x = normal([2, 7, 6, 3], 1) as tf.Tensor4D
      const filter = normal([3, 3, 3, 4], 2) as tf.Tensor4D
      const bias = normal([4], 3) as tf.Tensor1D
      const options = { stride, pad, ...(slope === undefined ? {} : { slope }) }
      const plain = (...[a, b, c]: tf.Tensor[]): tf.Tensor =>
        tf.tidy(() => {
          const y = tf.add(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad), c!)
          return slope === undefined ? y : tf.leakyRelu(y, slope)
        })
      const ours = (...[a, b, c]: tf.Tensor[]): tf.Tensor =>
        convolution(a as tf.Tensor4D, b as tf.Tensor4D, c as tf.Tensor1D, options)
      const all: tf.Tensor[] = [x, filter, bias]
      await expectNoLeak(async () => {
        const [actual, expected] = [ours(...all), plain(...all)]
        expectClose(await actual!.data(), await expected!.data(), 1e-5)
        const weighted =
          (f: typeof plain) =>
          (...inputs: tf.Tensor[]) =>
            tf.sum(tf.square(f(...inputs))) as tf.Scalar
        const gradients = [tf.grads(weighted(ours))(all), tf.grads(weighted(plain))(all)]
        for (const i of all.keys()) {
          expectClose(await gradients[0]![i]!.data(), await gradients[1]![i]!.data(), 1e-4)
        }
        return [actual, expected, ...gradients.flat()]
      })
      tf.dispose(all)
    })
  }

  it('convolution computes no gradient that nobody asked for', () => {
    const x = normal([1, 5, 5, 2], 1) as tf.Tensor4D
    const filter = tf.variable(normal([3, 3, 2, 2], 2)) as tf.Variable<tf.Rank.R4>
    const bias = tf.zeros([2]) as tf.Tensor1D
    const kernel = tf.getKernel('Conv2DBackpropInput', backend)!
    const calls: string[] = []
    const { kernelFunc } = kernel
    const counted = kernel as { kernelFunc: typeof kernelFunc }
    counted.kernelFunc = (call) => {
      calls.push('input')
      return kernelFunc(call)
    }
    try {
      tf.tidy(() => tf.variableGrads(() => tf.sum(convolution(x, filter, bias)), [filter]))
      expect(calls).toEqual([])
      tf.tidy(() => tf.grad((t) => tf.sum(convolution(t as tf.Tensor4D, filter, bias)))(x))
      expect(calls).toEqual(['input'])
    } finally {
      counted.kernelFunc = kernelFunc
      tf.dispose([x, filter, bias])
    }
  })

  it('convolution refuses a bias of another length', async () => {
    const x = normal([1, 5, 5, 2], 1) as tf.Tensor4D
    const filter = normal([3, 3, 2, 2], 2) as tf.Tensor4D
    const bias = tf.zeros([3]) as tf.Tensor1D
    await expectNoLeakWhenThrowing(() => convolution(x, filter, bias), 'bias must have the shape [2]')
    tf.dispose([x, filter, bias])
  })

  it('refuse what is not float32, and Adam other shapes', async () => {
    const [x, integers] = [tf.ones([1, 4, 4, 2]), tf.ones([1, 4, 4, 2], 'int32')] as [tf.Tensor4D, tf.Tensor4D]
    const [filter, integerFilter] = [tf.ones([3, 3, 2, 2]), tf.ones([3, 3, 2, 2], 'int32')] as [
      tf.Tensor4D,
      tf.Tensor4D,
    ]
    const [bias, integerBias] = [tf.ones([2]), tf.ones([2], 'int32')] as [tf.Tensor1D, tf.Tensor1D]
    const numbers = { beta1: 0.9, beta2: 0.999, scale: 3e-3, root: 1.4, epsilon: 1e-8 }
    const [weight, m, v] = [x, x, x]
    const cases: [() => unknown, string][] = [
      [() => convolution(integers, filter, bias), 'x must be of type float32; received "int32"'],
      [() => convolution(x, integerFilter, bias), 'filter must be of type float32'],
      [() => convolution(x, filter, integerBias), 'bias must be of type float32'],
      [() => residualDenseBlock(integers, [filter], [bias]), 'x must be of type float32'],
      [() => residualDenseBlock(x, [integerFilter], [bias]), 'filters[0] must be of type float32'],
      [() => residualDenseBlock(x, [filter], [integerBias]), 'biases[0] must be of type float32'],
      [() => standardise(integers), 'x must be of type float32'],
      [() => adamUpdate({ weight, m, v, gradient: integers }, numbers), 'gradient must be of type float32'],
      [() => adamUpdate({ weight, m, v: bias, gradient: x }, numbers), 'v must have the shape [1,4,4,2] of weight'],
    ]
    for (const [run, message] of cases) await expectNoLeakWhenThrowing(run, message)
    tf.dispose([x, integers, filter, integerFilter, bias, integerBias])
  })

  it('leakyRelu has the slope of its value, and at 0 the one below', async () => {
    const x = tf.tensor([-2, -0.5, 0.5, 3])
    for (const slope of [0, 0.2, 1]) await checkGradient((t) => leakyRelu(t, slope), x)
    const zero = tf.scalar(0)
    const gradient = tf.grad((t) => leakyRelu(t, 0.2))(zero)
    expectClose(await gradient.data(), [0.2], 1e-7)
    await expectNoLeakWhenThrowing(() => leakyRelu(x, 2), 'slope')
    tf.dispose([x, zero, gradient])
  })

  it('addScaled keeps nothing for the gradient of either side', async () => {
    const [x, y] = [normal([2, 3], 1), normal([2, 3], 2)]
    await expectNoLeak(async () => {
      const sum = addScaled(x, y, 0.25)
      const [a, b] = [await x.data(), await y.data()]
      expectClose(
        await sum.data(),
        Array.from(a, (value, i) => value + 0.25 * b[i]!),
        1e-6,
      )
      return sum
    })
    await checkGradient((t) => tf.square(addScaled(t, y, 0.25)), x)
    await checkGradient((t) => tf.square(addScaled(x, t, 0.25)), y)
    // Both sides at once: their gradients add up.
    await checkGradient((t) => addScaled(t, t, 0.25), x)
    tf.grad((t) => {
      const before = tf.memory().numTensors
      const sum = addScaled(x, t, 0.25)
      expect(tf.memory().numTensors).toBe(before + 1)
      return sum
    })(y).dispose()
    const turned = tf.reshape(y, [3, 2])
    await expectNoLeakWhenThrowing(() => addScaled(x, turned, 1), 'y must have the shape [2,3] of x')
    tf.dispose([x, y, turned])
  })

  it('finiteCheck sees what is not finite wherever it is, and nothing beside the tensors', async () => {
    const isFinite = async (tensors: readonly tf.Tensor[]): Promise<boolean> => {
      const check = finiteCheck(tensors)
      const numbers = await check.data()
      check.dispose()
      return numbers.every((value) => Number.isFinite(value))
    }
    await expectNoLeak(async () => {
      for (const size of [0, 1, 3, 8, 13, 70_001]) {
        // Neighbours in the heap.
        const [before, x, after] = [tf.fill([16], NaN), normal([size], 1), tf.fill([16], NaN)]
        expect(await isFinite([x])).toBe(true)
        expect(await isFinite([x, before])).toBe(false)
        expect(await isFinite([after, x])).toBe(false)
        for (const place of size > 100 ? [0, 32_767, 32_768, 69_999, 70_000] : Array(size).keys()) {
          for (const value of [NaN, Infinity, -Infinity]) {
            const numbers = Float32Array.from({ length: size }, (_, i) => (i === place ? value : -3e38 + i))
            const y = tf.tensor1d(numbers)
            expect(await isFinite([x, y]), `${value} at ${place} of ${size}`).toBe(false)
            y.dispose()
          }
        }
        tf.dispose([before, x, after])
      }
      return tf.scalar(0)
    })
  })

  it('adamUpdate is one step of Adam in float64', async () => {
    const [w, m, v, g] = [1, 2, 3, 4].map((seed) => normal([3, 5], seed)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ]
    const square = tf.square(v)
    const numbers = { beta1: 0.9, beta2: 0.999, scale: 3e-3, root: 1.4, epsilon: 1e-8 }
    await expectNoLeak(async () => {
      const updated = adamUpdate({ weight: w, m, v: square, gradient: g }, numbers)
      const [w0, m0, v0, g0] = await Promise.all([w, m, square, g].map((tensor) => tensor.data()))
      const expected = Array.from(g0!, (slope, i) => {
        const first = 0.9 * m0![i]! + 0.1 * slope
        const second = 0.999 * v0![i]! + 0.001 * slope ** 2
        return [w0![i]! - (3e-3 * first) / (1.4 * Math.sqrt(second) + 1e-8), first, second]
      })
      for (const k of [0, 1, 2])
        expectClose(
          await updated[k]!.data(),
          expected.map((row) => row[k]!),
          1e-6,
        )
      return updated
    })
    tf.dispose([w, m, v, g, square])
  })

  it('standardise brings every channel of every image to mean 0 and variance 1', async () => {
    const x = tf.tidy(() => tf.add(tf.mul(normal([2, 300, 200, 3], 5), 0.01), 0.7)) as tf.Tensor4D
    await expectNoLeak(async () => {
      const y = standardise(x, 1e-4)
      const [from, to] = [await x.data(), await y.data()]
      const expected = new Float64Array(from.length)
      const pixels = 300 * 200
      for (let b = 0; b < 2; b++) {
        for (let c = 0; c < 3; c++) {
          const at = (i: number): number => (b * pixels + i) * 3 + c
          const indices = Array.from({ length: pixels }, (_, i) => at(i))
          const average = indices.reduce((sum, i) => sum + from[i]!, 0) / pixels
          const variance = indices.reduce((sum, i) => sum + (from[i]! - average) ** 2, 0) / pixels
          for (const i of indices) expected[i] = (from[i]! - average) / Math.sqrt(variance + 1e-4)
        }
      }
      expectClose(to, expected, backend === 'wasm' ? 1e-6 : 1e-4)
      return y
    })
    x.dispose()
  })

  it('standardise has the slope of its value', async () => {
    const x = normal([2, 3, 2, 2], 6) as tf.Tensor4D
    const weights = normal([2, 3, 2, 2], 7)
    const bias = tf.zeros([3])
    await checkGradient((t) => tf.mul(standardise(t as tf.Tensor4D, 1e-2), weights), x, { step: 5e-3 })
    await expectNoLeakWhenThrowing(() => standardise(bias as never), 'x must')
    tf.dispose([x, weights, bias])
  })
})
