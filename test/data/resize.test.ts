import { describe, expect, it } from 'vitest'
import { resizeBicubic, resizeImage } from '../../src/data/index.js'
import type { PixelImage } from '../../src/image.js'
import { createRandom } from '../../src/random.js'
import golden from '../reference/data_resize.json' with { type: 'json' }

const image = (width: number, height: number, data: readonly number[]): PixelImage => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from(data),
  maxValue: 255,
})

describe('resizeImage', () => {
  it.each(golden.cases.map((c) => [`${c.method} ${c.width}x${c.height} to ${c.outWidth}x${c.outHeight}`, c] as const))(
    'comes within one level of Pillow: %s',
    (_, c) => {
      const result = resizeImage(image(c.width, c.height, c.input), {
        width: c.outWidth,
        height: c.outHeight,
        method: c.method as 'bilinear',
      })
      // Pillow works in fixed point; its borders drop the taps outside instead of mirroring them, so only the inside is compared.
      const border = c.method === 'nearest' ? 0 : 2
      let worst = 0
      for (let y = border; y < c.outHeight - border; y++) {
        for (let i = border * 3; i < (c.outWidth - border) * 3; i++) {
          const at = y * c.outWidth * 3 + i
          worst = Math.max(worst, Math.abs(result.data[at]! - c.output[at]!))
        }
      }
      expect(worst).toBeLessThanOrEqual(c.method === 'nearest' ? 0 : 1)
    },
  )
  it('does not alias: fine stripes shrink to grey', () => {
    const stripes = image(
      64,
      64,
      Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.floor(i / 3) % 2) * 255),
    )
    const small = resizeImage(stripes, { width: 8, height: 8 })
    for (const v of small.data) expect(Math.abs(v - 127.5)).toBeLessThan(8)
    expect(new Set(resizeImage(stripes, { width: 8, height: 8, method: 'nearest' }).data).size).toBe(1)
  })
  it('bicubic is resizeBicubic; the same size changes nothing', () => {
    const random = createRandom(1)
    const noise = image(
      9,
      6,
      Array.from({ length: 9 * 6 * 3 }, () => random.integer(256)),
    )
    const size = { width: 5, height: 13 }
    expect(resizeImage(noise, { ...size, method: 'bicubic' })).toEqual(resizeBicubic(noise, size))
    for (const method of ['bilinear', 'nearest', 'bicubic'] as const)
      expect(resizeImage(noise, { width: 9, height: 6, method })).toEqual(noise)
  })
  it('refuses wrong options', () => {
    const one = image(1, 1, [1, 2, 3])
    expect(() => resizeImage(one, { width: 0, height: 1 })).toThrow('options.width must be an integer >= 1')
    expect(() => resizeImage(one, { width: 1, height: 1.5 })).toThrow('options.height')
    expect(() => resizeImage(one, { width: 1, height: 1, method: 'area' as 'nearest' })).toThrow('options.method')
    expect([...resizeImage(one, { width: 2, height: 2 }).data]).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
  })
})
