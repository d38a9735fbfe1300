import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { residualDenseBlock, wasmMemory, type ResidualDenseBlockOptions } from '../../src/backend/index.js'
import { ownKernels } from '../../src/backend/ops/ownKernel.js'
import { useBackend } from '../helpers/backend.js'
import { checkGradient, expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

/** x, then filters, then biases of a block. */
function made(
  shape: readonly [number, number, number, number],
  growths: readonly number[],
  { size = 3, seed = 1 } = {},
): { x: tf.Tensor4D; filters: tf.Tensor4D[]; biases: tf.Tensor1D[] } {
  const normal = (of: number[], deviation: number, at: number): tf.Tensor =>
    tf.randomNormal(of, 0, deviation, 'float32', seed + at)
  let channels = shape[3]
  const filters: tf.Tensor4D[] = []
  for (const [k, outputs] of [...growths, shape[3]].entries()) {
    const deviation = 1 / Math.sqrt(size * size * channels)
    filters.push(normal([size, size, channels, outputs], deviation, 10 + k) as tf.Tensor4D)
    channels += outputs
  }
  const biases = filters.map((filter, k) => normal([filter.shape[3]], 0.3, 20 + k) as tf.Tensor1D)
  return { x: normal([...shape], 1, 0) as tf.Tensor4D, filters, biases }
}

/** The block by tfjs's plain operations. */
function plain(
  x: tf.Tensor4D,
  filters: readonly tf.Tensor4D[],
  biases: readonly tf.Tensor1D[],
  { slope = 0.2, scale = 0.2 }: ResidualDenseBlockOptions,
): tf.Tensor4D {
  let seen = x
  for (const [k, filter] of filters.entries()) {
    const sum = tf.add(tf.conv2d(seen, filter, 1, 'same'), biases[k]!) as tf.Tensor4D
    if (k === filters.length - 1) return tf.add(tf.mul(sum, scale), x)
    seen = tf.concat([seen, tf.leakyRelu(sum, slope)], 3)
  }
  throw new Error('no filters')
}

const all = ({ x, filters, biases }: ReturnType<typeof made>): tf.Tensor[] => [x, ...filters, ...biases]

describe.each(['wasm', 'cpu'] as const)('residualDenseBlock on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  for (const [shape, growths, options] of [
    [[1, 8, 8, 8], [4, 4, 4, 4], {}],
    [[2, 5, 7, 6], [3, 3, 3, 3], {}],
    [[3, 1, 2, 1], [1, 2], { slope: 0, scale: 1 }],
    [[1, 9, 13, 5], [], { scale: 0.5 }],
    [[2, 26, 23, 6], [5, 35], {}],
    [[1, 6, 6, 16], [8, 8, 8, 8], { slope: 1, scale: 0 }],
  ] as const) {
    it(`equals tfjs's operations, as do all gradients: ${shape.join('x')}, growth ${growths.join(',')}`, async () => {
      const block = made(shape, growths)
      const inputs = all(block)
      const n = block.filters.length
      const split = (tensors: readonly tf.Tensor[]): Parameters<typeof residualDenseBlock> => [
        tensors[0] as tf.Tensor4D,
        tensors.slice(1, n + 1) as tf.Tensor4D[],
        tensors.slice(n + 1) as tf.Tensor1D[],
        options,
      ]
      const ours = (tensors: readonly tf.Tensor[]): tf.Tensor => residualDenseBlock(...split(tensors))
      const theirs = (tensors: readonly tf.Tensor[]): tf.Tensor =>
        tf.tidy(() => plain(...(split(tensors) as Parameters<typeof plain>)))
      const weighted =
        (f: typeof ours) =>
        (...tensors: tf.Tensor[]) =>
          tf.sum(tf.square(f(tensors))) as tf.Scalar
      await expectNoLeak(async () => {
        const [actual, expected] = [ours(inputs), theirs(inputs)]
        expectClose(await actual!.data(), await expected!.data(), 2e-5)
        const gradients = [ours, theirs].map((f) => tf.grads(weighted(f))(inputs))
        for (const i of inputs.keys()) {
          expectClose(await gradients[0]![i]!.data(), await gradients[1]![i]!.data(), 3e-4)
        }
        return [actual, expected, ...gradients.flat()]
      })
      tf.dispose(inputs)
    })
  }

  it('has the slope of its value', async () => {
    const { x, filters, biases } = made([1, 3, 5, 2], [2, 1])
    const weights = tf.randomNormal(x.shape, 0, 1, 'float32', 9)
    const f = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Tensor =>
      tf.mul(
        residualDenseBlock(
          a as tf.Tensor4D,
          [b as tf.Tensor4D, ...filters.slice(1)],
          [biases[0]!, c as tf.Tensor1D, biases[2]!],
        ),
        weights,
      )
    // Away from the corners of the activation a small step tells the slope.
    const options = { step: 2e-3, tolerance: 5e-3 }
    await checkGradient((t) => f(t, filters[0]!, biases[1]!), x, options)
    await checkGradient((t) => f(x, t, biases[1]!), filters[0]!, options)
    await checkGradient((t) => f(x, filters[0]!, t), biases[1]!, options)
    tf.dispose([x, ...filters, ...biases, weights])
  })

  it('gives one gradient without the others, and none where nothing is asked for', async () => {
    const { x, filters, biases } = made([1, 4, 4, 4], [4, 4])
    await expectNoLeak(async () => {
      const whole = tf.grads((...[a, b, c, d, ...rest]: tf.Tensor[]) =>
        residualDenseBlock(a as tf.Tensor4D, [b, c, d] as tf.Tensor4D[], rest as tf.Tensor1D[]),
      )([x, ...filters, ...biases])
      const own = tf.grad((t) => residualDenseBlock(t as tf.Tensor4D, filters, biases))(x)
      const second = tf.grad((t) => residualDenseBlock(x, [filters[0]!, t as tf.Tensor4D, filters[2]!], biases))(
        filters[1]!,
      )
      expectClose(await own.data(), await whole[0]!.data(), 1e-6)
      expectClose(await second.data(), await whole[2]!.data(), 1e-6)
      return [...whole, own, second]
    })
    const before = tf.memory().numBytes
    const y = residualDenseBlock(x, filters, biases)
    expect(tf.memory().numBytes - before).toBe(4 * x.size)
    tf.dispose([x, ...filters, ...biases, y])
  })

  it('takes filters of other sizes', async () => {
    const { x, filters, biases } = made([1, 6, 5, 3], [2, 4], { size: 5 })
    await expectNoLeak(async () => {
      const y = residualDenseBlock(x, filters, biases)
      const expected = tf.tidy(() => plain(x, filters, biases, {}))
      expectClose(await y.data(), await expected.data(), 2e-5)
      return [y, expected]
    })
    tf.dispose([x, ...filters, ...biases])
  })

  it('refuses what does not fit', async () => {
    const { x, filters, biases } = made([1, 4, 4, 4], [4, 4])
    const cases: [() => unknown, string][] = [
      [() => residualDenseBlock(biases[0] as never, filters, biases), 'x must'],
      [() => residualDenseBlock(x, [], []), 'filters must hold at least one'],
      [() => residualDenseBlock(x, filters, biases.slice(1)), 'biases must be as many as the filters, 3'],
      [
        () => residualDenseBlock(x, [filters[0]!, filters[2]!], biases.slice(1)),
        'filters[1] must have the shape [rows, columns, 8, out]',
      ],
      [
        () => residualDenseBlock(x, filters, [biases[0]!, biases[1]!, tf.tensor1d([1])]),
        'biases[2] must have the shape [4]',
      ],
      [() => residualDenseBlock(x, filters, biases, { slope: 2 }), 'options.slope'],
      [() => residualDenseBlock(x, filters, biases, { scale: -1 }), 'options.scale'],
    ]
    for (const [run, message] of cases) await expectNoLeakWhenThrowing(() => tf.tidy(() => run() as tf.Tensor), message)
    tf.dispose([x, ...filters, ...biases])
  })
})

describe('residualDenseBlock with kernels of its own', () => {
  beforeAll(() => useBackend('wasm'))

  it('keeps its buffer for the gradient and nothing else', () => {
    const { x, filters, biases } = made([1, 4, 4, 4], [4, 4])
    const filter = tf.variable(filters[0]!)
    let kept = 0
    const before = tf.memory().numBytes
    const { value, grads } = tf.variableGrads(() => {
      const y = tf.tidy(() => residualDenseBlock(x, [filter, ...filters.slice(1)], biases))
      kept = tf.memory().numBytes - before
      return tf.sum(y)
    }, [filter])
    // y with 4 channels, and the buffer with 4 + 4 + 4; tfjs counts the filters once more, whose memory is the same.
    const weights = filters.reduce((sum, { size }) => sum + size, 0)
    expect(kept).toBe(4 * (16 * (4 + 12) + weights))
    tf.dispose([value, grads, x, ...filters, ...biases, filter])
  })

  it('is made of other operations where its kernel is missing, with the same numbers', async () => {
    const { x, filters, biases } = made([2, 6, 7, 8], [4, 8])
    const name = ownKernels.residualDenseBlock
    const kernel = tf.getKernel(name, 'wasm')!
    const gradient = (): tf.Tensor => tf.grad((t) => residualDenseBlock(t as tf.Tensor4D, filters, biases))(x)
    await expectNoLeak(async () => {
      const [y, dx] = [residualDenseBlock(x, filters, biases), gradient()]
      tf.unregisterKernel(name, 'wasm')
      try {
        const [composed, composedGradient] = [residualDenseBlock(x, filters, biases), gradient()]
        expectClose(await composed!.data(), await y!.data(), 2e-5)
        expectClose(await composedGradient!.data(), await dx!.data(), 2e-5)
        return [y, dx, composed, composedGradient]
      } finally {
        tf.registerKernel(kernel)
      }
    })
    tf.dispose([x, ...filters, ...biases])
  })

  it('leaves the heap as large as it was, over hundreds of gradients', () => {
    const block = made([1, 9, 10, 8], [4, 4])
    const inputs = all(block)
    const n = block.filters.length
    const run = (): void =>
      tf.dispose(
        tf.grads((x, ...rest) =>
          residualDenseBlock(x as tf.Tensor4D, rest.slice(0, n) as tf.Tensor4D[], rest.slice(n) as tf.Tensor1D[]),
        )(inputs),
      )
    for (let i = 0; i < 20; i++) run()
    const before = wasmMemory()!.heapBytes
    for (let i = 0; i < 400; i++) run()
    expect(wasmMemory()!.heapBytes).toBe(before)
    tf.dispose(inputs)
  })
})
