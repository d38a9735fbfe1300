import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PixelImage } from '../../src/image.js'
import { decodeImage, encodeImage, readImage, writeImage } from '../../src/node/images.js'
import { createRandom } from '../../src/random.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import golden from '../reference/data_images.json' with { type: 'json' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'images-'))
})
afterAll(() => rm(folder, { recursive: true }))

function noise(channels: 1 | 2 | 3 | 4, maxValue: 255 | 65535, width = 7, height = 5): PixelImage {
  const random = createRandom(channels + maxValue)
  const values = Array.from({ length: width * height * channels }, () => random.integer(maxValue + 1))
  return {
    width,
    height,
    channels,
    data: maxValue === 255 ? Uint8Array.from(values) : Uint16Array.from(values),
    maxValue,
  }
}

describe('writeImage and readImage', () => {
  it.each(
    (['png', 'tiff', 'tif', 'webp'] as const).flatMap((extension) =>
      ([255, 65535] as const).flatMap((maxValue) =>
        ([1, 2, 3, 4] as const).map((channels) => [extension, maxValue, channels] as const),
      ),
    ),
  )('%s, up to %d, %d channels: lossless', async (extension, maxValue, channels) => {
    const image = noise(channels, maxValue)
    const path = join(folder, 'sub', `${channels}-${maxValue}.${extension}`)
    await writeImage(path, image)
    const back = await readImage(path)
    if (extension === 'webp') {
      // WebP knows RGB of 8 bits only.
      expect([back.maxValue, back.channels]).toEqual([255, channels % 2 === 0 ? 4 : 3])
      if (maxValue === 255 && channels > 2) expect(back.data).toEqual(image.data)
    } else {
      expect(back).toEqual(image)
    }
  })
  it('JPEG comes near, without alpha', async () => {
    const flat: PixelImage = {
      width: 16,
      height: 16,
      channels: 4,
      data: Uint8Array.from({ length: 1024 }, (_, i) => [200, 100, 50, 128][i % 4]!),
      maxValue: 255,
    }
    const back = await decodeImage(await encodeImage(flat, 'x.JPG'), 'x.JPG')
    expect([back.channels, back.maxValue]).toEqual([3, 255])
    expect(Math.max(...back.data.map((v, i) => Math.abs(v - [200, 100, 50][i % 3]!)))).toBeLessThan(3)
    const grey = await decodeImage(await encodeImage(noise(1, 255), 'x.jpeg', { quality: 100 }), 'x')
    expect(grey.channels).toBe(1)
  })
  it('leaves no other file behind, and none after a failure', async () => {
    const path = join(folder, 'only', 'a.png')
    await writeImage(path, noise(3, 255))
    await expect(writeImage(join(folder, 'only', 'b.gif'), noise(3, 255))).rejects.toThrow(
      'path must end in one of .png',
    )
    await expect(writeImage(path, { ...noise(3, 255), width: 99 })).rejects.toThrow(
      'image.data must hold 99x5x3 values',
    )
    await expect(writeImage(path, noise(3, 255), { quality: 0 })).rejects.toThrow('options.quality')
    expect(await readdir(join(folder, 'only'))).toEqual(['a.png'])
  })
  it('expands palettes and keeps stored values under a colour profile', async () => {
    const image = noise(3, 255, 4, 4)
    const raw = { raw: { width: 4, height: 4, channels: 3 as const } }
    const tagged = await sharp(image.data, raw).withIccProfile('p3').png().toBuffer()
    // Writing with a profile converts into it; reading must return what is stored, not what it looks like.
    const stored = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer()
    expect([...(await decodeImage(tagged, 'p3')).data]).toEqual([...stored])
    const palette = await sharp(image.data, raw).png({ palette: true, colours: 4 }).toBuffer()
    expect((await decodeImage(palette, 'palette')).channels).toBe(3)
  })
})

describe('readImage refuses', () => {
  it('missing files, folders, other formats and truncated or damaged ones, by name', async () => {
    await expect(readImage(join(folder, 'no.png'))).rejects.toThrow(`${join(folder, 'no.png')}: no such file`)
    await expect(readImage(folder)).rejects.toThrow('is a folder')
    const whole = await encodeImage(noise(3, 255, 40, 40), 'x.png')
    const cases: [string, Uint8Array | string][] = [
      ['empty.png', ''],
      ['text.png', 'not an image'],
      ['short.png', whole.subarray(0, whole.length / 2)],
      ['end.png', whole.subarray(0, whole.length - 20)],
      ['damaged.png', whole.map((v, i) => (i === 1500 ? v ^ 255 : v))],
      ['vector.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'],
    ]
    for (const [name, bytes] of cases) {
      const path = join(folder, name)
      await writeFile(path, bytes)
      await expect(readImage(path), name).rejects.toThrow(
        expect.objectContaining({ name: 'DataError', source: path, message: expect.stringContaining(name) }),
      )
    }
  })
  it('images of more pixels than allowed', async () => {
    const bytes = await encodeImage(noise(1, 255, 20, 20), 'x.png')
    await expect(decodeImage(bytes, 'big', { maxPixels: 399 })).rejects.toThrow(/^big: cannot be decoded/)
    expect((await decodeImage(bytes, 'big', { maxPixels: 400 })).width).toBe(20)
  })
  it('never with another error, whatever the bytes', async () => {
    const whole = await encodeImage(noise(3, 255), 'x.png')
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.nat(whole.length), async (bytes, at) => {
        for (const input of [bytes, Uint8Array.of(...whole.subarray(0, at), ...bytes, ...whole.subarray(at))]) {
          const error = await decodeImage(input, 'fuzz').then(
            () => undefined,
            (e: unknown) => e,
          )
          if (error !== undefined) expect(error).toMatchObject({ name: 'DataError', source: 'fuzz' })
        }
      }),
      { numRuns: 50 },
    )
  })
})

describeShared('pixels as Pillow reads them', () => {
  it.each(golden.images)('$path', async ({ path, width, height, channels, sum, weighted }) => {
    const image = await readImage(sharedData(path))
    expect([image.width, image.height, image.channels]).toEqual([width, height, channels])
    let [plain, byPlace] = [0, 0]
    image.data.forEach((v, i) => {
      plain += v
      byPlace += v * (i % 8191)
    })
    expect([plain, byPlace]).toEqual([sum, weighted])
  })
})
