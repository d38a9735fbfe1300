import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  directConvolution,
  directFilterGradient,
  directInputGradient,
  type Direct,
} from '../../src/backend/wasm/native/direct.js'
import { multiplyMatrices } from '../../src/backend/wasm/native/product.js'
import { winogradConvolution, winogradInputGradient } from '../../src/backend/wasm/native/winograd.js'
import { winogradFilterGradient } from '../../src/backend/wasm/native/winogradGradient.js'
import { createRandom } from '../../src/random.js'
import { convolution, convolutionGradients, type Geometry } from '../conformance/truth/convolution.js'
import { mapped, sizeOf, values, type Values } from '../conformance/truth/values.js'
import { threadedHeap, threadedVariants, type ThreadedHeap } from '../helpers/threadedHeap.js'

interface Sizes {
  readonly x: readonly [number, number, number, number]
  readonly filter: readonly [number, number, number, number]
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  readonly pad: readonly [number, number, number, number]
  readonly seed: number
  /** Words of a pixel beyond its channels. */
  readonly gaps: readonly [number, number]
  /** Which tensor ends with the heap. */
  readonly last: 'x' | 'filter' | 'y' | 'bias'
}

const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

/** What a convolution's filter, stride and dilation may be, and how large its images are. */
interface Range {
  readonly image: number
  readonly sides: readonly [least: number, most: number]
  readonly strides: readonly [least: number, most: number]
  readonly dilation: number
}

/** Convolutions with at least one output. */
const sizesOf = ({ image, sides, strides, dilation }: Range): fc.Arbitrary<Sizes> =>
  fc
    .record({
      x: fc.tuple(between(1, 3), between(1, image), between(1, image), between(1, 21)),
      filter: fc.tuple(between(...sides), between(...sides), fc.constant(0), between(1, 21)),
      strides: fc.tuple(between(...strides), between(...strides)),
      dilations: fc.tuple(between(1, dilation), between(1, dilation)),
      pad: fc.tuple(between(0, 4), between(0, 4), between(0, 4), between(0, 4)),
      seed: fc.nat(),
      gaps: fc.tuple(between(0, 5), between(0, 5)),
      last: fc.constantFrom('x', 'filter', 'y', 'bias'),
    })
    .map(({ filter: [height, width, , outputs], ...rest }): Sizes => ({
      ...rest,
      filter: [height, width, rest.x[3], outputs],
    }))
    .filter(
      ({ x, filter, dilations, pad }) =>
        x[1] + pad[0] + pad[1] > (filter[0] - 1) * dilations[0] &&
        x[2] + pad[2] + pad[3] > (filter[1] - 1) * dilations[1],
    )

/** The same pixels with words between them that no kernel may use: NaN. */
function spread({ shape, data }: Values, gap: number): Float32Array {
  const channels = shape.at(-1)!
  const wide = new Float32Array((data.length / channels) * (channels + gap)).fill(Number.NaN)
  for (const [i, value] of data.entries()) wide[Math.floor(i / channels) * (channels + gap) + (i % channels)] = value
  return wide
}

/** Room for pixels with gaps, and the numbers there afterwards: the gaps must still hold their marks. */
function output(heap: ThreadedHeap, shape: readonly number[], gap: number, isLast: boolean) {
  const channels = shape.at(-1)!
  const pixels = sizeOf(shape) / channels
  const place = heap.room(pixels * (channels + gap), isLast)
  return {
    place,
    numbers(): Values {
      const all = heap.read(place, pixels * (channels + gap))
      const isGap = (i: number): boolean => i % (channels + gap) >= channels
      expect(all.every((value, i) => !isGap(i) || Number.isNaN(value))).toBe(true)
      return values(
        shape,
        all.filter((_, i) => !isGap(i)),
      )
    },
  }
}

/** Everything of one case: numbers, float64 truths, and the fields of a job. */
function prepare({ x: xShape, filter: filterShape, strides, dilations, pad, seed }: Sizes) {
  const random = createRandom(seed, 'threaded kernels')
  const normal = (shape: readonly number[]): Values =>
    values(
      shape,
      Array.from({ length: sizeOf(shape) }, () => Math.fround(random.normal(0, 1))),
    )
  const geometry: Geometry = { strides, dilations, pad }
  const x = normal(xShape)
  const filter = normal(filterShape)
  const truth = convolution(x, filter, geometry)
  const dy = normal(truth.shape)
  const fields: Direct = {
    batch: xShape[0],
    inHeight: xShape[1],
    inWidth: xShape[2],
    inChannels: xShape[3],
    outHeight: truth.shape[1]!,
    outWidth: truth.shape[2]!,
    outChannels: filterShape[3],
    filterHeight: filterShape[0],
    filterWidth: filterShape[1],
    strideHeight: strides[0],
    strideWidth: strides[1],
    dilationHeight: dilations[0],
    dilationWidth: dilations[1],
    top: pad[0],
    left: pad[2],
  }
  return { x, filter, dy, bias: normal([filterShape[3]]), truth, geometry, fields }
}

const absolute = (x: Values): Values => mapped(x, Math.abs)
const largest = ({ data }: Values): number => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

/** What sums of `count` products may be that cancel each other where a tile of Winograd's meets nothing but zeros. */
const cancelled = (m: number, count: number, a: Values, b: Values): number =>
  m === 0 ? 0 : count * largest(a) * largest(b)

/** Every element within `tolerance` of the largest sum of absolute terms. */
function expectClose(actual: Values, truth: Values, scale: Values, tolerance: number): void {
  const worst = actual.data.reduce((most, value, i) => {
    const error = Math.abs(value - truth.data[i]!)
    return Number.isNaN(error) || error > most ? error : most
  }, 0)
  expect(worst).toBeLessThanOrEqual(tolerance * largest(scale))
}

const anything: Range = { image: 11, sides: [1, 5], strides: [1, 4], dilation: 3 }
const plain: Range = { image: 11, sides: [3, 3], strides: [1, 1], dilation: 1 }
const halving: Range = { image: 15, sides: [2, 4], strides: [2, 2], dilation: 1 }
const algorithms = [
  { name: 'direct', m: 0, inStep: 1, tolerance: 1e-6, range: anything },
  { name: 'Winograd F(2x2)', m: 2, inStep: 1, tolerance: 1e-6, range: plain },
  { name: 'Winograd F(4x4)', m: 4, inStep: 1, tolerance: 2e-5, range: plain },
  { name: 'Winograd F(3x3) of stride 2', m: 3, inStep: 2, tolerance: 1e-6, range: halving },
  { name: 'Winograd F(4x4) of stride 2', m: 4, inStep: 2, tolerance: 1e-5, range: halving },
  { name: 'Winograd F(5x5) of stride 2', m: 5, inStep: 2, tolerance: 2e-5, range: halving },
] as const

describe.each(threadedVariants)('threaded kernels, %s', (variant) => {
  describe.each(algorithms)('$name', ({ m, inStep, tolerance, range }) => {
    const heaps = [1, 3].map((threads) => threadedHeap(variant, threads))
    for (const heap of heaps) heap.reset()
    const check = (test: (heap: ThreadedHeap, given: Sizes) => void, isDilated = true): void =>
      fc.assert(
        fc.property(sizesOf(range), fc.constantFrom(0, 1), (given, k) => {
          const heap = heaps[k]!
          try {
            test(heap, isDilated ? given : { ...given, dilations: [1, 1] })
          } finally {
            heap.reset()
          }
        }),
        { numRuns: 60 },
      )

    it('computes convolutions with bias and LeakyReLU, and touches nothing else', () =>
      check((heap, given) => {
        const { x, filter, bias, truth, geometry, fields } = prepare(given)
        const [xGap, yGap] = given.gaps
        const y = output(heap, truth.shape, yGap, given.last === 'y')
        const job = {
          ...fields,
          m,
          inStep,
          x: heap.put(spread(x, xGap), given.last === 'x'),
          xStride: fields.inChannels + xGap,
          y: y.place,
          yStride: fields.outChannels + yGap,
          filter: heap.put(filter.data, given.last === 'filter'),
          bias: heap.put(bias.data, given.last === 'bias'),
          slope: 0.25,
        }
        if (m === 0) directConvolution(heap.backend, heap.kernels, job)
        else winogradConvolution(heap.backend, heap.kernels, job)
        const expected = {
          shape: truth.shape,
          data: truth.data.map((value, i) => {
            const sum = value + bias.data[i % fields.outChannels]!
            return sum > 0 ? sum : sum * 0.25
          }),
        }
        const beside = largest(bias) + cancelled(m, fields.inChannels, x, filter)
        const scale = mapped(convolution(absolute(x), absolute(filter), geometry), (value) => value + beside)
        expectClose(y.numbers(), expected, scale, tolerance)
      }))

    it('computes input gradients, masked by signs, scaled and added to what is there', () =>
      check((heap, given) => {
        const { x, filter, dy, geometry, fields } = prepare(given)
        const { inChannels, outChannels } = fields
        const [xGap, yGap] = given.gaps
        const [dx] = convolutionGradients(dy, x, filter, geometry)
        const place = heap.put(spread(x, xGap), given.last === 'x')
        const job = {
          ...fields,
          m,
          inStep,
          x: heap.put(spread(dy, yGap), given.last === 'y'),
          xStride: outChannels + yGap,
          y: place,
          yStride: inChannels + xGap,
          filter: heap.put(filter.data, given.last === 'filter'),
          sign: place,
          signStride: inChannels + xGap,
          signSlope: 0.25,
          scale: 0.5,
          residual: place,
          residualStride: inChannels + xGap,
        }
        if (m === 0) directInputGradient(heap.backend, heap.kernels, job)
        else winogradInputGradient(heap.backend, heap.kernels, job)
        const expected = {
          shape: dx.shape,
          data: dx.data.map((value, i) => 0.5 * value * (x.data[i]! > 0 ? 1 : 0.25) + x.data[i]!),
        }
        const [scale] = convolutionGradients(absolute(dy), x, absolute(filter), geometry)
        const all = heap.read(place, (x.data.length / inChannels) * (inChannels + xGap))
        const actual = all.filter((_, i) => i % (inChannels + xGap) < inChannels)
        const beside = largest(x) + cancelled(m, outChannels, dy, filter)
        const bound = mapped(scale, (value) => value + beside)
        expectClose(values(dx.shape, actual), expected, bound, tolerance)
      }, false))

    it('computes filter gradients, and touches nothing else', () =>
      check((heap, given) => {
        const { x, filter, dy, geometry, fields } = prepare(given)
        const [xGap, yGap] = given.gaps
        const [, df] = convolutionGradients(dy, x, filter, geometry)
        const out = output(heap, filter.shape, 0, given.last === 'filter')
        const job = {
          ...fields,
          m,
          inStep,
          x: heap.put(spread(x, xGap), given.last === 'x'),
          xStride: fields.inChannels + xGap,
          y: heap.put(spread(dy, yGap), given.last === 'y'),
          yStride: fields.outChannels + yGap,
          filter: out.place,
        }
        if (m === 0) directFilterGradient(heap.backend, heap.kernels, job)
        else winogradFilterGradient(heap.backend, heap.kernels, job)
        const [, scale] = convolutionGradients(absolute(dy), absolute(x), filter, geometry)
        const beside = cancelled(m, fields.batch, x, dy)
        const bound = mapped(scale, (value) => value + beside)
        expectClose(out.numbers(), df, bound, tolerance)
      }))
  })
})

describe('the number of threads', () => {
  const [one, three] = [1, 3].map((threads) => threadedHeap(threadedVariants[0]!, threads)) as [
    ThreadedHeap,
    ThreadedHeap,
  ]
  for (const heap of [one, three]) heap.reset()

  it.each(algorithms)('changes no bit of what is computed: $name', ({ m, inStep, range }) => {
    fc.assert(
      fc.property(sizesOf({ ...range, dilation: 1 }), (given) => {
        const { x, filter, dy, fields } = prepare(given)
        const results = [one, three].map((heap) => {
          try {
            const at = (tensor: Values): number => heap.put(tensor.data)
            const y = heap.room(dy.data.length)
            const df = heap.room(filter.data.length)
            const dx = heap.room(x.data.length)
            const { inChannels, outChannels } = fields
            const strides = { m, inStep, x: at(x), xStride: inChannels, yStride: outChannels }
            const places = { filter: at(filter), dy: at(dy) }
            const forward = { ...fields, ...strides, y, filter: places.filter }
            const backward = { ...fields, ...strides, y: places.dy, filter: df }
            const turned = { ...forward, x: places.dy, xStride: outChannels, y: dx, yStride: inChannels }
            if (m === 0) {
              directConvolution(heap.backend, heap.kernels, forward)
              directInputGradient(heap.backend, heap.kernels, turned)
              directFilterGradient(heap.backend, heap.kernels, backward)
            } else {
              winogradConvolution(heap.backend, heap.kernels, forward)
              winogradInputGradient(heap.backend, heap.kernels, turned)
              winogradFilterGradient(heap.backend, heap.kernels, backward)
            }
            return [heap.read(y, dy.data.length), heap.read(dx, x.data.length), heap.read(df, filter.data.length)]
          } finally {
            heap.reset()
          }
        })
        expect(results[1]).toEqual(results[0])
      }),
      { numRuns: 30 },
    )
  })
})

describe.each(threadedVariants)('matrix products, %s', (variant) => {
  const heaps = [1, 3].map((threads) => threadedHeap(variant, threads))
  for (const heap of heaps) heap.reset()

  it('equal float64, one or many, either side transposed, and touch nothing else', () => {
    const shape = fc.record({
      batch: between(1, 9),
      rows: between(1, 90),
      inner: between(1, 130),
      columns: between(1, 21),
      transposed: fc.constantFrom('a', 'b', 'none'),
      last: fc.constantFrom('a', 'b', 'out'),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(shape, fc.constantFrom(0, 1), ({ batch, rows, inner, columns, transposed, last, seed }, k) => {
        const heap = heaps[k]!
        try {
          const random = createRandom(seed, 'products')
          const normal = (count: number): Float32Array =>
            Float32Array.from({ length: count }, () => random.normal(0, 1))
          const a = normal(batch * rows * inner)
          // One right side for all.
          const b = normal(inner * columns)
          const [placeA, placeB] = [heap.put(a, last === 'a'), heap.put(b, last === 'b')]
          const out = heap.room(batch * rows * columns, last === 'out')
          multiplyMatrices(heap.backend, heap.kernels, {
            rows,
            inner,
            columns,
            transposeA: transposed === 'a',
            transposeB: transposed === 'b',
            places: Array.from({ length: batch }, (_, i) => ({
              a: placeA + 4 * i * rows * inner,
              b: placeB,
              out: out + 4 * i * rows * columns,
            })),
          })
          const actual = heap.read(out, batch * rows * columns)
          for (const [i, value] of actual.entries()) {
            const column = i % columns
            const row = Math.floor(i / columns) % rows
            const start = Math.floor(i / (rows * columns)) * rows * inner
            let sum = 0
            let size = 0
            for (let j = 0; j < inner; j++) {
              const left = a[start + (transposed === 'a' ? j * rows + row : row * inner + j)]!
              const term = left * b[transposed === 'b' ? column * inner + j : j * columns + column]!
              sum += term
              size += Math.abs(term)
            }
            expect(Math.abs(value - sum)).toBeLessThanOrEqual(1e-6 * size)
          }
        } finally {
          heap.reset()
        }
      }),
      { numRuns: 60 },
    )
  })
})
