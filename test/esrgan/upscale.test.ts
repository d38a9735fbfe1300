import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { resizeBicubic } from '../../src/data/index.js'
import { ArgumentError } from '../../src/errors.js'
import { createRRDBGenerator, receptiveRadius, superResolve, upscale, type Generator } from '../../src/esrgan/index.js'
import { placeTiles, rampWeights } from '../../src/esrgan/tiles.js'
import { tensorToImage, type PixelImage } from '../../src/image.js'
import { createRandom } from '../../src/random.js'
import type { OnProgress } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

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
  it.each([1, 2, 4] as const)(
    'tiled equals untiled at scale %s where the overlap covers the receptive field',
    async (scale) => {
      using generator = createRRDBGenerator({ ...tiny, scale })
      const radius = receptiveRadius(generator.config)
      const image = picture(2 * radius + 90, 23, 3, 65535)
      const whole = await upscale(generator, image, { tile: 4000 })
      const tile = Math.ceil((4 * radius + 5) / 4) * 4
      const tiled = await upscale(generator, image, { tile, overlap: 2 * radius })
      expect(tiled).toMatchObject({ width: image.width * scale, height: 23 * scale, channels: 3, maxValue: 65535 })
      expectClose(
        Array.from(tiled.data, (value) => value / 65535),
        Array.from(whole.data, (value) => value / 65535),
        1e-5 + 1 / 65535,
      )
    },
  )

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

describe('placeTiles and rampWeights', () => {
  it('cover every pixel once', () => {
    const settings = fc
      .record({
        length: fc.integer({ min: 1, max: 200 }),
        tile: fc.integer({ min: 1, max: 10 }),
        share: fc.double({ min: 0, max: 0.49, noNaN: true }),
        multiple: fc.constantFrom(1, 2, 4),
        radius: fc.integer({ min: 1, max: 12 }),
      })
      .map((s) => ({ ...s, tile: s.tile * 4, overlap: Math.floor(s.share * s.tile * 4) }))
    fc.assert(
      fc.property(settings, ({ length, tile, overlap, multiple, radius }) => {
        const tiles = placeTiles(length, tile, overlap, multiple)
        const weights = rampWeights(tiles, radius, overlap, 2)
        const last = tiles.at(-1)!
        const total = new Float64Array((last.start + last.size) * 2)
        tiles.forEach(({ start, size }, k) => {
          expect(start % multiple).toBe(0)
          expect(size).toBeLessThanOrEqual(tile)
          weights[k]!.forEach((weight, i) => {
            expect(weight).toBeGreaterThanOrEqual(0)
            total[start * 2 + i]! += weight
          })
        })
        expect(total.length / 2).toBe(Math.ceil(length / multiple) * multiple)
        expectClose(total, new Float64Array(total.length).fill(1), 1e-6)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('throws the outer part of an overlap away', () => {
    const tiles = placeTiles(28, 16, 4, 1)
    expect(tiles).toEqual([
      { start: 0, size: 16 },
      { start: 12, size: 16 },
    ])
    expect(rampWeights(tiles, 2, 4, 1)[0]!.slice(11)).toEqual(new Float32Array([1, 1, 1, 0, 0]))
    expect(rampWeights(tiles, 100, 4, 1)[0]!.slice(11)).toEqual(new Float32Array([1, 1, 0.75, 0.25, 0]))
  })
})
