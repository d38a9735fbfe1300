import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it, vi } from 'vitest'
import { decodeImage } from '../../src/browser/index.js'
import { readTiffTags } from '../../src/data/tiffTags.js'
import { decodeImage as decodeInNode } from '../../src/node/images.js'
import { encodedImages } from '../helpers/encodedImages.js'
import { greyTags, tiffFile, type TiffTag } from '../helpers/tiffFile.js'

const tiles = (width: number, height: number, offsets: readonly number[], lengths: readonly number[]): TiffTag[] => [
  [322, 4, [width]],
  [323, 4, [height]],
  [324, 4, offsets],
  [325, 4, lengths],
]

describe.each([
  ['browser', decodeImage],
  ['node', decodeInNode],
])('decodeImage of esrgan-scnn/%s', (room, decode) => {
  it('refuses a tile far larger than its image, whatever is in it', async () => {
    const packed = deflateSync(new Uint8Array(5008 * 5008))
    const file = tiffFile([...greyTags(16, 16, 8), ...tiles(5008, 5008, [8], [packed.length])], packed)
    await expect(decode(file, 'it', { maxPixels: 1e6 })).rejects.toThrow(
      room === 'browser' ? 'has tiles of 5008x5008 pixels, which are too large for 16x16' : 'tile size out of range',
    )
  })

  it('takes a tile larger than its image, as writers fill it up', async () => {
    const packed = deflateSync(new Uint8Array(256 * 256).fill(9))
    const file = tiffFile([...greyTags(3, 2, 8), ...tiles(256, 256, [8], [packed.length])], packed)
    expect(await decode(file, 'it', { maxPixels: 6 })).toMatchObject({ width: 3, data: new Uint8Array(6).fill(9) })
  })

  it('refuses tiles that are the same bytes again and again, each of them decompressed anew', async () => {
    // PackBits that say nothing, 64 KiB of them, then two bytes.
    const packed = new Uint8Array(2 ** 16 + 4).fill(128)
    packed.set([129, 7, 129, 7], 2 ** 16)
    const [offsets, lengths] = [Array<number>(256).fill(8), Array<number>(256).fill(packed.length)]
    const file = tiffFile([...greyTags(256, 256, 32773), ...tiles(16, 16, offsets, lengths)], packed)
    await expect(decode(file, 'it')).rejects.toThrow(
      `it: cannot be decoded: lists strips or tiles of ${256 * packed.length} bytes in all, in a file of ${file.length}`,
    )
  })

  it('takes tiles that share the bytes of an empty one', async () => {
    const packed = Uint8Array.of(129, 7, 129, 7, 129, 7)
    const [offsets, lengths] = [Array<number>(64).fill(8), Array<number>(64).fill(packed.length)]
    const file = tiffFile([...greyTags(128, 128, 32773), ...tiles(16, 16, offsets, lengths)], packed)
    expect((await decode(file, 'it')).data).toEqual(new Uint8Array(128 * 128).fill(7))
  })

  it('refuses a tile for every pixel', async () => {
    const count = 400 * 400
    const bytes: TiffTag[] = [
      [322, 4, [1]],
      [323, 4, [1]],
      [324, 1, Array<number>(count).fill(8)],
      [325, 1, Array<number>(count).fill(1)],
    ]
    await expect(decode(tiffFile([...greyTags(400, 400, 1), ...bytes], Uint8Array.of(7)), 'it')).rejects.toThrow(
      room === 'browser' ? 'has tiles of 1x1 pixels, not of multiples of 16' : 'tile size out of range',
    )
  })

  it('reads BigTIFF', async () => {
    const data = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * i) % 251)
    const bytes = await sharp(data, { raw: { width: 40, height: 30, channels: 3 } })
      .tiff({ bigtiff: true, compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 })
      .toBuffer()
    expect(bytes[2]).toBe(43)
    expect(await decode(bytes, 'big')).toEqual({ width: 40, height: 30, channels: 3, maxValue: 255, data })
    for (const length of [10, 20, bytes.length >> 1]) {
      await expect(decode(bytes.subarray(0, length), 'big'), `${length}`).rejects.toThrow('big: cannot be decoded: ')
    }
  })

  it('never gives wrong pixels for grey with alpha in planes, which libvips mixes up', async () => {
    const images = encodedImages.filter(({ name }) => /^tiff grey with alpha \d+ bits, planes/.test(name))
    expect(images).toHaveLength(2)
    for (const { name, bytes, expected } of images) {
      if (room === 'browser') expect(await decode(bytes, name)).toEqual(expected)
      else await expect(decode(bytes, name)).rejects.toThrow('grey with alpha in separate planes is not supported')
    }
  })
})

describe('readTiffTags', () => {
  it('reads no more numbers than it is asked for, however many a tag claims', () => {
    const claimed = 2 ** 20
    const file = tiffFile([[274, 1, Array<number>(claimed).fill(6)]], new Uint8Array())
    const reads = vi.spyOn(DataView.prototype, 'getUint8')
    try {
      const tags = readTiffTags(file)
      expect([tags.count(274), tags.first(274, 1), tags.value(274, claimed - 1)]).toEqual([claimed, 6, 6])
      expect(reads.mock.calls.length).toBeLessThan(10)
    } finally {
      reads.mockRestore()
    }
  })

  it('takes the first of a tag that is there twice, as libtiff does', () => {
    const tags = readTiffTags(
      tiffFile(
        [
          [256, 4, [7]],
          [256, 4, [9]],
        ],
        new Uint8Array(),
      ),
    )
    expect(tags.first(256, 0)).toBe(7)
    expect(tags.first(257, 5)).toBe(5)
  })
})
