import { crc32, deflateSync } from 'node:zlib'

const bigEndian = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function chunk(kind: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data])
  return Buffer.concat([bigEndian(data.length), body, bigEndian(crc32(body))])
}

/** A PNG of 8 bits: `colour` 0 grey, 2 RGB; `raw` the scanlines with their filter bytes. */
export function png(
  width: number,
  height: number,
  colour: 0 | 2,
  raw: Uint8Array,
  extra: readonly (readonly [string, Uint8Array])[] = [],
): Uint8Array {
  return Uint8Array.from(
    Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', Buffer.concat([bigEndian(width), bigEndian(height), Buffer.of(8, colour, 0, 0, 0)])),
      ...extra.map(([kind, data]) => chunk(kind, data)),
      chunk('IDAT', deflateSync(raw)),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  )
}

/** A PNG whose header claims a size that nothing follows for. */
export const pngClaiming = (width: number, height: number): Uint8Array => png(width, height, 2, Buffer.alloc(16))

/** A JPEG with another size in its frame header. */
export function jpegClaiming(jpeg: Uint8Array, width: number, height: number): Uint8Array {
  const bytes = Buffer.from(jpeg)
  for (let at = 2; at < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    if (bytes[at + 1] === 0xc0 || bytes[at + 1] === 0xc2) {
      bytes.writeUInt16BE(height, at + 5)
      bytes.writeUInt16BE(width, at + 7)
      return Uint8Array.from(bytes)
    }
  }
  throw new Error('no frame header')
}

/** A little-endian TIFF with another size in its first directory. */
export function tiffClaiming(tiff: Uint8Array, width: number, height: number): Uint8Array {
  const bytes = Buffer.from(tiff)
  const directory = bytes.readUInt32LE(4)
  const count = bytes.readUInt16LE(directory)
  let found = 0
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i
    const tag = bytes.readUInt16LE(entry)
    // ImageWidth, ImageLength, RowsPerStrip; as LONG.
    const value = tag === 256 ? width : tag === 257 || tag === 278 ? height : undefined
    if (value === undefined) continue
    bytes.writeUInt16LE(4, entry + 2)
    bytes.writeUInt32LE(value, entry + 8)
    found++
  }
  if (found !== 3) throw new Error(`${found} size tags`)
  return Uint8Array.from(bytes)
}

/** The header of a lossless WebP of a size, without an image. */
export function webpClaiming(width: number, height: number): Uint8Array {
  const data = Buffer.alloc(10)
  data[0] = 0x2f
  data.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0, 1)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(data.length)
  const riff = Buffer.alloc(4)
  riff.writeUInt32LE(12 + data.length)
  return Uint8Array.from(
    Buffer.concat([Buffer.from('RIFF'), riff, Buffer.from('WEBP'), Buffer.from('VP8L'), size, data]),
  )
}
