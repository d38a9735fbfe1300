/** What deflate can make of one byte at the very most. */
const mostPerByte = 1032

/** Bytes that a decoder gets at a time: what they become at the most, 16 MiB, it may hold at once. */
const sliceBytes = 2 ** 14

/** The bytes of the parts in turn, `size` at a time. */
function* slicesOf(parts: readonly Uint8Array[], size: number = sliceBytes): Generator<Uint8Array, void, void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += size) yield part.subarray(at, at + size)
  }
}

/** What came out of a decoder, and whether it took all that there was. */
interface Inflated {
  readonly pieces: readonly Uint8Array[]
  readonly length: number
  /** The slice that it refused, by its number; absent where it took all. */
  readonly refused?: number
  readonly reason?: unknown
}

/** Feeds slices to the platform's decoder until one is refused, all are taken, or more than `most` bytes came out. */
async function run(slices: Iterable<Uint8Array>, most: number): Promise<Inflated> {
  const { readable, writable } = new DecompressionStream('deflate')
  const writer = writable.getWriter()
  const reader = readable.getReader()
  let taken = 0
  const feed = async (): Promise<void> => {
    for (const slice of slices) {
      await writer.write(slice as BufferSource)
      taken++
    }
    await writer.close()
  }
  // The reader is told of every failure too.
  feed().catch(() => undefined)
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    const read = await reader.read().catch((reason: unknown) => ({ reason }))
    if ('reason' in read) return { pieces, length, refused: taken, reason: read.reason }
    if (read.done) return { pieces, length }
    length += read.value.length
    if (length > most) {
      await reader.cancel().catch(() => undefined)
      throw new Error('holds more pixels than its header says')
    }
    pieces.push(read.value)
  }
}

/** The checksum of zlib (RFC 1950). */
function adler32(pieces: readonly Uint8Array[]): number {
  let [a, b] = [1, 0]
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i++) {
      a = (a + piece[i]!) % 65521
      b = (b + a) % 65521
    }
  }
  return b * 65536 + a
}

/**
 * What was compressed, where bytes follow that are none of it: TIFF writers fill up strips, and browsers' decoders, other than libpng
 * and libtiff, refuse such data and keep back what the refused slice holds. So that slice is fed anew in ever smaller ones.
 * Undefined for data that are damaged.
 */
async function beforeTrailingBytes(
  parts: readonly Uint8Array[],
  refused: number,
  most: number,
): Promise<Inflated | undefined> {
  let slices = [...slicesOf(parts)].slice(0, refused + 1)
  let found: Inflated = { pieces: [], length: 0, refused }
  for (const size of [128, 1]) {
    const last = slices[found.refused!]
    // Refused was the end, for it came too soon.
    if (last === undefined) return undefined
    slices = [...slices.slice(0, found.refused), ...slicesOf([last], size)]
    found = await run(slices, most)
    if (found.refused === undefined) return undefined
  }
  // The byte that was refused comes after the end, which is the checksum of what came out.
  const tail = slices.slice(0, found.refused).slice(-4)
  const checksum = tail.flatMap((slice) => [...slice.subarray(-4)]).slice(-4)
  return checksum.length === 4 && checksum.reduce((sum, byte) => sum * 256 + byte, 0) === adler32(found.pieces)
    ? found
    : undefined
}

/**
 * Decompresses zlib data, by the platform's own decoder, to at least `expected` bytes and `most` at the most (default as many).
 * Nothing larger than what really comes out is allocated, and it stops as soon as too much comes out: a small file cannot fill
 * the memory. Bytes after the data's end are let pass, as libpng and libtiff do.
 *
 * @throws Error when the data are damaged, too short or too long.
 */
export async function inflate(
  parts: readonly Uint8Array[],
  expected: number,
  most: number = expected,
): Promise<Uint8Array> {
  const compressed = parts.reduce((sum, part) => sum + part.length, 0)
  const tooLittle = 'holds fewer pixels than its header says'
  if (expected > compressed * mostPerByte) throw new Error(tooLittle)
  let found = await run(slicesOf(parts), most)
  if (found.refused !== undefined) {
    const { reason } = found
    const before = await beforeTrailingBytes(parts, found.refused, most)
    if (before === undefined) throw new Error('its compressed pixels are damaged', { cause: reason })
    found = before
  }
  const { pieces, length } = found
  if (length < expected) throw new Error(tooLittle)
  const all = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
