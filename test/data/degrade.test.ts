import fc from 'fast-check'
import jpeg from 'jpeg-js'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import {
  crop,
  degrade,
  drawDegradation,
  gaussianBlur,
  gaussianNoise,
  jpegArtefacts,
  resizeBicubic,
  type Degradation,
} from '../../src/data/index.js'
import type { PixelImage } from '../../src/image.js'
import { psnr } from '../../src/metrics/index.js'
import { readImage } from '../../src/node/index.js'
import { createRandom } from '../../src/random.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import golden from '../reference/data_degrade.json' with { type: 'json' }

const imageOf = (c: {
  width: number
  height: number
  channels: number
  input: number[]
  maxValue?: number
}): PixelImage => ({
  width: c.width,
  height: c.height,
  channels: c.channels as 1 | 2 | 3 | 4,
  data: c.maxValue === 65535 ? Uint16Array.from(c.input) : Uint8Array.from(c.input),
  maxValue: c.maxValue === 65535 ? 65535 : 255,
})

function made(width: number, height: number, channels: 1 | 2 | 3 | 4, valueAt: (i: number) => number): PixelImage {
  return imageOf({
    width,
    height,
    channels,
    input: Array.from({ length: width * height * channels }, (_, i) => valueAt(i)),
  })
}

/** Waves of colour. */
const waves = (width: number, height: number): PixelImage =>
  made(width, height, 3, (i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    return Math.round(127 + 70 * Math.sin(x / 5 + (i % 3)) + 50 * Math.cos(y / 7 - x / 11))
  })

describe('gaussianBlur', () => {
  it.each(golden.blur.map((c) => [`${c.along} along, ${c.across} across ${c.angle}, ${c.maxValue}`, c] as const))(
    'equals SciPy before rounding: %s',
    (_, c) => {
      const blurred = gaussianBlur(imageOf(c), c)
      expect(Math.max(...c.output.map((v, i) => Math.abs(v - blurred.data[i]!)))).toBeLessThanOrEqual(0.5 + 1e-5)
    },
  )
  it('is symmetric in its angles, keeps flat pictures, and does nothing with deviation 0', () => {
    const image = waves(13, 11)
    expect(gaussianBlur(image, { along: 0 }).data).toEqual(image.data)
    expect(gaussianBlur(image, { along: 0, across: 0, angle: 20 }).data).toEqual(image.data)
    expect(gaussianBlur(image, { along: 2, across: 1, angle: 200 })).toEqual(
      gaussianBlur(image, { along: 2, across: 1, angle: 20 }),
    )
    expect(gaussianBlur(image, { along: 2, across: 0.5, angle: 90 })).toEqual(
      gaussianBlur(image, { along: 0.5, across: 2 }),
    )
    const flat = made(4, 3, 4, () => 77)
    for (const angle of [0, 33]) expect(gaussianBlur(flat, { along: 9, across: 2, angle }).data).toEqual(flat.data)
    // Clockwise from the horizontal, rows downwards: a dot becomes a streak from the upper left to the lower right.
    const dot = made(9, 9, 1, (i) => (i === 40 ? 255 : 0))
    const streak = gaussianBlur(dot, { along: 2, across: 0.4, angle: 45 }).data
    expect(streak[5 * 9 + 5]!).toBeGreaterThan(3 * streak[3 * 9 + 5]!)
  })
  it('refuses deviations and angles out of bounds', () => {
    const image = waves(4, 4)
    expect(() => gaussianBlur(image, { along: -1 })).toThrow('options.along')
    expect(() => gaussianBlur(image, { along: 1, across: 101 })).toThrow('options.across')
    expect(() => gaussianBlur(image, { along: 1, angle: Number.NaN })).toThrow('options.angle')
  })
})

describe('gaussianNoise', () => {
  it.each([255, 65535] as const)('has mean 0, the deviation that was asked for, and no memory: %d', (maxValue) => {
    const grey = Math.round(maxValue / 2)
    const image = imageOf({ width: 200, height: 150, channels: 3, maxValue, input: Array(90_000).fill(grey) })
    const noisy = gaussianNoise(image, 0.04, createRandom(1)).data
    const errors = Array.from(noisy, (v) => (v - grey) / maxValue)
    const mean = errors.reduce((a, b) => a + b) / errors.length
    // Standard errors with n = 90,000: 0.04 / 300 of the mean, 0.04 / 424 of the deviation.
    expect(Math.abs(mean)).toBeLessThan(4 * (0.04 / 300))
    const deviation = Math.sqrt(errors.reduce((a, b) => a + (b - mean) ** 2, 0) / errors.length)
    expect(Math.abs(deviation - 0.04)).toBeLessThan(4 * (0.04 / 424) + 0.0001)
    for (const lag of [1, 3, 600]) {
      let product = 0
      for (let i = lag; i < errors.length; i++) product += errors[i]! * errors[i - lag]!
      expect(Math.abs(product / errors.length / deviation ** 2)).toBeLessThan(4 / 300)
    }
    expect(gaussianNoise(image, 0.04, createRandom(1)).data).toEqual(noisy)
    expect(gaussianNoise(image, 0.04, createRandom(2)).data).not.toEqual(noisy)
  })
  it('saturates, leaves alpha alone and refuses deviations out of bounds', () => {
    const image = made(20, 20, 2, (i) => (i % 2 === 1 ? 200 : 250))
    const { data } = gaussianNoise(image, 1, createRandom(3))
    expect([...data].filter((_, i) => i % 2 === 1).every((v) => v === 200)).toBe(true)
    expect(new Set([...data].filter((_, i) => i % 2 === 0)).has(255)).toBe(true)
    expect(gaussianNoise(image, 0, createRandom(3)).data).toEqual(image.data)
    expect(() => gaussianNoise(image, 1.5, createRandom(3))).toThrow('deviation must be')
  })
})

describe('jpegArtefacts', () => {
  it.each(golden.jpeg.map((c) => [`${c.width}x${c.height}x${c.channels} ${c.quality} ${c.subsampling}`, c] as const))(
    'equals what libjpeg writes and reads, bit for bit: %s',
    (_, c) => {
      const { quality, subsampling } = c as { quality: number; subsampling: '4:2:0' }
      expect([...jpegArtefacts(imageOf(c), { quality, subsampling }).data]).toEqual(c.output)
    },
  )
  it('is nearly what another encoder makes, jpeg-js, read by itself and by sharp', async () => {
    const image = waves(37, 26)
    const rgba = new Uint8Array(37 * 26 * 4).fill(255)
    for (let i = 0; i < 37 * 26; i++) rgba.set(image.data.subarray(3 * i, 3 * i + 3), 4 * i)
    for (const quality of [20, 60, 95]) {
      const file = jpeg.encode({ width: 37, height: 26, data: rgba }, quality).data
      const own = jpeg.decode(file, { useTArray: true, formatAsRGBA: false })
      const other = await sharp(file).raw().toBuffer()
      const ours = jpegArtefacts(image, { quality, subsampling: '4:4:4' })
      for (const pixels of [own.data, other]) {
        expect(psnr(ours, { ...image, data: Uint8Array.from(pixels) }, { channel: 'rgb', crop: 0 })).toBeGreaterThan(40)
      }
    }
  })
  it('loses more the lower the quality, and with subsampled colour', () => {
    const image = waves(64, 48)
    const quality = (q: number, subsampling: '4:2:0' | '4:4:4' = '4:2:0'): number =>
      psnr(jpegArtefacts(image, { quality: q, subsampling }), image, { channel: 'rgb', crop: 0 })
    const found = [5, 10, 20, 40, 60, 80, 95].map((q) => quality(q))
    expect(found).toEqual(found.toSorted((a, b) => a - b))
    expect(found.at(-1)! - found[0]!).toBeGreaterThan(8)
    expect(quality(90, '4:4:4')).toBeGreaterThan(quality(90))
  })
  it('keeps alpha, cuts 16 bits to 8, takes any size, and refuses what is no quality', () => {
    const rgba = made(11, 9, 4, (i) => (i * 37) % 256)
    const { data } = jpegArtefacts(rgba, { quality: 30 })
    for (let i = 3; i < data.length; i += 4) expect(data[i]).toBe(rgba.data[i])
    const eight = made(9, 9, 1, (i) => (i * 11) % 256)
    const sixteen: PixelImage = { ...eight, maxValue: 65535, data: Uint16Array.from(eight.data, (v) => v * 257 + 100) }
    const compressed = jpegArtefacts(eight, { quality: 50 }).data
    expect([...jpegArtefacts(sixteen, { quality: 50 }).data]).toEqual(Array.from(compressed, (v) => v * 257))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 100 }),
        (w, h, q) => {
          const flat = made(w, h, 3, () => 128)
          expect(new Set(jpegArtefacts(flat, { quality: q }).data)).toEqual(new Set([128]))
        },
      ),
      { numRuns: 30 },
    )
    for (const quality of [0, 101, 50.5, Number.NaN]) {
      expect(() => jpegArtefacts(eight, { quality })).toThrow('options.quality must be an integer')
    }
    expect(() => jpegArtefacts(eight, { quality: 50, subsampling: '4:2:2' as '4:2:0' })).toThrow('options.subsampling')
  })
})

describe('drawDegradation', () => {
  const draws = (degradation: Degradation): ReturnType<typeof drawDegradation>[] => {
    const random = createRandom(5)
    return Array.from({ length: 1000 }, () => drawDegradation(random, degradation))
  }
  it('draws nothing, fixed numbers, and ranges uniformly', () => {
    expect(draws({})[0]).toEqual({ noise: 0 })
    expect(draws({ blur: 1.5, noise: 0.01, jpeg: 70 })[7]).toEqual({
      blur: { along: 1.5, across: 1.5, angle: 0 },
      noise: 0.01,
      jpeg: { quality: 70, subsampling: '4:2:0' },
    })
    const all = draws({
      blur: { along: [2, 3], across: [0.5, 1] },
      noise: [0.01, 0.05],
      jpeg: { quality: [30, 32], subsampling: '4:4:4' },
    })
    const between = (values: number[], low: number, high: number): void => {
      const share = (high - low) / 50
      expect([Math.min(...values) >= low, Math.max(...values) <= high]).toEqual([true, true])
      expect([Math.min(...values) < low + share, Math.max(...values) > high - share]).toEqual([true, true])
    }
    between(
      all.map(({ blur }) => blur!.along),
      2,
      3,
    )
    between(
      all.map(({ blur }) => blur!.across),
      0.5,
      1,
    )
    between(
      all.map(({ blur }) => blur!.angle),
      0,
      180,
    )
    between(
      all.map(({ noise }) => noise),
      0.01,
      0.05,
    )
    const qualities = [30, 31, 32].map((q) => all.filter(({ jpeg: j }) => j!.quality === q).length)
    expect(qualities.reduce((a, b) => a + b)).toBe(1000)
    expect(Math.min(...qualities)).toBeGreaterThan(280)
    expect(all.every(({ jpeg: j }) => j!.subsampling === '4:4:4')).toBe(true)
  })
  it('refuses ranges out of bounds', () => {
    const wrong: [Degradation, string][] = [
      [{ blur: -1 }, 'options.blur'],
      [{ blur: [2, 1] }, 'options.blur'],
      [{ blur: { along: 1, across: Number.NaN } }, 'options.blur.across'],
      [{ blur: { along: 1, across: 2, angle: 1000 } }, 'options.blur.angle'],
      [{ noise: [0, 2] }, 'options.noise'],
      [{ jpeg: 0 }, 'options.jpeg'],
      [{ jpeg: [30, 60.5] }, 'options.jpeg'],
      [{ jpeg: [30] as unknown as [number, number] }, 'options.jpeg'],
    ]
    for (const [degradation, argument] of wrong) {
      expect(() => drawDegradation(createRandom(1), degradation)).toThrow(
        expect.objectContaining({ name: 'ArgumentError', argument }),
      )
    }
  })
})

describe('degrade', () => {
  it('blurs, shrinks, adds noise and compresses, in this order', () => {
    const image = waves(41, 30)
    const small = degrade(image, { scale: 2, blur: 1.2, noise: 0.03, jpeg: 60, seed: 4 })
    const random = createRandom(4, 'degrade')
    const drawn = drawDegradation(random, { blur: 1.2, noise: 0.03, jpeg: 60 })
    const shrunk = resizeBicubic(gaussianBlur(image, drawn.blur!), { scale: 0.5 })
    expect(small).toEqual(jpegArtefacts(gaussianNoise(shrunk, 0.03, random), drawn.jpeg!))
    expect([small.width, small.height]).toEqual([21, 15])
  })
  it('is bicubic alone by default, at scales that are not whole too, and nothing at scale 1', () => {
    const image = waves(24, 20)
    expect(degrade(image)).toEqual(resizeBicubic(image, { scale: 0.25 }))
    expect(degrade(image, { scale: 2.5 })).toEqual(resizeBicubic(image, { scale: 0.4 }))
    expect(degrade(image, { scale: 1 })).toBe(image)
    for (const scale of [0.5, Number.NaN, Infinity]) expect(() => degrade(image, { scale })).toThrow('options.scale')
  })
  it('is a function of the seed', () => {
    const image = waves(32, 32)
    const worn = { blur: { along: [0.5, 3], across: [0.2, 1] }, noise: [0.01, 0.05], jpeg: [30, 90] } as const
    expect(degrade(image, { ...worn, seed: 1 })).toEqual(degrade(image, { ...worn, seed: 1 }))
    expect(degrade(image, { ...worn, seed: 1 })).not.toEqual(degrade(image, { ...worn, seed: 2 }))
  })
})

describeShared('degradations of a real image', () => {
  const path = sharedData(
    'BreaKHis_v1/histology_slides/breast/malignant/SOB/ductal_carcinoma/SOB_M_DC_14-12312/100X/SOB_M_DC-14-12312-100-017.png',
  )
  it.each([
    ['4:2:0', 85],
    ['4:4:4', 40],
  ] as const)('JPEG %s of quality %d equals sharp', async (subsampling, quality) => {
    const image = crop(await readImage(path), { top: 0, left: 0, width: 301, height: 201 })
    const raw = { width: 301, height: 201, channels: 3 as const }
    const file = await sharp(image.data, { raw }).jpeg({ quality, chromaSubsampling: subsampling }).toBuffer()
    const pixels = await sharp(file).raw().toBuffer()
    const ours = jpegArtefacts(image, { quality, subsampling })
    let worst = 0
    for (let i = 0; i < pixels.length; i++) worst = Math.max(worst, Math.abs(pixels[i]! - ours.data[i]!))
    expect(worst).toBeLessThanOrEqual(1)
  })
})
