import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { patchSampler, resizeBicubic, type PatchSamplerOptions } from '../../src/data/index.js'
import type { PixelImage } from '../../src/image.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

/** Pixel (y, x) of image k holds (20k + y, x, 7): every patch says where it comes from. */
function map(k: number, width = 40, height = 30): PixelImage {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) data.set([60 * k + Math.floor(i / width), i % width, 7], i * 3)
  return { width, height, channels: 3, data, maxValue: 255 }
}
const images = [map(0), map(1), map(2)]

async function draw(
  n: number,
  options: Partial<PatchSamplerOptions> = {},
): Promise<{ hr: number[][]; lr: number[][] }> {
  const batch = await patchSampler({ images, patchSize: 8, batchSize: 3, seed: 1, ...options }).step(n)
  const read = async (t: tf.Tensor): Promise<number[][]> => {
    const per = t.size / t.shape[0]!
    const values = await t.data()
    return Array.from({ length: t.shape[0]! }, (_, i) =>
      Array.from(values.slice(i * per, (i + 1) * per), (v) => v * 255),
    )
  }
  const result = { hr: await read(batch.hr), lr: await read(batch.lr) }
  tf.dispose([batch.hr, batch.lr])
  return result
}

describe('patchSampler', () => {
  beforeAll(() => useBackend('cpu'))
  it('cuts RGB patches in [0, 1] with the bicubic of each', async () => {
    const sampler = patchSampler({ images, patchSize: 8, batchSize: 2 })
    const { hr, lr } = await sampler.step(0)
    expect([hr.shape, lr.shape]).toEqual([
      [2, 8, 8, 3],
      [2, 2, 2, 3],
    ])
    tf.dispose([hr, lr])
    for (let n = 0; n < 4; n++) {
      const batch = await draw(n)
      batch.hr.forEach((patch, i) => {
        const image: PixelImage = {
          width: 8,
          height: 8,
          channels: 3,
          data: Uint8Array.from(patch.map(Math.round)),
          maxValue: 255,
        }
        const want = resizeBicubic(image, { scale: 0.25 }).data
        expect(batch.lr[i]!.map(Math.round)).toEqual([...want])
      })
    }
  })
  it('is a function of (seed, n), and uses every image equally often', async () => {
    expect(await draw(7)).toEqual(await draw(7))
    expect(await draw(7)).not.toEqual(await draw(8))
    expect(await draw(7)).not.toEqual(await draw(7, { seed: 2 }))
    for (let n = 0; n < 5; n++) {
      const { hr } = await draw(n)
      expect(
        hr.map((patch) => Math.floor(Math.min(...patch.filter((_, i) => i % 3 === 0)) / 60 + 1e-6)).sort(),
      ).toEqual([0, 1, 2])
    }
  })
  it('mirrors and transposes into all eight orientations, or none', async () => {
    const orientations = async (flips: boolean): Promise<Set<string>> => {
      const found = new Set<string>()
      for (let n = 0; n < 40; n++) {
        for (const p of (await draw(n, { flips })).hr) {
          const at = (y: number, x: number): number[] => p.slice((y * 8 + x) * 3, (y * 8 + x) * 3 + 2).map(Math.round)
          const [origin, right, down] = [at(0, 0), at(0, 1), at(1, 0)]
          found.add(
            [right[0]! - origin[0]!, right[1]! - origin[1]!, down[0]! - origin[0]!, down[1]! - origin[1]!].join(),
          )
        }
      }
      return found
    }
    expect((await orientations(true)).size).toBe(8)
    expect([...(await orientations(false))]).toEqual(['0,1,1,0'])
  })
  it('mirrors and transposes each for half of the patches, one independently of the other', async () => {
    const counts = new Map<string, number>()
    const patches = 1200
    for (let n = 0; n < patches / 3; n++) {
      for (const p of (await draw(n)).hr) {
        const at = (y: number, x: number): number[] => p.slice((y * 8 + x) * 3, (y * 8 + x) * 3 + 2).map(Math.round)
        const steps = [at(0, 1), at(1, 0)].flatMap((to) => to.map((value, i) => value - at(0, 0)[i]!)).join()
        counts.set(steps, (counts.get(steps) ?? 0) + 1)
      }
    }
    // A binomial of 1200 draws at 1/8 has a deviation of 11.5: four of them.
    expect(counts.size).toBe(8)
    for (const count of counts.values()) expect(Math.abs(count - patches / 8)).toBeLessThan(46)
  })
  it('reads images on demand, takes grey and 16 bits, and degrades the small side only', async () => {
    const grey: PixelImage = {
      width: 8,
      height: 8,
      channels: 1,
      data: new Uint16Array(64).fill(32768),
      maxValue: 65535,
    }
    const source = { count: 1, read: async () => grey }
    const clean = await draw(0, { images: source })
    expect(clean.hr[0]![0]).toBeCloseTo(127.5, 1)
    expect(clean.lr[0]!.every((v) => Math.abs(v - 127.5) < 0.1)).toBe(true)
    const noisy = await draw(0, { images: source, degradation: { noise: 0.1 } })
    expect(noisy.hr).toEqual(clean.hr)
    expect(new Set(noisy.lr[0]).size).toBeGreaterThan(5)
    const worn = { blur: [0.5, 2], noise: [0, 0.05], jpeg: [40, 90] } as const
    const [one, two] = [await draw(3, { degradation: worn }), await draw(3, { degradation: worn })]
    expect(one).toEqual(two)
    expect(one.hr).toEqual((await draw(3)).hr)
    expect(one.lr).not.toEqual((await draw(3)).lr)
    const loud = await draw(0, { images: source, degradation: { noise: 1 } })
    expect(loud.lr.flat().every((v) => v >= 0 && v <= 255)).toBe(true)
  })
  it('refuses wrong options and images smaller than the patch, and leaks nothing', async () => {
    expect(() => patchSampler({ images, patchSize: 30, scale: 4 })).toThrow('options.patchSize must be a multiple of 4')
    expect(() => patchSampler({ images: [] })).toThrow('options.images.length')
    expect(() => patchSampler({ images, degradation: { noise: -1 } })).toThrow('options.noise')
    const large = patchSampler({ images, patchSize: 32, batchSize: 2 })
    await expectNoLeakWhenThrowing(() => large.step(0), /^image \d: 40x30 is smaller than the 32x32 patch$/)
    await expectNoLeak(async () => Object.values(await patchSampler({ images, patchSize: 8 }).step(0)))
  })
})
