/** What deflate can make of one byte at the very most. */
const mostPerByte = 1032

/**
 * Decompresses zlib data, by the platform's own decoder, to at least `expected` bytes and `most` at the most (default as many).
 * Nothing larger than what really comes out is allocated, and it stops as soon as too much comes out: a small file cannot fill
 * the memory.
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
  const stream = new Blob([...parts] as BlobPart[]).stream().pipeThrough(new DecompressionStream('deflate'))
  const reader = stream.getReader()
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    const piece = await reader.read().catch((cause: unknown) => {
      throw new Error('its compressed pixels are damaged', { cause })
    })
    if (piece.done) break
    length += piece.value.length
    if (length > most) {
      await reader.cancel().catch(() => undefined)
      throw new Error('holds more pixels than its header says')
    }
    pieces.push(piece.value)
  }
  if (length < expected) throw new Error(tooLittle)
  const all = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
