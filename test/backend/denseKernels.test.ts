import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { denseForward, denseGradient } from '../../src/backend/wasm/native/dense.js'
import { denseLayout } from '../../src/backend/wasm/native/denseLayout.js'
import { createRandom } from '../../src/random.js'
import { convolution, convolutionGradients } from '../conformance/truth/convolution.js'
import { at, build, mapped, sizeOf, values, zipped, type Values } from '../conformance/truth/values.js'
import { threadedHeap, threadedVariants } from '../helpers/threadedHeap.js'

const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

/** Channels in fours, whose tiles are kept from convolution to convolution, and others, whose are not. */
const blocks = fc.constantFrom(1, 4).chain((unit) => {
  const some = between(1, 9).map((n) => (unit === 1 ? n : unit * Math.ceil(n / 3)))
  return fc.record({
    batch: between(1, 2),
    height: between(1, 9),
    width: between(1, 9),
    features: some,
    growths: fc.array(some, { maxLength: 4 }),
    seed: fc.nat(),
    slope: fc.constantFrom(0, 0.25),
    scale: fc.constantFrom(0.2, 1),
  })
})

/** Channels `[from, to)`. */
const channels = (x: Values, from: number, to: number): Values =>
  build([...x.shape.slice(0, 3), to - from], (b, i, j, c) => at(x, b!, i!, j!, from + c!))

/** Within `tolerance` of the largest number, or of 1. */
function expectNear(actual: readonly number[], { data }: Values, tolerance: number): void {
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  expect(actual.length).toBe(data.length)
  for (const [i, value] of actual.entries()) {
    if (!(Math.abs(value - data[i]!) <= tolerance * largest)) expect.fail(`element ${i}: ${value} is not ${data[i]}`)
  }
}

describe.each(threadedVariants)('residual dense blocks, %s', (variant) => {
  describe.each([
    [2, 1e-5],
    [4, 1e-4],
  ] as const)('Winograd with tiles of %i', (m, tolerance) => {
    const heaps = [1, 3].map((threads) => threadedHeap(variant, threads, 160))
    for (const heap of heaps) heap.reset()

    it('equal float64, value and all gradients, and touch nothing else', () =>
      fc.assert(
        fc.property(blocks, fc.constantFrom(0, 1), ({ growths, seed, slope, scale, ...sizes }, k) => {
          const heap = heaps[k]!
          const { batch, height, width, features } = sizes
          const block = { ...sizes, outputs: [...growths, features], m }
          const { starts, all } = denseLayout(block)
          const random = createRandom(seed, 'dense kernels')
          const normal = (shape: readonly number[], deviation = 1): Values =>
            values(
              shape,
              Array.from({ length: sizeOf(shape) }, () => Math.fround(random.normal(0, deviation))),
            )
          const shape = [batch, height, width, features]
          const [x, dy] = [normal(shape), normal(shape)]
          const filters = block.outputs.map((count, i) =>
            normal([3, 3, starts[i]!, count], 1 / Math.sqrt(9 * starts[i]!)),
          )
          const biases = block.outputs.map((count) => normal([count]))
          try {
            const put = ({ data }: Values): number => heap.put(data)
            const places = { x: put(x), filters: filters.map(put), biases: biases.map(put) }
            const y = heap.room(sizeOf(shape))
            const buffer = heap.room(batch * height * width * all)
            denseForward(heap.backend, heap.kernels, block, { ...places, y, buffer, slope, scale })

            // What has been seen is read back, so that both sides agree on the signs of what is nearly 0.
            const seen = values([batch, height, width, all], heap.read(buffer, batch * height * width * all))
            expectNear([...channels(seen, 0, features).data], x, 0)
            const last = block.outputs.length - 1
            for (const [i, filter] of filters.entries()) {
              const inputs = channels(seen, 0, starts[i]!)
              const sum = zipped(convolution(inputs, filter), biases[i]!, (a, b) => a + b)
              if (i === last)
                expectNear(
                  heap.read(y, x.data.length),
                  zipped(sum, x, (a, b) => scale * a + b),
                  tolerance,
                )
              else {
                const activated = mapped(sum, (value) => (value > 0 ? value : slope * value))
                expectNear([...channels(seen, starts[i]!, starts[i + 1]!).data], activated, tolerance)
              }
            }

            const rooms = (tensors: readonly Values[]): number[] => tensors.map(({ data }) => heap.room(data.length))
            const [dFilters, dBiases] = [rooms(filters), rooms(biases)]
            const dx = heap.room(x.data.length)
            denseGradient(heap.backend, heap.kernels, block, {
              dy: put(dy),
              filters: places.filters,
              buffer,
              dx,
              dFilters,
              dBiases,
              slope,
              scale,
            })
            let total = mapped(seen, () => 0)
            let gradient = mapped(dy, (value) => scale * value)
            for (let i = last; i >= 0; i--) {
              const [dSeen, dFilter] = convolutionGradients(gradient, channels(seen, 0, starts[i]!), filters[i]!)
              expectNear(heap.read(dFilters[i]!, dFilter.data.length), dFilter, tolerance)
              const outputs = block.outputs[i]!
              const sums = build([outputs], () => 0)
              for (const [j, value] of gradient.data.entries()) sums.data[j % outputs]! += value
              expectNear(heap.read(dBiases[i]!, outputs), sums, tolerance)
              total = build(
                total.shape,
                (b, r, c, n) => at(total, b!, r!, c!, n!) + (n! < starts[i]! ? at(dSeen, b!, r!, c!, n!) : 0),
              )
              if (i > 0) {
                const sign = channels(seen, starts[i - 1]!, starts[i]!)
                gradient = zipped(channels(total, starts[i - 1]!, starts[i]!), sign, (a, b) => (b > 0 ? a : slope * a))
              }
            }
            const expected = zipped(channels(total, 0, features), dy, (a, b) => a + b)
            expectNear(heap.read(dx, x.data.length), expected, tolerance)
          } finally {
            heap.reset()
          }
        }),
        { numRuns: 40 },
      ))
  })
})
