import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { wasmMemory, wasmPrecisions } from '../../src/backend/index.js'
import { wasmBackend } from '../../src/backend/wasm/backend.js'
import {
  algorithms,
  chooseAlgorithm,
  forceAlgorithm,
  sizeOfConvolution,
  winogradKinds,
  type ConvolutionKind,
  type Operation,
} from '../../src/backend/wasm/native/choice.js'
import { channelSteps, choices, pixelSteps } from '../../src/backend/wasm/native/choices.js'
import { startBackend } from '../../src/node/index.js'
import { createRandom } from '../../src/random.js'

beforeAll(() => startBackend('wasm', { threads: 2 }))
afterEach(() => forceAlgorithm(undefined))

const operations: readonly Operation[] = ['forward', 'inputGradient', 'filterGradient']

/** A convolution with its gradients, and the product of a dense layer with its gradients. */
function compute(size: number, strides: number): void {
  tf.tidy(() => {
    const x = tf.ones<tf.Rank.R4>([2, size, size, 5])
    const filter = tf.ones<tf.Rank.R4>([3, 3, 5, 9])
    tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, 'same'))([
      x,
      filter,
    ])
    const [a, b] = [tf.ones([9, 40]), tf.ones([40, 30])]
    tf.grads((c: tf.Tensor, d: tf.Tensor) => tf.matMul(c, d))([a, b])
    tf.matMul(tf.ones([5, 30, 8]), tf.ones([5, 40, 8]), false, true)
  })
}

describe.each(Object.values(algorithms))('convolutions on wasm, %s', (algorithm) => {
  it('keep nothing: the heap is flat over a thousand', () => {
    forceAlgorithm(algorithm)
    for (const strides of [1, 2]) compute(13, strides)
    const before = { tensors: tf.memory().numTensors, bytes: tf.memory().numBytes, heap: wasmMemory()!.heapBytes }
    // The composed kernels take ten times as long.
    const times = algorithm === 'composed' ? 100 : 1000
    for (let i = 0; i < times; i++) compute(6 + (i % 8), 1 + (i % 2))
    expect({ tensors: tf.memory().numTensors, bytes: tf.memory().numBytes, heap: wasmMemory()!.heapBytes }).toEqual(
      before,
    )
  })

  it('free everything where a workspace does not fit', () => {
    forceAlgorithm(algorithm)
    const x = tf.ones<tf.Rank.R4>([2, 13, 13, 5])
    const filter = tf.ones<tf.Rank.R4>([3, 3, 5, 9])
    const { wasm } = wasmBackend()!
    const { _malloc, _free } = wasm
    const live = new Set<number>()
    let left = 0
    wasm._malloc = (bytes) => {
      if (left-- <= 0) throw new Error('no room')
      const place = _malloc(bytes)
      live.add(place)
      return place
    }
    wasm._free = (place) => {
      live.delete(place)
      _free(place)
    }
    try {
      let failures = 0
      for (let allowed = 0; allowed < 4; allowed++) {
        left = allowed
        try {
          tf.conv2d(x, filter, 1, 'same').dispose()
        } catch (error) {
          failures++
          expect((error as Error).message).toBe('no room')
        }
        expect([...live]).toEqual([])
      }
      expect(failures).toBeGreaterThan(0)
    } finally {
      Object.assign(wasm, { _malloc, _free })
      tf.dispose([x, filter])
    }
  })
})

describe('biases that are broadcast', () => {
  it.each(Object.values(algorithms))(
    'are refused by convolutions, %s, as no kernel of tfjs takes them',
    (algorithm) => {
      forceAlgorithm(algorithm)
      const [x, filter, bias] = [
        tf.ones<tf.Rank.R4>([1, 4, 4, 8]),
        tf.ones<tf.Rank.R4>([3, 3, 8, 8]),
        tf.ones<tf.Rank.R1>([1]),
      ]
      expect(() => tf.fused.conv2d({ x, filter, bias, strides: 1, pad: 'same' })).toThrow('FusedConv2D bias shape (1)')
      tf.dispose([x, filter, bias])
    },
  )

  it.each(['direct', 'composed'] as const)('are added to matrix products, %s', (algorithm) => {
    forceAlgorithm(algorithm)
    const [a, b] = [tf.ones<tf.Rank.R2>([3, 40]), tf.ones<tf.Rank.R2>([40, 30])]
    const biases = [tf.scalar(2), tf.tensor1d([2]), tf.tensor2d([[2], [3], [4]]), tf.fill([1, 30], 2)]
    const products = biases.map((bias) => tf.fused.matMul({ a, b, bias, activation: 'relu' }))
    const firsts = products.map((product) => (product.arraySync() as number[][]).map((row) => [row[0], row[29]]))
    const same = [42, 42]
    expect(firsts).toEqual([
      [same, same, same],
      [same, same, same],
      [same, [43, 43], [44, 44]],
      [same, same, same],
    ])
    tf.dispose([a, b, ...biases, ...products])
  })
})

describe.each(['direct', 'composed'] as const)('dense layers on wasm, %s', (algorithm) => {
  const shape = fc.record({
    rows: fc.integer({ min: 1, max: 40 }),
    inner: fc.integer({ min: 1, max: 70 }),
    columns: fc.integer({ min: 1, max: 40 }),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    activation: fc.constantFrom('linear', 'relu', 'leakyrelu', 'sigmoid'),
    hasBias: fc.boolean(),
    isBatched: fc.boolean(),
    seed: fc.nat(),
  })

  it('equal float64 with bias, activation and any transposes', async () => {
    forceAlgorithm(algorithm)
    await fc.assert(
      fc.asyncProperty(shape, async ({ rows, inner, columns, transposeA, transposeB, activation, ...rest }) => {
        const { hasBias, isBatched, seed } = rest
        const random = createRandom(seed, 'dense')
        const normal = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal(0, 1))
        const batch = isBatched ? 3 : 1
        const [a, b, bias] = [normal(batch * rows * inner), normal(batch * inner * columns), normal(columns)]
        const outer = isBatched ? [3] : []
        const shapeOf = (m: number, n: number, isTransposed: boolean): [number, number] =>
          [...outer, ...(isTransposed ? [n, m] : [m, n])] as unknown as [number, number]
        const y = tf.tidy(() =>
          tf.fused.matMul({
            a: tf.tensor(a, shapeOf(rows, inner, transposeA)) as tf.Tensor2D,
            b: tf.tensor(b, shapeOf(inner, columns, transposeB)) as tf.Tensor2D,
            transposeA,
            transposeB,
            activation,
            leakyreluAlpha: 0.25,
            ...(hasBias && { bias: tf.tensor1d(bias) }),
          }),
        )
        const actual = await y.data()
        expect(y.shape).toEqual([...outer, rows, columns])
        y.dispose()
        for (const [i, value] of actual.entries()) {
          const column = i % columns
          const row = Math.floor(i / columns) % rows
          const k = Math.floor(i / (rows * columns))
          let sum = hasBias ? bias[column]! : 0
          let size = Math.abs(sum) + 1
          for (let j = 0; j < inner; j++) {
            const left = a[k * rows * inner + (transposeA ? j * rows + row : row * inner + j)]!
            const term = left * b[k * inner * columns + (transposeB ? column * inner + j : j * columns + column)]!
            sum += term
            size += Math.abs(term)
          }
          const slope = { linear: 1, relu: 0, leakyrelu: 0.25, sigmoid: 1 }[activation]
          const expected = activation === 'sigmoid' ? 1 / (1 + Math.exp(-sum)) : sum > 0 ? sum : sum * slope
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-6 * size)
        }
      }),
      { numRuns: 80 },
    )
  })
})

describe('the table of algorithms', () => {
  it.each(wasmPrecisions)('has one for every shape, and of Winograd’s only those of its precision: %s', (precision) => {
    for (const operation of operations) {
      for (const [kind, rows] of Object.entries(choices[precision][operation])) {
        const allowed = winogradKinds.has(kind as ConvolutionKind)
          ? precision === 'fast'
            ? /^[cd24]+$/
            : /^[cd2]+$/
          : /^[cd]+$/
        expect(rows).toHaveLength(pixelSteps.length * channelSteps.length)
        for (const row of rows) {
          expect(row).toHaveLength(channelSteps.length)
          expect(row).toMatch(allowed)
        }
      }
    }
  })

  it('is read at the nearest shape', () => {
    const at = (pixels: number, inChannels: number, outChannels: number): string =>
      chooseAlgorithm('forward', { kind: '3x3', pixels, inChannels, outChannels }, 'fast')
    expect(at(1, 1, 1)).toBe(at(pixelSteps[0]!, channelSteps[0]!, channelSteps[0]!))
    expect(at(2 ** 20, 2 ** 9, 2 ** 9)).toBe(at(pixelSteps.at(-1)!, channelSteps.at(-1)!, channelSteps.at(-1)!))
    expect(at(8000, 60, 70)).toBe(at(8192, 64, 64))
    // What the generator is made of.
    expect(at(1024, 192, 64)).toBe('winograd4')
  })

  it.each([
    { operation: 'filterGradient', kind: '3x3', precision: 'exact', most: { pixels: 32_768 } },
    { operation: 'filterGradient', kind: '4x4/2', precision: 'fast', most: { pixels: 98_304 } },
    { operation: 'forward', kind: '3x3', precision: 'exact', most: { inChannels: 512 } },
    { operation: 'forward', kind: '4x4/2', precision: 'exact', most: { inChannels: 128 } },
    { operation: 'inputGradient', kind: '3x3/2', precision: 'exact', most: { outChannels: 512 } },
  ] as const)('leaves sums of more terms than $precision can take to direct ones: $operation', (each) => {
    const { operation, kind, precision, most } = each
    forceAlgorithm('winograd2')
    const at = (more: number): string => {
      const size = { kind, pixels: 1024, inChannels: 16, outChannels: 16, ...most }
      const [name] = Object.keys(most) as (keyof typeof most)[]
      return chooseAlgorithm(operation, { ...size, [name!]: size[name!] + more }, precision)
    }
    expect([at(0), at(1)]).toEqual(['winograd2', 'direct'])
  })

  it('gives Winograd’s to the convolutions that they compute, and to no other', () => {
    const algorithmOf = (filter: [number, number], stride: number, dilation = 1): string => {
      const shape: [number, number, number, number] = [...filter, 64, 64]
      const info = tf.backend_util.computeConv2DInfo([1, 32, 32, 64], shape, stride, dilation, 'same')
      return chooseAlgorithm('forward', sizeOfConvolution(info), 'fast')
    }
    forceAlgorithm('winograd4')
    for (const filter of [
      [3, 3],
      [4, 4],
      [3, 4],
      [2, 4],
    ] as const)
      expect(algorithmOf([...filter], 2)).toBe('winograd4')
    expect(algorithmOf([3, 3], 1)).toBe('winograd4')
    for (const filter of [
      [1, 1],
      [2, 2],
      [5, 5],
      [1, 4],
      [3, 5],
    ] as const)
      expect(algorithmOf([...filter], 2)).toBe('direct')
    for (const filter of [
      [4, 4],
      [1, 1],
      [3, 4],
    ] as const)
      expect(algorithmOf([...filter], 1)).toBe('direct')
    expect(algorithmOf([3, 3], 3)).toBe('direct')
    expect(algorithmOf([3, 3], 1, 2)).toBe('direct')
  })
})
