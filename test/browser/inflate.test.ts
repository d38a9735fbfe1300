import { deflateSync, inflateSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { inflate } from '../../src/browser/inflate.js'

/** As browsers have it: bytes after the end are an error, and what came out of the chunk that holds them is lost. */
class StrictDecompressionStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor() {
    let all = Buffer.alloc(0)
    let given = 0
    super({
      transform(chunk, controller) {
        all = Buffer.concat([all, chunk])
        const { buffer, engine } = inflateSync(all, { info: true, finishFlush: 2 }) as unknown as {
          buffer: Buffer
          engine: { bytesWritten: number }
        }
        if (engine.bytesWritten < all.length) throw new TypeError('Junk found after end of compressed data.')
        if (buffer.length > given) controller.enqueue(Uint8Array.from(buffer.subarray(given)))
        given = buffer.length
      },
      flush() {
        inflateSync(all)
      },
    })
  }
}

const plain = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 253)
const packed = Uint8Array.from(deflateSync(plain))
const cut = (bytes: Uint8Array, at: number): Uint8Array[] => [bytes.subarray(0, at), bytes.subarray(at)]
const followedBy = (...more: number[]): Uint8Array => Uint8Array.of(...packed, ...more)

afterEach(() => vi.unstubAllGlobals())

describe.each([
  ['as it is here', DecompressionStream],
  ['as browsers have it', StrictDecompressionStream],
])('inflate, with the platform’s decoder %s', (_, Decoder) => {
  const decode = (parts: Uint8Array[], expected = plain.length, most?: number): Promise<Uint8Array> => {
    vi.stubGlobal('DecompressionStream', Decoder)
    return inflate(parts, expected, most)
  }

  it('gives what was compressed, in one part or several', async () => {
    expect(await decode([packed])).toEqual(plain)
    expect(await decode(cut(packed, 700))).toEqual(plain)
    expect(await decode([...packed].map((byte) => Uint8Array.of(byte)))).toEqual(plain)
  })

  it('lets bytes after the end pass: one, many, zeros, in a part of their own', async () => {
    expect(await decode([followedBy(1)])).toEqual(plain)
    expect(await decode([followedBy(0, 0, 0)])).toEqual(plain)
    expect(await decode([followedBy(...Array<number>(900).fill(120))])).toEqual(plain)
    expect(await decode([...cut(packed, packed.length - 2), Uint8Array.of(5, 6)])).toEqual(plain)
    expect(await decode([...followedBy(9, 9)].map((byte) => Uint8Array.of(byte)))).toEqual(plain)
  })

  it('refuses damage, also where bytes follow, and where only the checksum is wrong', async () => {
    const wrong = packed.slice()
    wrong[wrong.length - 1]! ^= 1
    await expect(decode([wrong])).rejects.toThrow('its compressed pixels are damaged')
    await expect(decode([Uint8Array.of(...wrong, 1, 2)])).rejects.toThrow('its compressed pixels are damaged')
    await expect(decode([packed.subarray(0, -3)])).rejects.toThrow('its compressed pixels are damaged')
    await expect(decode([new Uint8Array(2000).fill(7)])).rejects.toThrow('its compressed pixels are damaged')
    await expect(decode([followedBy(1)], plain.length + 1)).rejects.toThrow('holds fewer pixels')
    await expect(decode([packed], 10)).rejects.toThrow('holds more pixels')
    await expect(decode([], 0)).rejects.toThrow('its compressed pixels are damaged')
    expect(await decode([packed], 10, plain.length)).toEqual(plain)
  })
})
