import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/random.js'
import { threadedHeap, threadedVariants } from '../helpers/threadedHeap.js'

const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })
const sizes = fc.record({
  batch: between(1, 3),
  height: between(1, 6),
  width: between(1, 7),
  channels: between(1, 10),
  seed: fc.nat(),
  // Whether the input ends with the heap: reading beyond it traps.
  isLast: fc.boolean(),
})

describe.each(threadedVariants)('kernels of images, %s', (variant) => {
  const heap = threadedHeap(variant, 1)
  heap.reset()

  it('standardise every channel of every image as float64 does, and touch nothing else', () =>
    fc.assert(
      fc.property(sizes, ({ batch, height, width, channels, seed, isLast }) => {
        const random = createRandom(seed, 'standardise')
        const pixels = height * width
        const x = Array.from({ length: batch * pixels * channels }, () => Math.fround(random.normal(3, 0.1)))
        const from = heap.put(x, isLast)
        const [y, u] = [heap.room(x.length), heap.room(batch * channels)]
        const epsilon = 2 ** -10
        const fields = { x: from, y, u, inChannels: channels, tiles: pixels, scale: epsilon }
        heap.kernels.run('standardise', fields, batch * Math.ceil(channels / 4))
        const [values, inverses] = [heap.read(y, x.length), heap.read(u, batch * channels)]
        for (let b = 0; b < batch; b++) {
          for (let c = 0; c < channels; c++) {
            const places = Array.from({ length: pixels }, (_, i) => (b * pixels + i) * channels + c)
            const mean = places.reduce((sum, i) => sum + x[i]!, 0) / pixels
            const variance = places.reduce((sum, i) => sum + (x[i]! - mean) ** 2, 0) / pixels
            const inverse = 1 / Math.sqrt(variance + epsilon)
            expect(inverses[b * channels + c]! / inverse).toBeCloseTo(1, 6)
            for (const i of places) expect(values[i]).toBeCloseTo((x[i]! - mean) * inverse, 6)
          }
        }
        heap.reset()
      }),
    ))

  it('give what is no number to the channels that have some', () => {
    const x = Array.from({ length: 2 * 5 * 3 }, (_, i) => i / 8)
    x[5 * 3 + 4] = NaN
    const [from, y, u] = [heap.put(x), heap.room(x.length), heap.room(6)]
    heap.kernels.run('standardise', { x: from, y, u, inChannels: 3, tiles: 5, scale: 1 }, 2)
    const isNaNAt = heap.read(y, x.length).map((value) => Number.isNaN(value))
    expect(isNaNAt).toEqual(x.map((_, i) => i >= 15 && i % 3 === 1))
    heap.reset()
  })

  it('sum rows in float64, part by part, and touch nothing else', () =>
    fc.assert(
      fc.property(
        fc.record({ outer: between(1, 3), count: between(1, 40), inner: between(1, 19), part: between(1, 41) }),
        fc.nat(),
        fc.boolean(),
        ({ outer, count, inner, part }, seed, isLast) => {
          const random = createRandom(seed, 'rows')
          const x = Array.from({ length: outer * count * inner }, () => Math.fround(random.normal(0, 1)))
          const parts = Math.ceil(count / part)
          const width = Math.ceil(inner / 8) * 8
          const from = heap.put(x, isLast)
          const u = heap.room(2 * outer * parts * width)
          const fields = { x: from, u, inChannels: inner, tiles: count, part }
          heap.kernels.run('rowSums', fields, outer * parts)
          const bytes = new Uint8Array(heap.backend.wasm.HEAPU8.slice(u, u + 8 * outer * parts * width))
          const sums = new Float64Array(bytes.buffer)
          for (let task = 0; task < outer * parts; task++) {
            const [o, p] = [Math.floor(task / parts), task % parts]
            for (let c = 0; c < width; c++) {
              const end = c < inner ? Math.min(count, (p + 1) * part) : 0
              let expected = 0
              for (let row = p * part; row < end; row++) expected += x[(o * count + row) * inner + c]!
              expect(sums[task * width + c]).toBe(expected)
            }
          }
          heap.reset()
        },
      ),
    ))

  it('send the gradient of 2x2 maxima to the first of each window, and touch nothing else', () =>
    fc.assert(
      fc.property(sizes, between(1, 4), ({ batch, height, width, channels, seed, isLast }, block) => {
        const random = createRandom(seed, 'maxima')
        const at = (b: number, i: number, j: number, c: number): number =>
          ((b * 2 * height + i) * 2 * width + j) * channels + c
        const x = Array.from({ length: 4 * batch * height * width * channels }, () => Math.floor(random.uniform() * 4))
        const maxima: number[] = []
        const dy: number[] = []
        const expected = x.map(() => 0)
        for (let b = 0; b < batch; b++) {
          for (let i = 0; i < height; i++) {
            for (let j = 0; j < width; j++) {
              for (let c = 0; c < channels; c++) {
                const corners = [0, 1, 2, 3].map((k) => at(b, 2 * i + (k >> 1), 2 * j + (k & 1), c))
                const most = Math.max(...corners.map((place) => x[place]!))
                maxima.push(most)
                dy.push(Math.fround(random.normal(0, 1)))
                expected[corners.find((place) => x[place] === most)!] = dy.at(-1)!
              }
            }
          }
        }
        const [v, d, y] = [heap.put(maxima), heap.put(dy, isLast), heap.room(x.length)]
        const fields = { x: heap.put(x), v, d, y, inChannels: channels, outWidth: width, tiles: batch * height, block }
        heap.kernels.run('maxPoolGradient', fields, Math.ceil((batch * height) / block))
        expect(heap.read(y, x.length)).toEqual(expected)
        heap.reset()
      }),
    ))
})
