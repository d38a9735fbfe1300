import { deflateSync } from 'node:zlib'
import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/browser/crc32.js'
import { decodeImage } from '../../src/browser/index.js'
import { encodedImages } from '../helpers/encodedImages.js'

const files = encodedImages.filter(({ name }) => name.startsWith('png')).map(({ bytes }) => bytes)
const signature = files[0]!.subarray(0, 8)

interface Chunk {
  type: string
  data: Uint8Array
}

function chunksOf(file: Uint8Array): Chunk[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const chunks: Chunk[] = []
  for (let at = 8; at < file.length; at += 12 + view.getUint32(at)) {
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8))
    chunks.push({ type, data: file.subarray(at + 8, at + 8 + view.getUint32(at)) })
  }
  return chunks
}

/** A PNG whose checksums are right, so that what is wrong gets past them. */
function fileOf(chunks: readonly Chunk[]): Uint8Array {
  const parts = chunks.map(({ type, data }) => {
    const part = Buffer.alloc(12 + data.length)
    part.writeUInt32BE(data.length)
    part.write(type, 4, 'latin1')
    part.set(data, 8)
    part.writeUInt32BE(crc32(part.subarray(4, 8 + data.length)), 8 + data.length)
    return part
  })
  return new Uint8Array(Buffer.concat([signature, ...parts]))
}

const edits = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 255), fc.nat(255))), {
  minLength: 1,
  maxLength: 4,
})
function edited(bytes: Uint8Array, changes: [number, number][]): Uint8Array {
  const copy = bytes.slice()
  for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value
  return copy
}

/** Real files with changes inside one chunk, or with chunks left out, doubled and put in another order. */
const changedChunks: Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(...files), fc.nat(), edits)
  .map(([file, which, changes]) =>
    fileOf(
      chunksOf(file).map((chunk, i, all) =>
        i === which % all.length ? { ...chunk, data: edited(chunk.data, changes) } : chunk,
      ),
    ),
  )
const shuffled: Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(...files), fc.constantFrom(...files))
  .chain(([a, b]) =>
    fc
      .array(fc.constantFrom(...chunksOf(a), ...chunksOf(b)), { minLength: 1, maxLength: 8 })
      .map((chunks) => [...chunksOf(a).slice(0, 1), ...chunks, ...chunksOf(a).slice(-1)]),
  )
  .map(fileOf)

const word = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const side = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 12 }), weight: 6 },
  fc.constantFrom(0, 99, 100, 2 ** 31, 2 ** 32 - 1),
)
/** Headers, palettes and pixels that need not fit each other. */
const written: Arbitrary<Uint8Array> = fc
  .record({
    width: side,
    height: side,
    form: fc.constantFrom(
      [1, 0],
      [2, 0],
      [4, 0],
      [8, 0],
      [16, 0],
      [8, 2],
      [16, 2],
      [1, 3],
      [4, 3],
      [8, 3],
      [8, 4],
      [8, 6],
      [16, 6],
      [3, 1],
    ),
    interlace: fc.constantFrom(0, 0, 1, 2),
    palette: fc.option(fc.uint8Array({ maxLength: 60 })),
    transparency: fc.option(fc.uint8Array({ maxLength: 8 })),
    exif: fc.option(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc
          .uint8Array({ maxLength: 30 })
          .map((rest) => Uint8Array.of(0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, ...rest)),
      ),
    ),
    filter: fc.nat(4),
    /** How many bytes the pixels have too many. */
    excess: fc.oneof({ arbitrary: fc.constant(0), weight: 4 }, fc.integer({ min: -9, max: 9 })),
    changes: fc.oneof({ arbitrary: fc.constant(null), weight: 3 }, edits),
  })
  .map(({ width, height, form, interlace, palette, transparency, exif, filter, excess, changes }) => {
    const [depth, colourType] = form as [number, number]
    const samples = [1, 1, 3, 1, 2, 1, 4][colourType]!
    const size = height * (1 + Math.ceil((width * samples * depth) / 8))
    const pixels = new Uint8Array(Math.max(0, Math.min(size, 2000) + excess)).fill(filter)
    const compressed = new Uint8Array(deflateSync(pixels))
    return fileOf([
      { type: 'IHDR', data: Uint8Array.of(...word(width), ...word(height), ...form, 0, 0, interlace) },
      ...(palette === null ? [] : [{ type: 'PLTE', data: palette }]),
      ...(transparency === null ? [] : [{ type: 'tRNS', data: transparency }]),
      ...(exif === null ? [] : [{ type: 'eXIf', data: exif }]),
      { type: 'IDAT', data: changes === null ? compressed : edited(compressed, changes) },
      { type: 'IEND', data: new Uint8Array() },
    ])
  })

const cut: Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(...files), fc.nat(), edits)
  .map(([file, length, changes]) => edited(file.subarray(0, length % (file.length + 1)), changes))

describe('decodeImage of esrgan-scnn/browser gives pixels or one DataError for any PNG', () => {
  it.each<[string, Arbitrary<Uint8Array>, number]>([
    ['of which a chunk is changed', changedChunks, 800],
    ['whose chunks are mixed', shuffled, 300],
    ['whose parts do not fit', written, 1200],
    ['that is cut off', cut, 300],
  ])('%s', async (name, images, numRuns) => {
    let [decoded, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(images, async (bytes) => {
        const outcome = await decodeImage(bytes, 'fuzz', { maxPixels: 10_000 }).catch((error: unknown) => error)
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({
            name: 'DataError',
            source: 'fuzz',
            message: expect.stringContaining('cannot be decoded'),
          })
          // Not an accident of the language, such as "undefined is not iterable".
          expect(outcome.cause).not.toBeInstanceOf(TypeError)
          expect(outcome.cause).not.toBeInstanceOf(RangeError)
          refused++
          return
        }
        const { width, height, channels, data } = outcome as Awaited<ReturnType<typeof decodeImage>>
        expect(data.length).toBe(width * height * channels)
        expect(width * height).toBeLessThanOrEqual(10_000)
        decoded++
      }),
      { numRuns, seed: 9 },
    )
    expect(refused).toBeGreaterThan(0)
    if (name !== 'that is cut off') expect(decoded).toBeGreaterThan(0)
  })
})
