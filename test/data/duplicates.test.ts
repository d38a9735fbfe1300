import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findDuplicates, imageSignature, syntheticHistology, type ImageSignature } from '../../src/data/index.js'
import { encodeImage, decodeImage, loadBreaKHis } from '../../src/node/index.js'
import type { PixelImage } from '../../src/image.js'
import { createRandom, type Random } from '../../src/random.js'
import { resizeImage } from '../../src/data/resize.js'
import { describeShared, sharedData } from '../helpers/shared.js'

/** A copy with its rows and columns exchanged, and its columns from right to left where `mirrored`. */
function transposed({ width, height, channels, data, maxValue }: PixelImage, mirrored = false): PixelImage {
  const out = new Uint8Array(data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = mirrored ? width - 1 - x : x
      for (let c = 0; c < channels; c++) {
        out[(row * height + y) * channels + c] = data[(y * width + x) * channels + c]!
      }
    }
  }
  return { width: height, height: width, channels, data: out, maxValue }
}

const again = async (image: PixelImage, name: string, quality = 50): Promise<PixelImage> =>
  decodeImage(await encodeImage(image, name, { quality }), name)

const constant = (value: number, width = 8, height = 8): PixelImage => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(width * height * 3).fill(value),
  maxValue: 255,
})

const drawn = syntheticHistology({ patients: 6, imagesPerPatient: 3, width: 96, height: 64 })
const pictures = async (): Promise<PixelImage[]> => Promise.all(drawn.records.map((record) => drawn.read(record)))

const noise = createRandom(1, 'thumbnails')
const pool = Array.from({ length: 256 }, () => Int8Array.from({ length: 2048 }, () => noise.integer(201) - 100))

/** A signature as an image of random content would have it: nothing is alike by chance. */
function unrelated(id: string, seed: number): ImageSignature {
  const random = createRandom(seed, 'unrelated')
  const key = (): number => random.integer(2 ** 21)
  return {
    id,
    pixels: id,
    look: {
      thumbnail: pool[seed % 256]!.subarray(seed >> 8, (seed >> 8) + 1024),
      contrast: 10,
      spread: 300,
      keys: [key(), key(), key()],
      uncertain: [7, 7, 7],
    },
  }
}

describe('findDuplicates', () => {
  it('finds nothing among different pictures', async () => {
    const signatures = await Promise.all((await pictures()).map((image, i) => imageSignature(`${i}`, image)))
    expect(findDuplicates(signatures)).toMatchObject({ groups: [], blank: 0, crowded: 0 })
    expect(findDuplicates([])).toEqual({ groups: [], comparisons: 0, blank: 0, crowded: 0 })
  })

  it('tells identical files, identical pixels and look-alikes apart', async () => {
    const [a, b] = (await pictures()) as [PixelImage, PixelImage]
    const png = await encodeImage(a, 'a.png')
    const tiff = await encodeImage(a, 'a.tif')
    const { groups } = findDuplicates([
      await imageSignature('webp', await again(a, 'a.webp'), Uint8Array.of(1)),
      await imageSignature('z-jpeg', await again(a, 'a.jpg'), Uint8Array.of(2)),
      await imageSignature('tiff', a, tiff),
      await imageSignature('png', a, png),
      await imageSignature('copy', a, png.slice()),
      await imageSignature('b', b, await encodeImage(b, 'b.png')),
    ])
    expect(groups).toEqual([
      { kind: 'bytes', images: ['copy', 'png'], turned: false },
      { kind: 'pixels', images: ['copy', 'png', 'tiff', 'webp'], turned: false },
      { kind: 'perceptual', images: ['copy', 'png', 'tiff', 'webp', 'z-jpeg'], turned: false },
    ])
  })

  it.each([
    ['JPEG 50', async (image: PixelImage) => again(image, 'x.jpg'), false],
    ['half the size', async (image: PixelImage) => resizeImage(image, { width: 48, height: 32 }), false],
    ['double size', async (image: PixelImage) => resizeImage(image, { width: 192, height: 128 }), false],
    ['a square', async (image: PixelImage) => resizeImage(image, { width: 64, height: 64 }), false],
    ['transposed', async (image: PixelImage) => transposed(image), true],
    ['turned', async (image: PixelImage) => again(transposed(image, true), 'x.jpg', 75), true],
    [
      '16 bits',
      async (image: PixelImage): Promise<PixelImage> => ({
        ...image,
        data: Uint16Array.from(image.data, (value) => value * 257),
        maxValue: 65535,
      }),
      false,
    ],
    [
      'grey levels +-1',
      async (image: PixelImage): Promise<PixelImage> => {
        const random = createRandom(1, 'noise')
        const data = Uint8Array.from(image.data, (v) => Math.min(255, Math.max(0, v + random.integer(3) - 1)))
        return { ...image, data }
      },
      false,
    ],
  ])('finds every copy of another encoding or size: %s', async (_, copy, turned) => {
    const images = await pictures()
    const signatures = await Promise.all(
      images.flatMap((image, i) => [
        imageSignature(`${i}`, image),
        copy(image).then((other) => imageSignature(`${i}~`, other)),
      ]),
    )
    const { groups } = findDuplicates(signatures)
    expect(groups.map((group) => group.images.join()).sort()).toEqual(images.map((__, i) => `${i},${i}~`).sort())
    for (const group of groups) expect(group).toMatchObject({ kind: 'perceptual', turned })
  })

  it('takes blank images for duplicates only where they are identical', async () => {
    const noisy = (seed: number): PixelImage => {
      const random = createRandom(seed, 'blank')
      return { ...constant(0), data: Uint8Array.from({ length: 192 }, () => 240 + random.integer(2)) }
    }
    const signatures = [
      await imageSignature('a', constant(255)),
      await imageSignature('b', constant(255)),
      await imageSignature('c', constant(254)),
      await imageSignature('wide', constant(255, 16, 4)),
      await imageSignature('n1', noisy(1)),
      await imageSignature('n2', noisy(2)),
    ]
    expect(findDuplicates(signatures)).toEqual({
      groups: [{ kind: 'pixels', images: ['a', 'b'], turned: false }],
      comparisons: 0,
      blank: 5,
      crowded: 0,
    })
  })

  /** A background of nearly one grey, and on it what `shade` draws. */
  function nearlyEmpty(seed: number, shade: (x: number, y: number) => number): PixelImage {
    const random = createRandom(seed, 'background')
    const [width, height] = [175, 115]
    const data = Uint8Array.from(
      { length: width * height },
      (_, i) => 235 + random.integer(6) + shade(i % width, Math.floor(i / width)),
    )
    return { width, height, channels: 1, data, maxValue: 255 }
  }

  it.each<[string, (random: Random) => (x: number, y: number) => number]>([
    [
      'speck',
      (random) => {
        const [cx, cy, radius] = [random.uniform(0, 175), random.uniform(0, 115), random.uniform(4, 6.5)]
        return (x, y) => ((x - cx) ** 2 + (y - cy) ** 2 < radius * radius ? -150 : 0)
      },
    ],
    [
      'edge',
      (random) => {
        const [cx, cy, turns] = [random.uniform(40, 135), random.uniform(25, 90), random.uniform(0, 2 * Math.PI)]
        return (x, y) => (Math.cos(turns) * (x - cx) + Math.sin(turns) * (y - cy) < 0 ? -80 : 0)
      },
    ],
  ])('does not take nearly empty fields for one picture where each has one %s somewhere', async (name, draw) => {
    const fields = Array.from({ length: 300 }, (_, i) => nearlyEmpty(i, draw(createRandom(1, name, i))))
    const signatures = await Promise.all(fields.map((field, i) => imageSignature(`${i}`, field)))
    const { groups, blank } = findDuplicates(signatures)
    expect(groups).toEqual([])
    expect(blank).toBeGreaterThan(295)
  })

  it('does not depend on the order of the images', async () => {
    const [a, b] = (await pictures()) as [PixelImage, PixelImage]
    const signatures = [
      await imageSignature('a1', a),
      await imageSignature('a2', await again(a, 'a.jpg')),
      await imageSignature('a3', transposed(a)),
      await imageSignature('b1', b),
      await imageSignature('b2', b),
    ]
    const found = findDuplicates(signatures)
    fc.assert(
      fc.property(fc.shuffledSubarray(signatures, { minLength: signatures.length }), (shuffled) => {
        expect(findDuplicates(shuffled)).toEqual(found)
      }),
      { numRuns: 30 },
    )
  })

  it('compares in proportion to the images: 100,000 of them, with 500 copies', () => {
    const signatures = Array.from({ length: 100_000 }, (_, i) => unrelated(`i${i}`, i))
    const copies = Array.from({ length: 500 }, (_, i): ImageSignature => {
      const { look } = signatures[i * 200]!
      // Two of the uncertain bits turned in every key: found all the same.
      const [a, b, c] = look.keys
      return { id: `copy${i}`, pixels: `copy${i}`, look: { ...look, keys: [a ^ 3, b ^ 6, c ^ 5] } }
    })
    const { groups, comparisons, crowded } = findDuplicates([...signatures, ...copies])
    expect(groups).toHaveLength(500)
    expect(groups.every(({ images }) => images.length === 2)).toBe(true)
    expect(comparisons).toBeLessThan(5000)
    expect(crowded).toBe(0)
  })

  it('takes memory by the images, not by the keys there could be', () => {
    const two = [unrelated('a', 1), unrelated('b', 2)]
    const before = process.memoryUsage().arrayBuffers
    findDuplicates(two)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000)
  })

  it('stays linear where thousands of images are copies of one, or share every key', () => {
    const one = unrelated('one', 1)
    const copies = Array.from({ length: 20_000 }, (_, i): ImageSignature => ({ ...one, id: `c${i}`, pixels: `c${i}` }))
    const many = findDuplicates(copies)
    expect(many.groups).toHaveLength(1)
    expect(many.groups[0]!.images).toHaveLength(20_000)
    expect(many.comparisons).toBe(19_999)
    const sameKeys = Array.from({ length: 256 }, (_, i): ImageSignature => {
      const { look, ...rest } = unrelated(`k${i}`, i)
      return { ...rest, look: { ...look, keys: one.look.keys } }
    })
    const crowd = findDuplicates(sameKeys)
    expect(crowd.groups).toEqual([])
    expect(crowd.crowded).toBe(256 - 65)
    expect(crowd.comparisons).toBe((64 * 63) / 2 + (256 - 64) * 64)
    const oneKey = Array.from({ length: 2000 }, (_, i): ImageSignature => {
      const { look, ...rest } = unrelated(`k${i}`, i)
      return { ...rest, look: { ...look, keys: [one.look.keys[0], look.keys[1], look.keys[2]] } }
    })
    expect(findDuplicates(oneKey)).toMatchObject({ groups: [], crowded: 2000 - 257 })
  })
})

describeShared('findDuplicates among real images', () => {
  it('finds no false one, and every JPEG, half-sized and turned copy', { timeout: 300_000 }, async () => {
    const source = await loadBreaKHis(sharedData('BreaKHis_v1'))
    const signatures: ImageSignature[] = []
    const copied: string[] = []
    for (const [i, record] of source.records.entries()) {
      const image = await source.read(record)
      signatures.push(await imageSignature(record.id, image))
      const small = resizeImage(image, { width: image.width >> 1, height: image.height >> 1 })
      const copy = [() => again(image, 'x.jpg'), () => again(small, 'x.webp'), () => again(transposed(image), 'x.jpg')][
        i % 4
      ]
      if (copy === undefined) continue
      copied.push(record.id)
      signatures.push(await imageSignature(`${record.id}~`, await copy()))
    }
    expect(findDuplicates(signatures.filter(({ id }) => !id.endsWith('~'))).groups).toEqual([])
    const { groups, blank } = findDuplicates(signatures)
    expect(blank).toBe(0)
    expect(groups.map(({ images }) => images.join()).sort()).toEqual(copied.map((id) => `${id},${id}~`).sort())
  })
})
