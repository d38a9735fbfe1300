const clear = 256
const end = 257

/**
 * Decompresses TIFF's LZW (TIFF 6.0, section 13: codes of 9 to 12 bits, highest bits first) until `out` is full.
 *
 * @returns how many bytes there were.
 * @throws Error for a code that cannot stand where it stands.
 */
export function decompressLZW(bytes: Uint8Array, out: Uint8Array): number {
  // A string is another one and a byte more.
  const prefix = new Uint16Array(4096)
  const last = new Uint8Array(4096)
  const lengths = new Uint16Array(4096)
  for (let i = 0; i < 256; i++) {
    last[i] = i
    lengths[i] = 1
  }
  let next = 258
  let width = 9
  let previous = -1
  let [held, heldBits, from, at] = [0, 0, 0, 0]
  while (at < out.length) {
    while (heldBits < width && from < bytes.length) {
      held = ((held << 8) | bytes[from++]!) & 0xfffff
      heldBits += 8
    }
    if (heldBits < width) break
    heldBits -= width
    const code = (held >> heldBits) & ((1 << width) - 1)
    if (code === end) break
    if (code === clear) {
      next = 258
      width = 9
      previous = -1
      continue
    }
    if (previous === -1 ? code > 255 : code > next || next > 4095) throw new Error('its compressed pixels are damaged')
    // Of the string that is only now made, the first byte is the previous string's.
    const isNew = code === next
    const length = isNew ? lengths[previous]! + 1 : lengths[code]!
    let place = at + length - 1
    let string = isNew ? previous : code
    if (isNew) place--
    for (; place >= at; place--) {
      if (place < out.length) out[place] = last[string]!
      string = prefix[string]!
    }
    if (isNew && at + length - 1 < out.length) out[at + length - 1] = out[at]!
    if (previous !== -1) {
      prefix[next] = previous
      last[next] = out[at]!
      lengths[next] = lengths[previous]! + 1
      next++
      // One code early, as all TIFF writers do.
      if (next === (1 << width) - 1 && width < 12) width++
    }
    previous = code
    at += length
  }
  return Math.min(at, out.length)
}
