/**
 * The `count` samples of `depth` bits (1, 2, 4, 8 or 16) that begin at a byte, highest bits first, as numbers.
 * `littleEndian` is for 16 bits.
 */
export function unpackSamples(
  data: Uint8Array,
  start: number,
  depth: number,
  count: number,
  out: Uint8Array | Uint16Array,
  littleEndian = false,
): void {
  if (depth === 8) {
    out.set(data.subarray(start, start + count))
  } else if (depth === 16) {
    const [high, low] = littleEndian ? [1, 0] : [0, 1]
    for (let i = 0; i < count; i++) out[i] = (data[start + 2 * i + high]! << 8) | data[start + 2 * i + low]!
  } else {
    const mask = (1 << depth) - 1
    for (let i = 0, bit = 0; i < count; i++, bit += depth) {
      out[i] = (data[start + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask
    }
  }
}

/** Room for samples of a depth: 16 bits or at most 8. */
export const samplesOf = (depth: number, count: number): Uint8Array | Uint16Array =>
  depth === 16 ? new Uint16Array(count) : new Uint8Array(count)
