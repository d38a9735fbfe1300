import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/random.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak } from '../helpers/tensors.js'

const uniform = (seed: number, name: string, length: number): Float32Array => {
  const random = createRandom(seed, name)
  return Float32Array.from({ length }, () => random.uniform())
}

/** Sums over axes in float64, with the kept axes in order. */
function sums(x: Float32Array, shape: number[], axes: number[]): Float64Array {
  const kept = shape.map((_, i) => i).filter((i) => !axes.includes(i))
  const out = new Float64Array(kept.reduce((product, i) => product * shape[i]!, 1))
  x.forEach((value, flat) => {
    const place: number[] = []
    for (let d = shape.length - 1, rest = flat; d >= 0; d--) {
      place[d] = rest % shape[d]!
      rest = Math.floor(rest / shape[d]!)
    }
    const to = kept.reduce((index, i) => index * shape[i]! + place[i]!, 0)
    out[to] = out[to]! + value
  })
  return out
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length)
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0)
}

describe.each(['cpu', 'wasm'] as const)('repaired kernels on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it('add up a million values without losing count', async () => {
    const x = tf.fill([1024, 1024], 0.1)
    const results = tf.tidy(() => [tf.mean(x), tf.sum(x), tf.mean(x, 0), tf.mean(x, 1), tf.moments(x).variance])
    const [mean, sum, columns, rows, variance] = await Promise.all(results.map((t) => t.data()))
    const value = Math.fround(0.1)
    expectClose([mean![0]! / value, sum![0]! / value / 2 ** 20], [1, 1], 2e-6)
    expectClose([columns![1023]! / value, rows![1023]! / value], [1, 1], 2e-6)
    expect(variance![0]).toBeLessThan(1e-12)
    tf.dispose([x, results])
  })

  it.each([[[0, 1, 2]], [[3]], [[1, 2]], [[0]], [[0, 3]], [[1, 3]], [[0, 2]], [[0, 1, 2, 3]], [[-1, 1]]])(
    'sum over the axes %j, with and without keeping them',
    async (axes) => {
      for (const shape of [
        [3, 4, 5, 6],
        [1, 4, 1, 7],
        [2, 1, 3, 1],
      ]) {
        const values = uniform(1, 'sum', tf.util.sizeFromShape(shape))
        const truth = sums(values, shape, tf.util.parseAxisParam(axes, shape))
        const x = tf.tensor(values, shape)
        for (const keepDims of [false, true]) {
          const [sum, mean] = [tf.sum(x, axes, keepDims), tf.mean(x, axes, keepDims)]
          const outShape = shape.flatMap((n, i) =>
            axes.includes(i) || axes.includes(i - shape.length) ? (keepDims ? [1] : []) : [n],
          )
          expect([sum.shape, mean.shape]).toEqual([outShape, outShape])
          expectClose(await sum.data(), truth, 1e-6)
          expectClose(
            await mean.data(),
            truth.map((value) => (value * truth.length) / values.length),
            1e-6,
          )
          tf.dispose([sum, mean])
        }
        x.dispose()
      }
    },
  )

  it('sum integers, nothing, and what is not a number', async () => {
    const results = tf.tidy(() => [
      tf.sum(tf.tensor1d([1, 2, 3], 'int32')),
      tf.sum(tf.zeros([0, 3]), 0),
      tf.sum(tf.tensor1d([1, NaN])),
      tf.mean(tf.tensor1d([1, 2], 'int32')),
    ])
    expect(results.map(({ dtype }) => dtype)).toEqual(['int32', 'float32', 'float32', 'float32'])
    const values = await Promise.all(results.map((t) => t.data()))
    expect(values.map((v) => Array.from(v))).toEqual([[6], [0, 0, 0], [NaN], [1.5]])
    tf.dispose(results)
  })

  it('tell the sign of the smallest values, so that abs has a gradient there', async () => {
    const x = tf.tensor1d([1e-8, -1e-8, 1e-30, -3, 0, Infinity])
    const [sign, slope] = tf.tidy(() => [tf.sign(x), tf.grad((t) => tf.abs(t))(x)])
    expect(Array.from(await sign.data())).toEqual([1, -1, 1, -1, 0, 1])
    expect(Array.from(await slope.data()).slice(0, 4)).toEqual([1, -1, 1, -1])
    tf.dispose([x, sign, slope])
    const integers = tf.tidy(() => tf.sign(tf.tensor1d([-5, 0, 7], 'int32')))
    expect([integers.dtype, ...(await integers.data())]).toEqual(['int32', -1, 0, 1])
    integers.dispose()
  })

  it('transform every image of a batch, by one matrix or one each', async () => {
    const images = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 4, 1])
    const left = [1, 0, 1, 0, 1, 0, 0, 0]
    const right = [1, 0, -1, 0, 1, 0, 0, 0]
    for (const [matrices, expected] of [
      [[left], [2, 3, 4, 0, 6, 7, 8, 0]],
      [
        [left, right],
        [2, 3, 4, 0, 0, 5, 6, 7],
      ],
    ] as const) {
      const moved = tf.image.transform(images, tf.tensor2d(matrices.map((row) => [...row])), 'nearest')
      expect(moved.shape).toEqual([2, 1, 4, 1])
      expect(Array.from(await moved.data())).toEqual(expected)
      moved.dispose()
    }
    images.dispose()
  })

  // What TensorFlow's documentation draws: d c b a | a b c d | d c b a, and so on.
  it.each([
    ['reflect', [2, 3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0, 1]],
    ['wrap', [3, 3, 3, 3, 2, 3, 0, 1, 2, 3, 0, 1, 0, 0, 0, 0]],
    ['nearest', [0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3, 3]],
    ['constant', [9, 9, 9, 9, 9, 9, 0, 1, 2, 3, 9, 9, 9, 9, 9, 9]],
  ] as const)('fill what a transform reads outside: %s', async (mode, expected) => {
    const image = tf.tensor4d([0, 1, 2, 3], [1, 1, 4, 1])
    const matrix = tf.tensor2d([1, 0, -6, 0, 1, 0, 0, 0], [1, 8])
    const moved = tf.image.transform(image, matrix, 'nearest', mode, 9, [1, 16])
    // tfjs's wrap follows TensorFlow, which repeats with a period of one less far outside.
    expect(Array.from(await moved.data())).toEqual(expected)
    const between = tf.image.transform(
      image,
      tf.tensor2d([1, 0, -1.5, 0, 1, 0, 0, 0], [1, 8]),
      'bilinear',
      mode,
      9,
      [1, 6],
    )
    const first = { reflect: 0.5, wrap: 2.5, nearest: 0, constant: 9 }[mode]
    expectClose([(await between.data())[0]!, (await between.data())[3]!], [first, 1.5], 1e-6)
    tf.dispose([image, matrix, moved, between])
  })

  // A linear operation and its gradient are adjoint: <f(x), dy> = <x, gradient(dy)>.
  const linear: [string, (x: tf.Tensor4D) => tf.Tensor4D][] = [
    ['averages of 3x3, stride 2, same', (x) => tf.avgPool(x, 3, 2, 'same')],
    ['averages of 2x3, stride 1, same', (x) => tf.avgPool(x, [2, 3], 1, 'same')],
    ['averages of 2x2, stride 2, valid', (x) => tf.avgPool(x, 2, 2, 'valid')],
    ['averages with pads', (x) => tf.avgPool(x, 3, 1, 1)],
    ['nearest resize up', (x) => tf.image.resizeNearestNeighbor(x, [13, 10])],
    ['nearest resize down', (x) => tf.image.resizeNearestNeighbor(x, [3, 4])],
    ['nearest resize with aligned corners', (x) => tf.image.resizeNearestNeighbor(x, [13, 11], true)],
    ['bilinear resize up', (x) => tf.image.resizeBilinear(x, [13, 10])],
    ['bilinear resize with aligned corners', (x) => tf.image.resizeBilinear(x, [4, 9], true)],
  ]
  it.each(linear)('have the adjoint gradient: %s', async (_, fn) => {
    const x = uniform(3, 'x', 2 * 6 * 5 * 3)
    const input = tf.tensor4d(x, [2, 6, 5, 3])
    const y = fn(input)
    const dy = uniform(3, 'dy', y.size)
    const upstream = tf.tensor4d(dy, y.shape)
    const gradient = tf.grad((t) => fn(t as tf.Tensor4D))(input, upstream)
    expect(gradient.shape).toEqual(input.shape)
    const [forward, backward] = [dot(await y.data(), dy), dot(x, await gradient.data())]
    expect(Math.abs(forward - backward) / Math.abs(forward)).toBeLessThan(1e-6)
    // One element of x alone, so that a permuted gradient does not pass.
    const place = 2 * 5 * 3 + 2 * 3 + 1 + 90
    const alone = new Float32Array(x.length)
    alone[place] = 1
    const single = fn(tf.tensor4d(alone, [2, 6, 5, 3]))
    expect(dot(await single.data(), dy)).toBeCloseTo((await gradient.data())[place]!, 5)
    tf.dispose([input, y, upstream, gradient, single])
  })
})

describe('Einstein sums on wasm', () => {
  beforeAll(() => useBackend('wasm'))

  it('equal products, transposes and sums', async () => {
    const [a, b] = [uniform(2, 'a', 24), uniform(2, 'b', 40)]
    const [x, y] = [tf.tensor(a, [2, 3, 4]), tf.tensor(b, [2, 4, 5])]
    const run = (): tf.Tensor[] => [
      tf.einsum('bij,bjk->bik', x, y),
      tf.einsum('bij->jib', x),
      tf.einsum('bij->', x),
      tf.einsum('bij->bij', x),
      tf.einsum('bij,bjk->kb', x, y),
    ]
    await expectNoLeak(run)
    const results = run()
    const product = tf.matMul(x, y)
    const truths = tf.tidy(() => [
      tf.matMul(x, y),
      tf.transpose(x, [2, 1, 0]),
      tf.sum(x),
      tf.clone(x),
      tf.transpose(tf.sum(product, 1)),
    ])
    for (const [i, result] of results.entries()) {
      expect(result.shape).toEqual(truths[i]!.shape)
      expectClose(await result.data(), await truths[i]!.data(), 1e-5)
    }
    // What only passes x on is a tensor of its own.
    results[3]!.dispose()
    expectClose(await x.data(), a, 0)
    tf.dispose([x, y, product, results, truths])
  })
})

describe('convolutions on wasm', () => {
  type Pads = [[number, number], [number, number], [number, number], [number, number]]
  const cases: [
    string,
    [number, number],
    [number, number],
    number | [number, number],
    'same' | 'valid' | number,
    number,
  ][] = [
    ['a stride above the kernel, same', [7, 6], [2, 2], 3, 'same', 1],
    ['a stride above the kernel on one axis', [7, 6], [2, 2], [1, 3], 'same', 1],
    ['one tap with a stride', [7, 6], [1, 1], 2, 'same', 1],
    ['a tall kernel with a numeric pad', [9, 9], [5, 1], 1, 1, 1],
    ['a wide kernel with a numeric pad', [9, 9], [1, 5], 1, 1, 1],
    ['a wide kernel with a numeric pad and a stride', [9, 8], [2, 3], 2, 1, 1],
    ['outputs that see the padding only', [5, 2], [4, 1], 1, 1, 1],
    ['dilation', [9, 9], [3, 3], 1, 'same', 2],
    ['a kernel as wide as the image', [7, 6], [7, 6], 1, 'valid', 1],
    ['a kernel one wider than the image', [7, 6], [7, 7], 1, 'valid', 1],
  ]
  it.each(cases)('equal those of cpu: %s', async (_, [height, width], [kh, kw], stride, pad, dilation) => {
    const x = uniform(4, 'x', 2 * height * width * 3)
    const filter = uniform(4, 'filter', kh * kw * 3 * 2)
    const bias = uniform(4, 'bias', 2)
    const results: { shape: number[]; values: ArrayLike<number> }[][] = []
    for (const backend of ['cpu', 'wasm'] as const) {
      await useBackend(backend)
      const before = tf.memory().numTensors
      const tensors = tf.tidy(() => {
        const image = tf.tensor4d(x, [2, height, width, 3])
        const taps = tf.tensor4d(filter, [kh, kw, 3, 2])
        const options = { x: image, strides: stride, pad, dilations: dilation, activation: 'relu' } as const
        return [
          tf.conv2d(image, taps, stride, pad, 'NHWC', dilation),
          tf.depthwiseConv2d(image, taps, stride, pad, 'NHWC', dilation),
          tf.fused.conv2d({ ...options, filter: taps, bias: tf.tensor1d(bias) }),
          tf.fused.depthwiseConv2d({ ...options, filter: taps, bias: tf.tile(tf.tensor1d(bias), [3]) }),
        ]
      })
      results.push(await Promise.all(tensors.map(async (t) => ({ shape: t.shape, values: await t.data() }))))
      tf.dispose(tensors)
      expect(tf.memory().numTensors).toBe(before)
    }
    results[1]!.forEach(({ shape, values }, i) => {
      expect(shape).toEqual(results[0]![i]!.shape)
      expectClose(values, results[0]![i]!.values, 1e-5)
    })
  })

  it('with a kernel beyond the image are refused, and leave the heap whole', async () => {
    await useBackend('wasm')
    const x = tf.ones([1, 3, 3, 1]) as tf.Tensor4D
    const filter = tf.ones([5, 5, 1, 1]) as tf.Tensor4D
    const pads: Pads = [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ]
    expect(() => tf.conv2d(x, filter, 1, pads)).toThrow(
      "the convolution's kernel is larger than its input, 1 x 3 x 3 x 1",
    )
    expect(Array.from(await x.data())).toEqual(Array.from({ length: 9 }, () => 1))
    tf.dispose([x, filter])
  })
})

describe('pooling on wasm', () => {
  const cases: [[number, number], number, 'same' | 'valid' | number][] = [
    [[1, 3], 1, 1],
    [[3, 1], 1, 1],
    [[3, 2], 2, 1],
    [[2, 3], 3, 1],
    [[2, 3], 3, 'same'],
    [[3, 3], 2, 1],
  ]
  it.each(cases)('equals that of cpu: window %j, stride %d, pad %s', async (window, stride, pad) => {
    const x = uniform(5, 'x', 2 * 7 * 6 * 3)
    const results: { shape: number[]; values: number[] }[][] = []
    for (const backend of ['cpu', 'wasm'] as const) {
      await useBackend(backend)
      const tensors = tf.tidy(() => {
        const image = tf.tensor4d(x, [2, 7, 6, 3])
        return [tf.maxPool(image, window, stride, pad), tf.avgPool(image, window, stride, pad)]
      })
      results.push(
        await Promise.all(
          tensors.map(async (t) => ({ shape: t.shape, values: Array.from(await t.data(), Math.fround) })),
        ),
      )
      tf.dispose(tensors)
    }
    results[1]!.forEach(({ shape, values }, i) => {
      expect(shape).toEqual(results[0]![i]!.shape)
      expectClose(values, results[0]![i]!.values, 1e-5)
    })
  })
})

describe('on wasm', () => {
  beforeAll(() => useBackend('wasm'))

  it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const)(
    'a fused matrix product adds its bias to every row: %s',
    async (activation) => {
      const [a, b] = [tf.tensor(uniform(6, 'a', 40), [2, 4, 5]), tf.tensor(uniform(6, 'b', 30), [2, 5, 3])]
      const [bias, alpha] = [tf.tensor1d([-2, 0.5, -1]), tf.tensor1d([0.1, 0.2, 0.3])]
      const plain = {
        linear: (x: tf.Tensor) => x,
        relu: tf.relu,
        relu6: tf.relu6,
        elu: tf.elu,
        sigmoid: tf.sigmoid,
        leakyrelu: (x: tf.Tensor) => tf.leakyRelu(x, 0.3),
        prelu: (x: tf.Tensor) => tf.prelu(x, alpha),
      }[activation]
      const expected = tf.tidy(() => plain(tf.add(tf.matMul(a, b), bias)))
      for (const transposeA of [false, true])
        for (const transposeB of [false, true]) {
          const run = (): tf.Tensor =>
            tf.tidy(() =>
              tf.fused.matMul({
                a: transposeA ? tf.transpose(a, [0, 2, 1]) : a,
                b: transposeB ? tf.transpose(b, [0, 2, 1]) : b,
                transposeA,
                transposeB,
                bias,
                activation,
                preluActivationWeights: alpha,
                leakyreluAlpha: 0.3,
              }),
            )
          const product = run()
          expectClose(await product.data(), await expected.data(), 1e-5)
          product.dispose()
          await expectNoLeak(run)
        }
      tf.dispose([a, b, bias, alpha, expected])
    },
  )

  it('every number but 0 is true', async () => {
    const casts = tf.tidy(() => [
      tf.cast(tf.tensor1d([0.5, 256, 0, -0, -1.7, NaN]), 'bool'),
      tf.cast(tf.tensor1d([256, 0, -1], 'int32'), 'bool'),
      tf.cast(tf.tensor1d([1.7, -1.7]), 'int32'),
      tf.cast(tf.tensor1d([true, false], 'bool'), 'float32'),
    ])
    const values = await Promise.all(casts.map(async (t) => Array.from(await t.data())))
    expect(values).toEqual([
      [1, 1, 0, 0, 1, 1],
      [1, 0, 1],
      [1, -1],
      [1, 0],
    ])
    tf.dispose(casts)
  })
})
