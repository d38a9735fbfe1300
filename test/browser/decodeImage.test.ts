import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { encode } from 'fast-png'
import { describe, expect, it, vi } from 'vitest'
import { crc32 } from '../../src/browser/crc32.js'
import { decodeImage } from '../../src/browser/index.js'
import { decodeImage as decodeInNode, encodeImage } from '../../src/node/images.js'
import { encodedImages, largestDifference } from '../helpers/encodedImages.js'
import { describeShared, sharedData } from '../helpers/shared.js'

// PNG and TIFF are decoded by this package's own code, which runs in Node too; test/chromium has the rest.
const portable = encodedImages.filter(({ name }) => /^(png|tiff)/.test(name))

describe('decodeImage of esrgan-scnn/browser', () => {
  it.each(portable)('$name', async ({ name, bytes, expected }) => {
    expect(await decodeImage(bytes, name)).toEqual(expected)
  })

  it('takes a Blob, and bytes that are part of a larger buffer', async () => {
    for (const { name, bytes, expected } of portable.filter((_, i) => i % 10 === 0)) {
      expect(await decodeImage(new Blob([bytes as BlobPart]), name)).toEqual(expected)
      const larger = new Uint8Array(bytes.length + 7).fill(255)
      larger.set(bytes, 3)
      expect(await decodeImage(larger.subarray(3, 3 + bytes.length), name)).toEqual(expected)
    }
  })

  it('reads what an independent encoder wrote, whatever the pixels', async () => {
    const images = fc
      .record({
        width: fc.integer({ min: 1, max: 20 }),
        height: fc.integer({ min: 1, max: 20 }),
        channels: fc.constantFrom(1, 2, 3, 4),
        depth: fc.constantFrom(8 as const, 16 as const),
      })
      .chain((about) => {
        const length = about.width * about.height * about.channels
        return fc
          .array(fc.nat(2 ** about.depth - 1), { minLength: length, maxLength: length })
          .map((values) => ({ ...about, data: about.depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values) }))
      })
    await fc.assert(
      fc.asyncProperty(images, fc.constantFrom('null' as const, 'Adam7' as const), async (image, interlace) => {
        const decoded = await decodeImage(encode(image, { interlace }), 'any.png')
        expect([decoded.width, decoded.height, decoded.channels]).toEqual([image.width, image.height, image.channels])
        expect(decoded.data).toEqual(image.data)
      }),
      { numRuns: 60 },
    )
  })
})

describe('decodeImage of esrgan-scnn/node', () => {
  it.each(encodedImages.filter(({ onlyHere }) => !onlyHere))('gives the same pixels: $name', async (image) => {
    const decoded = await decodeInNode(image.bytes, image.name)
    expect(largestDifference(decoded, image.expected)).toBeLessThanOrEqual(image.tolerance)
  })
})

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Uint8Array.of(...[...type].map((c) => c.charCodeAt(0)), ...data)
  const out = new Uint8Array(body.length + 8)
  new DataView(out.buffer).setUint32(0, data.length)
  out.set(body, 4)
  new DataView(out.buffer).setUint32(body.length + 4, crc32(body))
  return out
}

function png(
  width: number,
  height: number,
  pixels: Uint8Array,
  header: readonly number[] = [8, 2, 0, 0, 0],
): Uint8Array {
  const size = new Uint8Array(13)
  new DataView(size.buffer).setUint32(0, width)
  new DataView(size.buffer).setUint32(4, height)
  size.set(header, 8)
  const parts = [chunk('IHDR', size), chunk('IDAT', pixels), chunk('IEND', new Uint8Array())]
  return Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...parts.flatMap((part) => [...part]))
}

describe('decodeImage of both rooms', () => {
  const header = (colourType: number): [string, Uint8Array] => [
    'IHDR',
    Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 1, 8, colourType, 0, 0, 0),
  ]
  const row: [string, Uint8Array] = ['IDAT', deflateSync(Uint8Array.of(0, 0, 1))]
  const palette: [string, Uint8Array] = ['PLTE', Uint8Array.of(1, 2, 3, 4, 5, 6)]
  const clear = (...values: number[]): [string, Uint8Array] => ['tRNS', Uint8Array.from(values)]
  const turned: [string, Uint8Array] = [
    'eXIf',
    Uint8Array.of(0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0),
  ]
  const file = (...chunks: [string, Uint8Array][]): Uint8Array =>
    Uint8Array.of(
      0x89,
      ...new TextEncoder().encode('PNG\r\n\u001a\n'),
      ...[...chunks, ['IEND', new Uint8Array()] as const].flatMap(([type, data]) => [...chunk(type, data)]),
    )
  const [opaque, alpha] = [Uint8Array.of(1, 2, 3, 4, 5, 6), Uint8Array.of(1, 2, 3, 7, 4, 5, 6, 255)]
  it.each<[string, Uint8Array, Uint8Array, number]>([
    ['EXIF before the pixels turns', file(header(3), palette, turned, row), opaque, 1],
    ['EXIF after the pixels does not', file(header(3), palette, row, turned), opaque, 2],
    ['transparency', file(header(3), palette, clear(7), row), alpha, 2],
    ['of two transparencies the first', file(header(3), palette, clear(7), clear(9), row), alpha, 2],
    ['transparency after the pixels', file(header(3), palette, row, clear(7)), opaque, 2],
    ['transparency before the palette', file(header(3), clear(7), palette, row), opaque, 2],
    ['transparency longer than the palette', file(header(3), palette, clear(7, 8, 9), row), opaque, 2],
    ['transparency of nothing', file(header(3), palette, clear(), row), opaque, 2],
    ['a second palette after the pixels', file(header(3), palette, row, palette), opaque, 2],
    ['a transparent grey that is too long', file(header(0), clear(0, 1, 2), row), Uint8Array.of(0, 1), 2],
    ['a transparent grey', file(header(0), clear(0, 1), row), Uint8Array.of(0, 255, 1, 0), 2],
  ])('make the same of PNG chunks: %s', async (_, bytes, data, width) => {
    for (const decode of [decodeImage, decodeInNode]) expect(await decode(bytes, 'x')).toMatchObject({ data, width })
  })
  it.each([
    ['two palettes', file(header(3), palette, palette, row)],
    ['a palette after the pixels', file(header(3), row, palette)],
  ])('refuse %s', async (_, bytes) => {
    for (const decode of [decodeImage, decodeInNode]) await expect(decode(bytes, 'x')).rejects.toThrow('x: cannot be')
  })
})

/** A TIFF of one strip of grey. */
function tiff(
  width: number,
  height: number,
  compression: number,
  strip: Uint8Array,
  more: readonly (readonly [number, number])[] = [],
): Uint8Array {
  const tags = new Map([
    [256, width],
    [257, height],
    [258, 8],
    [259, compression],
    [262, 1],
    [273, 8],
    [278, height],
    [279, strip.length],
    ...more,
  ])
  const out = new Uint8Array(8 + strip.length + 2 + tags.size * 12 + 4)
  const view = new DataView(out.buffer)
  out.set([0x49, 0x49, 42, 0])
  view.setUint32(4, 8 + strip.length, true)
  out.set(strip, 8)
  view.setUint16(8 + strip.length, tags.size, true)
  let at = 10 + strip.length
  for (const [tag, value] of tags) {
    view.setUint16(at, tag, true)
    view.setUint16(at + 2, 4, true)
    view.setUint32(at + 4, 1, true)
    view.setUint32(at + 8, value, true)
    at += 12
  }
  return out
}

describe('decodeImage of esrgan-scnn/browser refuses, naming the file,', () => {
  const pixels = deflateSync(new Uint8Array(14))
  const whole = png(2, 2, pixels)
  const bomb = deflateSync(new Uint8Array(2 ** 26))
  const damaged = whole.slice()
  damaged[whole.length - 20]! ^= 255
  const tiles = (width: number, height: number): Uint8Array =>
    tiff(2, 2, 1, new Uint8Array(4), [
      [322, width],
      [323, height],
      [324, 8],
      [325, 4],
    ])
  const cases: [string, Uint8Array, string][] = [
    ['an empty file', new Uint8Array(), 'the file is empty'],
    [
      'another format',
      new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'is not PNG, JPEG, TIFF or WebP',
    ],
    ['a million columns', png(1e6, 1e6, pixels), 'its header claims 1000000x1000000 pixels'],
    ['four thousand million columns', png(2 ** 32 - 1, 1, pixels), 'its header claims 4294967295x1 pixels'],
    ['no columns', png(0, 5, pixels), 'has no pixels (0x5)'],
    ['a header that promises more than the file can hold', png(7000, 7000, pixels), 'holds fewer pixels'],
    ['fewer rows than promised', png(2, 3, pixels), 'holds fewer pixels than its header says'],
    ['64 MiB in 64 KiB for four pixels', png(2, 2, bomb), 'holds more pixels than its header says'],
    ['a wrong checksum', damaged, 'is damaged (the checksum of IDAT is wrong)'],
    ['a file without its end', whole.subarray(0, whole.length - 5), 'ends too soon'],
    ['pixels that are no zlib', png(2, 2, new Uint8Array(20).fill(7)), 'its compressed pixels are damaged'],
    ['a filter that is none', png(2, 2, deflateSync(new Uint8Array(14).fill(9))), 'has filter 9'],
    ['a colour type that is none', png(2, 2, pixels, [8, 5, 0, 0, 0]), 'has colour type 5'],
    ['7 bits', png(2, 2, pixels, [7, 0, 0, 0, 0]), 'colour type 0 of 7 bits'],
    ['a palette image without palette', png(2, 2, deflateSync(new Uint8Array(6)), [8, 3, 0, 0, 0]), 'has no palette'],
    ['a TIFF of a million columns', tiff(1e6, 1e6, 1, new Uint8Array(9)), 'its header claims 1000000x1000000 pixels'],
    ['a TIFF that lacks pixels', tiff(10, 10, 1, new Uint8Array(99)), 'holds fewer pixels than its header says'],
    ['64 MiB in a TIFF of four pixels', tiff(2, 2, 8, bomb), 'holds more pixels than its header says'],
    ['LZW that is none', tiff(900, 90, 5, new Uint8Array(4096).fill(37)), 'its compressed pixels are damaged'],
    ['LZW that ends too soon', tiff(900, 90, 5, Uint8Array.of(128, 0, 32, 16)), 'holds fewer pixels'],
    ['PackBits that end too soon', tiff(900, 1, 32773, new Uint8Array(40)), 'holds fewer pixels'],
    ['JPEG inside TIFF', tiff(2, 2, 7, new Uint8Array(4)), 'compression 7 is not supported'],
    ['a TIFF of 3 samples that are grey', tiff(2, 2, 1, new Uint8Array(12), [[277, 3]]), '3 samples a pixel'],
    ['a strip outside the file', tiff(2, 2, 1, new Uint8Array(4), [[279, 1e9]]), 'points outside itself'],
    ['tiles without pixels', tiles(0, 0), 'without pixels'],
    ['tiles as large as numbers go', tiles(2 ** 32 - 16, 2 ** 32 - 16), 'which are too large for 2x2'],
    ['tiles larger than the file', tiles(2 ** 11, 2 ** 9), 'holds fewer pixels than its header says'],
    ['a directory without end', tiff(2, 2, 1, new Uint8Array(4)).subarray(0, 40), 'ends too soon'],
  ]
  it.each(cases)('%s', async (_, bytes, problem) => {
    await expect(decodeImage(bytes, 'the file')).rejects.toThrow(
      expect.objectContaining({ name: 'DataError', source: 'the file', message: expect.stringContaining(problem) }),
    )
  })

  it('more pixels than allowed, and options out of range', async () => {
    await expect(decodeImage(whole, 'x', { maxPixels: 3 })).rejects.toThrow(
      'x: cannot be decoded: its header claims 2x2 pixels',
    )
    expect((await decodeImage(whole, 'x', { maxPixels: 4 })).width).toBe(2)
    await expect(decodeImage(whole, 'x', { maxPixels: 0 })).rejects.toThrow('options.maxPixels must be')
  })

  it('WebP with alpha on a page that came by plain http, and says that this is why', async () => {
    const { bytes } = encodedImages.find(({ name, expected }) => name.startsWith('webp') && expected.channels === 4)!
    await expect(decodeImage(bytes, 'x')).rejects.toThrow('this browser does not keep the colours under it')
    vi.stubGlobal('isSecureContext', false)
    try {
      await expect(decodeImage(bytes, 'x')).rejects.toThrow('without loss only on pages from https or localhost')
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('JPEG and WebP whose end is missing, before the browser sees them', async () => {
    for (const { name, bytes } of encodedImages.filter((image) => /^(jpeg|webp)/.test(image.name))) {
      for (const length of [13, 40, bytes.length >> 1, bytes.length - 3]) {
        const short = decodeImage(bytes.subarray(0, length), name)
        await expect(short, `${name}, ${length}`).rejects.toThrow('ends too soon')
      }
    }
  })

  it('what is damaged anywhere, with no other error', async () => {
    const some = portable.filter((_, i) => i % 9 === 0)
    let refused = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...some),
        fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async ({ bytes }, changes) => {
          const copy = bytes.slice()
          for (const [at, value] of changes) copy[at % copy.length] = value
          const outcome = await decodeImage(copy, 'fuzz', { maxPixels: 10_000 }).catch((error: unknown) => error)
          if (!(outcome instanceof Error)) return
          expect(outcome).toMatchObject({ name: 'DataError', source: 'fuzz' })
          refused++
        },
      ),
      { numRuns: 300 },
    )
    expect(refused).toBeGreaterThan(30)
  })
})

describeShared('decodeImage of real images', () => {
  it('gives what esrgan-scnn/node gives', async () => {
    const folder = sharedData('BreaKHis_v1/histology_slides/breast/benign/SOB/adenosis/SOB_B_A_14-22549AB/100X')
    const files = (await readdir(folder)).filter((name) => name.endsWith('.png')).slice(0, 2)
    for (const path of [...files.map((name) => join(folder, name)), sharedData('sr/Set5/butterfly.png')]) {
      const bytes = new Uint8Array(await readFile(path))
      const image = await decodeInNode(bytes, path)
      expect(largestDifference(await decodeImage(bytes, path), image)).toBe(0)
      expect(largestDifference(await decodeImage(await encodeImage(image, 'x.tiff'), path), image)).toBe(0)
    }
  })
})
