import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { blendTiles, type BlendedTile } from '../../src/esrgan/blendedTiles.js'
import { createRRDBGenerator, receptiveRadius, type Generator } from '../../src/esrgan/index.js'
import { placeTiles, shareTiles, type Tile } from '../../src/esrgan/tiles.js'
import { createRandom } from '../../src/random.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose } from '../helpers/tensors.js'

beforeAll(() => useBackend('wasm', 'exact'))

const settings = fc
  .record({
    length: fc.integer({ min: 1, max: 200 }),
    tile: fc.integer({ min: 1, max: 10 }),
    share: fc.double({ min: 0, max: 0.49, noNaN: true }),
    multiple: fc.constantFrom(1, 2, 4),
    radius: fc.integer({ min: 1, max: 3 }),
    scale: fc.constantFrom(1, 2, 4),
  })
  .map((s) => ({ ...s, tile: s.tile * 4, radius: s.radius * 4, overlap: Math.floor(s.share * s.tile * 4) }))

describe('placeTiles', () => {
  it('covers the axis with tiles of one size that overlap enough, and reaches past the end by less than the multiple', () => {
    fc.assert(
      fc.property(settings, ({ length, tile, overlap, multiple }) => {
        const tiles = placeTiles(length, tile, overlap, multiple)
        const last = tiles.at(-1)!
        expect(last.start + last.size).toBe(Math.ceil(length / multiple) * multiple)
        for (const [k, { start, size }] of tiles.entries()) {
          expect([start % multiple, size % multiple]).toEqual([0, 0])
          expect(size).toBeLessThanOrEqual(tile)
          expect(size).toBe(tiles[0]!.size)
          if (k === 0) expect(start).toBe(0)
          // A tile of one unit has no room for an overlap and something of its own.
          else if (tile > multiple)
            expect(tiles[k - 1]!.start + tiles[k - 1]!.size - start).toBeGreaterThanOrEqual(overlap)
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('makes tiles no larger than it takes', () => {
    expect(placeTiles(130, 128, 24, 1)).toEqual([
      { start: 0, size: 77 },
      { start: 53, size: 77 },
    ])
    expect(placeTiles(28, 16, 4, 1)).toEqual([
      { start: 0, size: 16 },
      { start: 12, size: 16 },
    ])
  })
})

describe('shareTiles', () => {
  it('adds up to one at every output pixel, within the tiles', () => {
    fc.assert(
      fc.property(settings, ({ length, tile, overlap, multiple, radius, scale }) => {
        const tiles = placeTiles(length, tile, overlap, multiple)
        const shares = shareTiles(tiles, { length, radius, overlap, scale })
        const total = new Float64Array(length * scale)
        shares.forEach(({ first, weights, finished }, k) => {
          expect(first).toBe(k === 0 ? 0 : shares[k - 1]!.finished)
          expect(finished).toBeGreaterThan(first)
          expect(first).toBeGreaterThanOrEqual(tiles[k]!.start * scale)
          expect(first + weights.length).toBeLessThanOrEqual((tiles[k]!.start + tiles[k]!.size) * scale)
          weights.forEach((weight, i) => {
            expect(weight).toBeGreaterThanOrEqual(0)
            total[first + i]! += weight
          })
        })
        expect(shares.at(-1)!.finished).toBe(length * scale)
        expectClose(total, new Float64Array(total.length).fill(1), 1e-6)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('throws the outer part of an overlap away', () => {
    const tiles = placeTiles(28, 16, 4, 1)
    const how = { length: 28, overlap: 4, scale: 1 }
    const [left, right] = shareTiles(tiles, { ...how, radius: 2 })
    expect(left).toEqual({ first: 0, weights: new Float32Array(14).fill(1), finished: 14 })
    expect(right).toEqual({ first: 14, weights: new Float32Array(14).fill(1), finished: 28 })
    const [ramp] = shareTiles(tiles, { ...how, radius: 100 })
    expect(ramp!.finished).toBe(13)
    expect(ramp!.weights.slice(11)).toEqual(new Float32Array([1, 1, 0.75, 0.25]))
  })
})

/** The float values of a formula picture in tiles, put together, with the largest tile the generator saw. */
async function blended(
  generator: Generator,
  width: number,
  height: number,
  how: { tile: number; overlap: number },
): Promise<Float32Array> {
  const { channels, scale } = generator.config
  const random = createRandom(3, width, height)
  const picture = Float32Array.from({ length: width * height * channels }, () => random.uniform())
  const cut = (rows: Tile, columns: Tile): Float32Array => {
    const values = new Float32Array(rows.size * columns.size * channels)
    let to = 0
    for (let y = 0; y < rows.size; y++) {
      for (let x = 0; x < columns.size; x++) {
        const from = Math.min(height - 1, rows.start + y) * width + Math.min(width - 1, columns.start + x)
        for (let c = 0; c < channels; c++) values[to++] = picture[from * channels + c]!
      }
    }
    return values
  }
  const whole = new Float32Array(width * height * scale * scale * channels).fill(Number.NaN)
  const paste = ({ left, top, ...part }: BlendedTile): void => {
    for (let y = 0; y < part.height; y++) {
      const row = part.values.subarray(y * part.width * channels, (y + 1) * part.width * channels)
      whole.set(row, ((top + y) * width * scale + left) * channels)
    }
  }
  for await (const part of blendTiles(generator, { width, height, cut }, how)) paste(part)
  return whole
}

const tiny = { blocks: 1, features: 4, growth: 2, residualScale: 1, seed: 2 } as const

/** Makes every convolution look to one corner, so that an output pixel really depends on what is as far away as it can see. */
function lean(generator: Generator, [row, column]: readonly [number, number]): void {
  const random = createRandom(5)
  for (const [name, variable] of generator.variables) {
    if (!name.endsWith('.weight')) continue
    const [, , inputs, outputs] = variable.shape as [number, number, number, number]
    const values = Float32Array.from({ length: variable.size }, () => random.uniform(-0.02, 0.02))
    // In a dense block to what the convolution before it has made: the longest way through.
    const from = /rdb\d\.conv[2-5]/.test(name) ? inputs - tiny.growth : 0
    const corner = (row * 3 + column) * inputs * outputs
    for (let i = from * outputs; i < inputs * outputs; i++) values[corner + i]! += 1 / (inputs - from)
    const tensor = tf.tensor(values, variable.shape)
    variable.assign(tensor)
    tensor.dispose()
  }
}

describe('tiles of a generator', () => {
  const cases = fc.record({
    scale: fc.constantFrom(1 as const, 2 as const, 4 as const),
    channels: fc.constantFrom(1, 3),
    bicubicSkip: fc.boolean(),
    corner: fc.constantFrom([0, 0] as const, [0, 2] as const, [2, 0] as const, [2, 2] as const),
    /** Of the tile. */
    longSide: fc.double({ min: 0, max: 1.6, noNaN: true }),
    shortSide: fc.constantFrom(0, 0.05, 0.1, 1.1),
    isTall: fc.boolean(),
    /** Beyond what the overlap needs, in units of four pixels. */
    more: fc.integer({ min: 1, max: 12 }),
  })

  it('equal the whole picture in one piece to 1e-5 where the overlap covers the receptive field', async () => {
    let split = 0
    let strongest = 0
    await fc.assert(
      fc.asyncProperty(cases, async ({ scale, channels, bicubicSkip, corner, longSide, shortSide, isTall, more }) => {
        using generator = createRRDBGenerator({ ...tiny, channels, scale, bicubicSkip })
        lean(generator, corner)
        const overlap = 2 * receptiveRadius(generator.config)
        const tile = 2 * overlap + 4 * more
        const [long, short] = [longSide, shortSide].map((share) => 1 + Math.floor(share * tile))
        const [w, h] = isTall ? [short!, long!] : [long!, short!]
        const tiled = await blended(generator, w, h, { tile, overlap })
        const whole = await blended(generator, w, h, { tile: 1024, overlap: 0 })
        if (Math.max(w, h) > tile) split++
        strongest = whole.reduce((most, value) => Math.max(most, Math.abs(value)), strongest)
        expectClose(tiled, whole, 1e-5)
      }),
      { seed: 7, numRuns: 50 },
    )
    expect(split).toBeGreaterThan(10)
    expect(strongest).toBeGreaterThan(0.1)
  })

  it('differ where the overlap is smaller: the property above can fail', async () => {
    using generator = createRRDBGenerator({ blocks: 1, features: 4, growth: 2, seed: 2 })
    const tiled = await blended(generator, 60, 20, { tile: 24, overlap: 4 })
    const whole = await blended(generator, 60, 20, { tile: 64, overlap: 0 })
    expect(Math.max(...tiled.map((value, i) => Math.abs(value - whole[i]!)))).toBeGreaterThan(1e-4)
  })
})
