import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cachedSource, type ImageRecord, type ImageSource } from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'
import type { PixelImage } from '../../src/image.js'

const record = (i: number): ImageRecord => ({ id: `image ${i}`, label: 'benign', patient: 'p' })

/** Images of one row and as many bytes as given; counts the reads. */
function rows(widths: readonly number[]): { source: ImageSource; reads: number[]; most: () => number } {
  const reads: number[] = []
  let running = 0
  let most = 0
  const read = async ({ id }: ImageRecord): Promise<PixelImage> => {
    const i = Number(id.slice(6))
    reads.push(i)
    most = Math.max(most, ++running)
    for (let k = 0; k < 3; k++) await Promise.resolve()
    running--
    if (widths[i] === 0) throw new DataError(id, 'cannot be decoded')
    return { width: widths[i]!, height: 1, channels: 1, data: new Uint8Array(widths[i]!).fill(i), maxValue: 255 }
  }
  const source = { kind: 'custom' as const, description: 'rows', records: widths.map((_, i) => record(i)), read }
  return { source, reads, most: () => most }
}

describe('cachedSource', () => {
  it('holds what a list of the images used last would hold, to the byte, and never more than its budget', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
        fc.nat(60),
        fc.array(fc.nat(7), { maxLength: 60 }),
        async (widths, bytes, asked) => {
          const { source, reads } = rows(widths)
          const cached = cachedSource(source, { bytes })
          let model: number[] = []
          let misses = 0
          for (const i of asked.map((n) => n % widths.length)) {
            const image = await cached.read(record(i))
            expect(image.data).toEqual(new Uint8Array(widths[i]!).fill(i))
            if (!model.includes(i)) misses++
            // Forget from the oldest on until the new one fits; one that never fits forgets nothing.
            if (model.includes(i) || widths[i]! <= bytes) {
              model = [...model.filter((k) => k !== i), i]
              const held = (): number => model.reduce((sum, k) => sum + widths[k]!, 0)
              while (held() > bytes) model.shift()
            }
            expect(reads).toHaveLength(misses)
            expect(cached.decoded).toBe(misses)
            expect(cached.images).toBe(model.length)
            expect(cached.bytes).toBe(model.reduce((sum, k) => sum + widths[k]!, 0))
            expect(cached.bytes).toBeLessThanOrEqual(bytes)
          }
        },
      ),
    )
  })

  it('decodes an image once for all who ask at a time, and no more than four images at once', async () => {
    const { source, reads, most } = rows([1, 1, 1, 1, 1, 1])
    const cached = cachedSource(source, { bytes: 0 })
    const all = await Promise.all([...source.records, ...source.records].map((each) => cached.read(each)))
    expect(reads).toEqual([0, 1, 2, 3, 4, 5])
    expect(most()).toBe(4)
    expect(all[8]).toBe(all[2])
    // Nothing is kept in a budget of 0.
    await cached.read(record(0))
    expect(reads).toHaveLength(7)
    expect(cached.bytes).toBe(0)
  })

  it('does not remember failures, also those that come at once', async () => {
    const { source } = rows([5])
    let reads = 0
    const failing = (when: number): ImageSource => ({
      ...source,
      read: (each) => {
        if (++reads === when) throw new DataError(each.id, 'not now')
        return source.read(each)
      },
    })
    const cached = cachedSource(failing(1), { bytes: 100 })
    const both = await Promise.allSettled([cached.read(record(0)), cached.read(record(0))])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect((await cached.read(record(0))).width).toBe(5)
    expect(reads).toBe(2)
    const corrupt = cachedSource(rows([0]).source, { bytes: 100 })
    await expect(corrupt.read(record(0))).rejects.toThrow('image 0: cannot be decoded')
    await expect(corrupt.read(record(0))).rejects.toThrow('image 0: cannot be decoded')
    expect(corrupt.decoded).toBe(2)
    expect(corrupt.decoding).toBe(0)
  })

  it('keeps no more than the pixels of an image that is a view of something larger', async () => {
    const { source } = rows([4])
    const whole = new Uint8Array(1000)
    const read = async (): Promise<PixelImage> => ({
      width: 4,
      height: 1,
      channels: 1,
      data: whole.subarray(8, 12),
      maxValue: 255,
    })
    const image = await cachedSource({ ...source, read }, { bytes: 100 }).read(record(0))
    expect(image.data.buffer.byteLength).toBe(4)
  })

  it('forgets on demand, also what is being read', async () => {
    const { source, reads } = rows([3, 3])
    const cached = cachedSource(source, { bytes: 100 })
    await cached.read(record(0))
    const running = cached.read(record(1))
    cached.clear()
    expect((await running).width).toBe(3)
    expect([cached.bytes, cached.images]).toEqual([0, 0])
    await cached.read(record(1))
    expect(reads).toEqual([0, 1, 1])
    expect(cached.bytes).toBe(3)
  })

  it('hands out the stored bytes where the source has them, and refuses a budget that is none', async () => {
    const { source } = rows([3])
    expect(cachedSource(source, { bytes: 1 }).readBytes).toBeUndefined()
    const stored = { ...source, readBytes: async () => Uint8Array.of(1, 2) }
    expect(await cachedSource(stored, { bytes: 1 }).readBytes!(record(0))).toEqual(Uint8Array.of(1, 2))
    expect(() => cachedSource(source, { bytes: -1 })).toThrow('options.bytes must be an integer >= 0; received -1')
    expect(() => cachedSource(source, { bytes: 1, concurrency: 0 })).toThrow('options.concurrency')
  })
})
