import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeImage as decodeInBrowser } from '../../src/browser/index.js'
import { decodeImage } from '../../src/node/images.js'
import golden from '../reference/data_formats.json' with { type: 'json' }
import { jpegClaiming, png, pngClaiming, tiffClaiming, webpClaiming } from './craftedImages.js'

const bytesOf = (file: string): Uint8Array => Uint8Array.from(Buffer.from(file, 'base64'))
const files = new Map(golden.images.map(({ name, file }) => [name, bytesOf(file)]))

describe('decodeImage, as the specification or another decoder reads it', () => {
  it.each(golden.images)('$name', async ({ name, width, height, channels, maxValue, tolerance, data }) => {
    const image = await decodeImage(files.get(name)!, name)
    expect([image.width, image.height, image.channels, image.maxValue]).toEqual([width, height, channels, maxValue])
    expect(image.data).toBeInstanceOf(maxValue === 255 ? Uint8Array : Uint16Array)
    expect(image.data.length).toBe(data.length)
    expect(Math.max(...data.map((value, i) => Math.abs(value - image.data[i]!)))).toBeLessThanOrEqual(tolerance)
  })

  it.each(golden.cmyk)('$name in CMYK becomes RGB: no ink is white, ink takes its light away', async ({ file }) => {
    const image = await decodeImage(bytesOf(file), 'cmyk')
    expect([image.width, image.height, image.channels, image.maxValue]).toEqual([32, 8, 3, 255])
    const [paper, cyan, magenta, black] = [0, 1, 2, 3].map((block) => [
      ...image.data.subarray(block * 24 + 12, block * 24 + 15),
    ])
    expect(Math.min(...paper!)).toBeGreaterThan(250)
    expect(cyan![0]).toBeLessThan(Math.min(cyan![1]!, cyan![2]!) - 100)
    expect(magenta![1]).toBeLessThan(Math.min(magenta![0]!, magenta![2]!) - 100)
    expect(Math.max(...black!)).toBeLessThan(60)
  })
})

describe('decodeImage refuses before it decodes', () => {
  const million = 1_000_000
  it.each([
    ['a PNG of a million by a million', pngClaiming(million, million), '1000000x1000000 pixels, a side'],
    ['a PNG a million pixels wide', pngClaiming(million, 1), '1000000x1 pixels, a side of more than the 65535 allowed'],
    ['a PNG a million pixels high', pngClaiming(1, million), '1x1000000 pixels, a side of more than the 65535 allowed'],
    ['a PNG of too many pixels', pngClaiming(20_000, 20_000), '20000x20000 pixels, more than the 50000000 allowed'],
    ['a JPEG of 65,500 by 65,500', jpegClaiming(files.get('JPEG RGB 4:4:4')!, 65_500, 65_500), '65500x65500 pixels'],
    [
      'a TIFF of a million by a million',
      tiffClaiming(files.get('TIFF RGB 8 bit')!, million, million),
      '1000000x1000000',
    ],
    [
      'a TIFF a million pixels wide',
      tiffClaiming(files.get('TIFF RGB 16 bit')!, million, 1),
      '1000000x1 pixels, a side',
    ],
    ['a WebP of 16,383 by 16,383', webpClaiming(16_383, 16_383), '16383x16383 pixels, more than'],
  ])('%s', async (_, bytes, problem) => {
    const before = process.memoryUsage()
    const outcome = decodeImage(bytes, 'huge')
    await expect(outcome).rejects.toThrow(
      expect.objectContaining({
        name: 'DataError',
        source: 'huge',
        message: expect.stringContaining(`huge: cannot be decoded: its header claims ${problem}`),
      }),
    )
    // The smallest of the claims would take 3 MB a channel; nothing near what is claimed may be held.
    expect(process.memoryUsage().external - before.external).toBeLessThan(2 * 2 ** 20)
  })

  it('a file that unpacks to more than is allowed; text that would is not looked at', async () => {
    const bomb = png(12_000, 12_000, 0, Buffer.alloc(12_001 * 12_000))
    expect(bomb.length).toBeLessThan(200_000)
    await expect(decodeImage(bomb, 'bomb')).rejects.toThrow('bomb: cannot be decoded: its header claims 12000x12000')
    const text = deflateSync(Buffer.alloc(2 ** 26))
    for (const [kind, head] of [
      ['zTXt', 'Comment\0\0'],
      ['iTXt', 'Comment\0\u0001\0\0\0'],
      ['iCCP', 'profile\0\0'],
    ] as const) {
      const image = await decodeImage(
        png(1, 1, 0, Buffer.of(0, 9), [[kind, Buffer.concat([Buffer.from(head), text])]]),
        kind,
      )
      expect([...image.data]).toEqual([9])
    }
  })

  it('more bytes a pixel than four count as more pixels', async () => {
    const deep = files.get('PNG RGB 16 bit')!
    const { width, height } = await decodeImage(deep, 'x', { maxPixels: 30 })
    expect([width, height]).toEqual([5, 4])
    for (const decode of [decodeImage, decodeInBrowser]) {
      expect((await decode(deep, 'x', { maxPixels: 30 })).maxValue).toBe(65535)
      await expect(decode(deep, 'x', { maxPixels: 29 })).rejects.toThrow(
        'its header claims 5x4 pixels of 6 bytes, more than the 29 of 4 bytes allowed',
      )
    }
  })

  it('what the options say', async () => {
    const bytes = files.get('PNG RGB 8 bit')!
    await expect(decodeImage(bytes, 'x', { maxSide: 4 })).rejects.toThrow(
      '5x4 pixels, a side of more than the 4 allowed',
    )
    await expect(decodeImage(bytes, 'x', { maxPixels: 19 })).rejects.toThrow('5x4 pixels, more than the 19 allowed')
    await expect(decodeImage(bytes, 'x', { maxBytes: 10 })).rejects.toThrow(
      /x: cannot be decoded: \d+ bytes, more than/,
    )
    expect((await decodeImage(bytes, 'x', { maxSide: 5, maxPixels: 20, maxBytes: bytes.length })).width).toBe(5)
    for (const name of ['maxSide', 'maxPixels', 'maxBytes'] as const) {
      await expect(decodeImage(bytes, 'x', { [name]: 0 })).rejects.toThrow(`options.${name} must be an integer >= 1`)
    }
  })

  it.each([
    ['GIF', 'R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs='],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>').toString('base64')],
    ['PDF', Buffer.from('%PDF-1.4').toString('base64')],
    ['nothing', ''],
  ])('%s: another format never reaches a decoder', async (_, file) => {
    await expect(decodeImage(bytesOf(file), 'x')).rejects.toThrow(
      'x: cannot be decoded: is not PNG, JPEG, TIFF or WebP',
    )
  })
})

/** The image, or the DataError that the bytes gave; any other error fails the test. */
async function outcome(bytes: Uint8Array): Promise<'image' | 'refused'> {
  try {
    const { width, height, channels, data } = await decodeImage(bytes, 'bytes')
    expect(data.length).toBe(width * height * channels)
    return 'image'
  } catch (error) {
    expect(error).toMatchObject({ name: 'DataError', source: 'bytes' })
    expect((error as Error).message).toMatch(/^bytes: cannot be decoded: \S/)
    expect((error as Error).message).not.toContain('\n')
    return 'refused'
  }
}

describe('decodeImage of broken files', () => {
  it('refuses every format cut in half', async () => {
    const whole: string[] = []
    for (const [name, bytes] of files) {
      if ((await outcome(bytes.subarray(0, bytes.length >> 1))) === 'image') whole.push(name)
    }
    expect(whole).toEqual([])
  })

  it('never fails otherwise than by a DataError: cut, changed and mixed bytes', async () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...files.values()),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.option(fc.nat()),
      )
      .map(([bytes, changes, end]) => {
        const copy = Uint8Array.from(bytes)
        // Mostly in the header, where the sizes stand.
        for (const [at, value] of changes) copy[at % (at % 3 === 0 ? copy.length : Math.min(copy.length, 64))] = value
        return end === null ? copy : copy.subarray(0, end % copy.length)
      })
    const random = fc
      .tuple(
        fc.constantFrom('', '\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'II*\0', 'MM\0*', 'RIFF\0\0\0\0WEBP'),
        fc.uint8Array(),
      )
      .map(([head, tail]) => Uint8Array.from(Buffer.concat([Buffer.from(head, 'latin1'), tail])))
    const seen = { image: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, random), async (bytes) => {
        seen[await outcome(bytes)]++
      }),
      { numRuns: 400, seed: 20 },
    )
    // Both happen, so that neither branch is tested in name only.
    expect(seen.image).toBeGreaterThan(5)
    expect(seen.refused).toBeGreaterThan(100)
  })
})
