import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import fc from 'fast-check'
import { resizeBicubic } from '../../src/data/index.js'
import { ArgumentError } from '../../src/errors.js'
import {
  createRRDBGenerator,
  NonFiniteOutputError,
  superResolve,
  upscale,
  upscaleBands,
  upscaleTiles,
  type Generator,
  type UpscaledPart,
} from '../../src/esrgan/index.js'
import { fillHiddenColours } from '../../src/esrgan/hiddenColours.js'
import { blankEnlargement, place } from '../../src/esrgan/imageParts.js'
import { tensorToImage, type PixelImage } from '../../src/image.js'
import { createRandom } from '../../src/random.js'
import type { OnProgress } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const tiny = { blocks: 1, features: 4, growth: 2, bicubicSkip: false, seed: 2 } as const

function picture(width: number, height: number, channels: 1 | 2 | 3 | 4, maxValue: 255 | 65535 = 255): PixelImage {
  const random = createRandom(4, width, height)
  const data = maxValue === 255 ? new Uint8Array(width * height * channels) : new Uint16Array(width * height * channels)
  return { width, height, channels, maxValue, data: data.map(() => random.integer(maxValue + 1)) }
}

/** A generator whose output is its input repeated, plus a constant. */
function repeating(plus: number, channels = 3): Generator {
  const generator = createRRDBGenerator({ ...tiny, channels })
  return {
    ...generator,
    apply: (images) =>
      tf.tidy(() => tf.add(tf.image.resizeNearestNeighbor(images, [images.shape[1] * 4, images.shape[2] * 4]), plus)),
  }
}

beforeAll(() => useBackend('wasm'))

describe('upscale', () => {
  it('equals superResolve in one piece, rounded and not truncated', async () => {
    using generator = createRRDBGenerator(tiny)
    const image = picture(7, 5, 3)
    const expected = tf.tidy(() =>
      tf.squeeze<tf.Tensor3D>(
        superResolve(
          generator,
          tf.tensor4d(
            Float32Array.from(image.data, (value) => value / 255),
            [1, 5, 7, 3],
          ),
        ),
        [0],
      ),
    )
    expect(await upscale(generator, image)).toEqual(await tensorToImage(expected))
    expected.dispose()

    using plus = repeating(0.6 / 255)
    const { data } = await upscale(plus, {
      width: 1,
      height: 1,
      channels: 3,
      maxValue: 255,
      data: new Uint8Array([0, 100, 255]),
    })
    expect(data.slice(0, 3)).toEqual(new Uint8Array([1, 101, 255]))
  })

  it('shows no seam: blending tiles of the same content gives the content', async () => {
    using generator = repeating(0)
    const image = picture(37, 29, 3)
    const { data, width } = await upscale(generator, image, { tile: 12, overlap: 5 })
    expect(width).toBe(148)
    for (let y = 0; y < 29; y++)
      for (let x = 0; x < 37; x++) expect(data[(y * 4 * width + x * 4) * 3 + 1]).toBe(image.data[(y * 37 + x) * 3 + 1])
  })

  it('keeps grey grey and upscales alpha by bicubic', async () => {
    using generator = repeating(0)
    const grey = await upscale(generator, picture(6, 5, 1))
    expect(grey).toMatchObject({ width: 24, height: 20, channels: 1 })
    expect(grey.data[0]).toBe(picture(6, 5, 1).data[0])

    using greyGenerator = repeating(0, 1)
    expect((await upscale(greyGenerator, picture(6, 5, 1))).data).toEqual(grey.data)

    for (const channels of [2, 4] as const) {
      const image = picture(6, 5, channels)
      const { data } = await upscale(generator, image)
      const alpha = resizeBicubic(
        { ...image, channels: 1, data: image.data.filter((_, i) => i % channels === channels - 1) },
        { scale: 4 },
      )
      expect(data.filter((_, i) => i % channels === channels - 1)).toEqual(alpha.data)
      expect(data[0]).toBe(image.data[0])
    }
  })

  it('reports every tile and stops between two', async () => {
    using generator = repeating(0)
    const onProgress = vi.fn<OnProgress>()
    await upscale(generator, picture(30, 20, 3), { tile: 12, overlap: 2, onProgress })
    const steps = onProgress.mock.calls.map(([event]) => event.step)
    expect(steps).toEqual(Array.from({ length: 6 }, (_, i) => i + 1))
    expect(onProgress.mock.calls[0]![0]).toMatchObject({ stage: 'super-resolve', steps: 6 })
    expect(onProgress.mock.calls[0]![0].secondsLeft).toBeGreaterThan(0)
    expect(onProgress.mock.calls[5]![0].secondsLeft).toBe(0)

    const controller = new AbortController()
    const stopped = upscale(generator, picture(30, 20, 3), {
      tile: 12,
      overlap: 2,
      signal: controller.signal,
      onProgress: ({ step }) => step === 2 && controller.abort(new Error('enough')),
    })
    await expect(stopped).rejects.toThrow('enough')
  })

  it('gives the generator no more than a tile at once', async () => {
    using generator = repeating(0)
    const apply = vi.fn<Generator['apply']>(generator.apply)
    await upscale({ ...generator, apply }, picture(50, 40, 3), { tile: 16, overlap: 4 })
    for (const [images] of apply.mock.calls) expect(images.shape).toEqual([1, 16, 16, 3])
  })

  it('leaves no tensor behind, also when it fails', async () => {
    using generator = createRRDBGenerator(tiny)
    await expectNoLeak(() => upscale(generator, picture(20, 20, 3), { tile: 12, overlap: 2 }).then(() => undefined))
    let tiles = 0
    const apply: Generator['apply'] = (images) => {
      if (++tiles === 2) throw new Error('own generator')
      return generator.apply(images)
    }
    const run = (): Promise<unknown> => upscale({ ...generator, apply }, picture(20, 20, 3), { tile: 12, overlap: 2 })
    await expectNoLeakWhenThrowing(run, 'own generator')
  })

  it.each([NaN, Infinity, -Infinity])('does not pass %s for a colour', async (value) => {
    using generator = repeating(value)
    for (const channels of [1, 3, 4] as const) {
      await expectNoLeakWhenThrowing(
        () => upscale(generator, picture(6, 5, channels)),
        `the generator gives ${value} in the tile at column 0, row 0 of the enlarged picture`,
      )
    }
    await expect(upscale(generator, picture(6, 5, 3))).rejects.toThrow(NonFiniteOutputError)
  })

  it('refuses what does not fit', async () => {
    using generator = createRRDBGenerator({ ...tiny, scale: 1 })
    const image = picture(8, 8, 3)
    await expect(upscale(generator, image, { tile: 3 })).rejects.toThrow(/options.tile/)
    await expect(upscale(generator, image, { tile: 30 })).rejects.toThrow(/multiple of 4/)
    await expect(upscale(generator, image, { tile: 16, overlap: 8 })).rejects.toThrow(/options.overlap/)
    using grey = createRRDBGenerator({ ...tiny, channels: 1 })
    await expect(upscale(grey, image)).rejects.toThrow(ArgumentError)
  })
})

describe('upscaleTiles and upscaleBands', () => {
  const collect = async (parts: AsyncIterable<UpscaledPart>): Promise<UpscaledPart[]> => {
    const all: UpscaledPart[] = []
    for await (const part of parts) all.push(part)
    return all
  }

  it('cover every pixel once, in order, and give what upscale gives: any size, depth, channels and scale', async () => {
    const cases = fc.record({
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 40 }),
      channels: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const),
      maxValue: fc.constantFrom(255 as const, 65535 as const),
      scale: fc.constantFrom(1 as const, 2 as const, 4 as const),
      tile: fc.constantFrom(8, 16, 24),
      overlap: fc.integer({ min: 0, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ width, height, channels, maxValue, scale, tile, overlap }) => {
        using generator = createRRDBGenerator({ ...tiny, scale, bicubicSkip: true })
        const image = picture(width, height, channels, maxValue)
        const whole = await upscale(generator, image, { tile, overlap })
        expect(whole).toMatchObject({ width: width * scale, height: height * scale, channels, maxValue })
        const tiles = await collect(upscaleTiles(generator, image, { tile, overlap }))
        const counts = new Uint8Array(whole.width * whole.height)
        const put = blankEnlargement(image, scale)
        for (const part of tiles) {
          place(put, part)
          for (let y = 0; y < part.image.height; y++)
            for (let x = 0; x < part.image.width; x++) counts[(part.top + y) * whole.width + part.left + x]!++
        }
        expect(counts.every((count) => count === 1)).toBe(true)
        expect(put).toEqual(whole)
        const bands = await collect(upscaleBands(generator, image, { tile, overlap }))
        expect(bands.every(({ left, image: band }) => left === 0 && band.width === whole.width)).toBe(true)
        expect(bands.flatMap(({ image: band }) => [...band.data])).toEqual([...whole.data])
      }),
      { seed: 3, numRuns: 30 },
    )
  })

  it('leave no tensor behind when the loop is left, and compute no more', async () => {
    using generator = repeating(0)
    const apply = vi.fn<Generator['apply']>(generator.apply)
    await expectNoLeak(async () => {
      for await (const { left, top } of upscaleTiles({ ...generator, apply }, picture(50, 40, 3), {
        tile: 16,
        overlap: 4,
      })) {
        expect([left, top]).toEqual([0, 0])
        break
      }
    })
    expect(apply).toHaveBeenCalledTimes(1)
  })

  it('let timers run between two tiles', async () => {
    using generator = repeating(0)
    let ticks = 0
    const timer = setInterval(() => ticks++, 0)
    const apply: Generator['apply'] = (images) => {
      // A timer is due after every tile.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3)
      return generator.apply(images)
    }
    const tiles = await collect(upscaleTiles({ ...generator, apply }, picture(30, 20, 3), { tile: 12, overlap: 2 }))
    clearInterval(timer)
    expect(tiles).toHaveLength(6)
    expect(ticks).toBeGreaterThan(1)
  })

  it('refuse at the first step what upscale refuses', async () => {
    using generator = repeating(0)
    await expect(upscaleTiles(generator, picture(8, 8, 3), { tile: 3 }).next()).rejects.toThrow(/options.tile/)
    const cut = { ...picture(8, 8, 3), height: 9 }
    await expect(upscaleBands(generator, cut).next()).rejects.toThrow(/image.data must hold 8x9x3 values/)
    await expect(upscale(generator, cut)).rejects.toThrow(ArgumentError)
    await expect(upscale(generator, { ...cut, height: 0 })).rejects.toThrow(/image.height/)
  })
})

describe('a result that no array holds', () => {
  it('is refused with the limit before any tile', async () => {
    using generator = repeating(0)
    const apply = vi.fn<Generator['apply']>(generator.apply)
    const image: PixelImage = { width: 10_000, height: 10_000, channels: 3, maxValue: 255, data: new Uint8Array(0) }
    await expect(upscale({ ...generator, apply }, image)).rejects.toThrow(
      'image must fit into one array of 4294967296 bytes when it is enlarged, unless in parts (upscaleBands; on the command line, PNG); ' +
        'received "40000x40000x3, 4800000000 bytes"',
    )
    expect(apply).not.toHaveBeenCalled()
  })
})

describe('colours under transparent pixels', () => {
  /** A red disc on wholly transparent black. */
  function disc(side: number, maxValue: 255 | 65535 = 255): PixelImage {
    const data = new (maxValue === 255 ? Uint8Array : Uint16Array)(side * side * 4)
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        if (Math.hypot(x - side / 2, y - side / 2) < side / 4) data.set([maxValue, 0, 0, maxValue], (y * side + x) * 4)
      }
    }
    return { width: side, height: side, channels: 4, data, maxValue }
  }

  it.each([255, 65535] as const)('leave no dark halo (depth %i)', async (maxValue) => {
    // With the skip connection and silent weights the generator is bicubic enlargement, which blends neighbours.
    using generator = createRRDBGenerator({ ...tiny, bicubicSkip: true })
    const large = await upscale(generator, disc(24, maxValue), { tile: 16, overlap: 4 })
    let border = 0
    for (let i = 0; i < large.data.length; i += 4) {
      const alpha = large.data[i + 3]!
      if (alpha > 0 && alpha < maxValue) border++
      if (alpha > 0) expect(large.data[i]).toBe(maxValue)
    }
    expect(border).toBeGreaterThan(50)
  })

  it('are those of the nearest visible ones, ring by ring; visible ones and alpha stay', async () => {
    const image: PixelImage = {
      width: 5,
      height: 1,
      channels: 2,
      maxValue: 255,
      data: Uint8Array.from([10, 200, 0, 0, 0, 0, 0, 0, 90, 1]),
    }
    expect([...(await fillHiddenColours(image)).data]).toEqual([10, 200, 10, 0, 50, 0, 90, 0, 90, 1])
    expect(image.data[2]).toBe(0)
  })

  it('cost nothing where nothing is hidden, and stay where nothing is visible', async () => {
    const opaque = picture(3, 2, 3)
    expect(await fillHiddenColours(opaque)).toBe(opaque)
    const invisible: PixelImage = {
      ...picture(3, 2, 4),
      data: new Uint8Array(24).fill(7).map((v, i) => (i % 4 === 3 ? 0 : v)),
    }
    expect(await fillHiddenColours(invisible)).toBe(invisible)
  })

  it('are found without a standstill, and no longer than wanted', async () => {
    const large: PixelImage = { width: 512, height: 512, channels: 2, maxValue: 255, data: new Uint8Array(2 ** 19) }
    large.data.set([9, 255])
    let tasks = 0
    const count = (): void => void (tasks++, (running = setImmediate(count)))
    let running = setImmediate(count)
    const filled = await fillHiddenColours(large)
    clearImmediate(running)
    expect(filled.data.every((value, i) => value === (i % 2 === 0 ? 9 : i === 1 ? 255 : 0))).toBe(true)
    expect(tasks).toBeGreaterThan(4)
    const controller = new AbortController()
    setImmediate(() => controller.abort(new Error('enough')))
    await expect(fillHiddenColours(large, controller.signal)).rejects.toThrow('enough')
  })
})

describe('blending', () => {
  it('has no step across a seam that is larger than elsewhere', async () => {
    // Zero padding at a tile's border makes an untrained generator's output differ there.
    using generator = createRRDBGenerator({ ...tiny, blocks: 2, bicubicSkip: true })
    const last = generator.variables.get('conv_last.weight')!
    const random = createRandom(8)
    const values = tf.tensor(
      Float32Array.from({ length: last.size }, () => random.uniform(-0.5, 0.5)),
      last.shape,
    )
    last.assign(values)
    values.dispose()
    const data = new Uint16Array(160 * 16 * 3).map((_, i) => 20_000 + 15_000 * Math.sin((Math.floor(i / 3) % 160) / 9))
    const image: PixelImage = { width: 160, height: 16, channels: 3, maxValue: 65535, data }
    const whole = await upscale(generator, image, { tile: 160 })
    /** The largest step of the error along a row: the whole has none. */
    const step = async (overlap: number): Promise<number> => {
      const tiled = await upscale(generator, image, { tile: 40, overlap })
      let worst = 0
      for (let i = 3; i < 640 * 3; i++) {
        const error = (k: number): number => tiled.data[32 * 640 * 3 + k]! - whole.data[32 * 640 * 3 + k]!
        worst = Math.max(worst, Math.abs(error(i) - error(i - 3)))
      }
      return worst
    }
    const natural = Math.max(...whole.data.slice(3, 1920).map((value, i) => Math.abs(value - whole.data[i]!)))
    const [hard, soft] = [await step(0), await step(16)]
    expect(hard).toBeGreaterThan(natural / 2)
    expect(soft).toBeLessThan(natural / 20)
    expect(soft).toBeLessThan(hard / 20)
  })
})
