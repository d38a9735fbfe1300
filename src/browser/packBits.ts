/** Decompresses PackBits (TIFF 6.0, section 9) until `out` is full; returns how many bytes there were. */
export function decompressPackBits(bytes: Uint8Array, out: Uint8Array): number {
  let at = 0
  for (let from = 0; from < bytes.length && at < out.length;) {
    const n = bytes[from++]!
    if (n < 128) {
      const run = bytes.subarray(from, from + Math.min(n + 1, out.length - at))
      out.set(run, at)
      at += run.length
      from += n + 1
    } else if (n > 128 && from < bytes.length) {
      const to = Math.min(at + 257 - n, out.length)
      out.fill(bytes[from++]!, at, to)
      at = to
    }
  }
  return at
}
