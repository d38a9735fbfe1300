import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { ArgumentError, DataError } from '../../src/errors.js'
import type { PixelImage } from '../../src/image.js'
import { encodeImage, readImage, writePNG } from '../../src/node/index.js'
import { createRandom } from '../../src/random.js'
import { inFolder } from '../cli/helpers.js'

function picture(width: number, height: number, channels: 1 | 2 | 3 | 4, maxValue: 255 | 65535): PixelImage {
  const random = createRandom(4, width, height)
  const data = maxValue === 255 ? new Uint8Array(width * height * channels) : new Uint16Array(width * height * channels)
  return { width, height, channels, maxValue, data: data.map(() => random.integer(maxValue + 1)) }
}

/** The image in bands of so many rows. */
async function* bandsOf(image: PixelImage, rows: number): AsyncGenerator<{ image: PixelImage }, void, undefined> {
  const length = image.width * image.channels
  for (let y = 0; y < image.height; y += rows) {
    const height = Math.min(rows, image.height - y)
    yield { image: { ...image, height, data: image.data.slice(y * length, (y + height) * length) } }
  }
}

describe('writePNG', () => {
  it('writes what two other decoders read, in any bands, all channels and both depths', async () => {
    const cases = fc.record({
      width: fc.integer({ min: 1, max: 30 }),
      height: fc.integer({ min: 1, max: 30 }),
      channels: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const),
      maxValue: fc.constantFrom(255 as const, 65535 as const),
      rows: fc.integer({ min: 1, max: 31 }),
    })
    await inFolder(async (folder) => {
      const path = join(folder, 'sub', 'a.png')
      await fc.assert(
        fc.asyncProperty(cases, async ({ width, height, channels, maxValue, rows }) => {
          const image = picture(width, height, channels, maxValue)
          await writePNG(path, image, bandsOf(image, rows))
          const { data, depth, channels: found } = decode(await readFile(path))
          expect({ depth, found }).toEqual({ depth: maxValue === 255 ? 8 : 16, found: channels })
          expect([...data]).toEqual([...image.data])
          expect(await readImage(path)).toEqual(image)
        }),
        { seed: 2, numRuns: 60 },
      )
      expect(await readdir(join(folder, 'sub'))).toEqual(['a.png'])
    })
  })

  it('takes bands that are made in one place, one after the other', async () => {
    const image = picture(7, 6, 3, 255)
    async function* reused(): AsyncGenerator<{ image: PixelImage }, void, undefined> {
      const data = new Uint8Array(2 * 21)
      for await (const { image: band } of bandsOf(image, 2)) {
        data.set(band.data)
        yield { image: { ...band, data } }
      }
    }
    await inFolder(async (folder) => {
      await writePNG(join(folder, 'a.png'), image, reused())
      expect(await readImage(join(folder, 'a.png'))).toEqual(image)
    })
  })

  it('leaves what was there when bands fail, do not fit, or are missing', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'a.png')
      await writeFile(path, 'before')
      const image = picture(9, 8, 3, 255)
      const own = new Error('stopped')
      async function* failing(): AsyncGenerator<{ image: PixelImage }, void, undefined> {
        yield* bandsOf({ ...image, height: 4, data: image.data.slice(0, 108) }, 2)
        throw own
      }
      await expect(writePNG(path, image, failing())).rejects.toBe(own)
      const refused: [Partial<PixelImage>, RegExp][] = [
        [{ height: 9 }, /bands must have 9 rows in all; received 8/],
        [{ height: 7 }, /bands must be whole rows of 9x7x3; received "9x2x3 after 6 rows"/],
        [{ width: 8 }, /bands must be whole rows of 8x8x3/],
        [{ channels: 1 }, /bands must be whole rows/],
        [{ maxValue: 65535 }, /bands must be whole rows/],
        [{ width: 0 }, /header.width/],
        [{ height: 2 ** 31 }, /header.height must be at most 2147483647/],
      ]
      for (const [change, message] of refused) {
        const attempt = writePNG(path, { ...image, ...change }, bandsOf(image, 2))
        await expect(attempt).rejects.toThrow(message)
        await expect(attempt).rejects.toThrow(ArgumentError)
      }
      expect(await readFile(path, 'utf8')).toBe('before')
      await expect(writePNG(join(path, 'b.png'), image, bandsOf(image, 2))).rejects.toThrow(DataError)
      expect(await readdir(folder)).toEqual(['a.png'])
    })
  })
})

describe('encodeImage', () => {
  it('says before it works that a side is too long for the format', async () => {
    const long = picture(16_384, 1, 1, 255)
    await expect(encodeImage(long, 'a.webp')).rejects.toThrow(
      'image must have sides of at most 16383 pixels to be written as webp; received "16384x1"',
    )
    await expect(encodeImage(picture(1, 65_501, 1, 255), 'a.jpg')).rejects.toThrow(/at most 65500 pixels .* jpeg/)
  })
})
