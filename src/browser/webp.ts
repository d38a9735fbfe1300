import type { ImageHeader } from './imageHeader.js'
import { exifOrientation } from '../data/tiffTags.js'

/** What a WebP file says of itself before it is decoded. */
export interface WebPFile extends ImageHeader {
  /** The EXIF orientation. */
  readonly orientation: number
  /** The file without its EXIF data: whether a browser follows the orientation in them, is left to each. */
  readonly bytes: Uint8Array
}

const tooShort = (): Error => new Error('ends too soon')

/** The size and whether there is alpha, from the first chunk. */
function readFirstChunk(bytes: Uint8Array, view: DataView): ImageHeader {
  const u24 = (at: number): number => view.getUint16(at, true) | (bytes[at + 2]! << 16)
  const kind = String.fromCharCode(...bytes.subarray(12, 16))
  if (kind === 'VP8X') {
    return { width: 1 + u24(24), height: 1 + u24(27), channels: (bytes[20]! & 0x10) === 0 ? 3 : 4 }
  }
  if (kind === 'VP8L' && bytes[20] === 0x2f) {
    const bits = view.getUint32(21, true)
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff), channels: (bits >>> 28) & 1 ? 4 : 3 }
  }
  if (kind === 'VP8 ') {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff, channels: 3 }
  }
  throw new Error('has no image')
}

/** EXIF data with or without the name that JPEG puts before them. */
const withoutName = (exif: Uint8Array): Uint8Array =>
  String.fromCharCode(...exif.subarray(0, 6)) === 'Exif\0\0' ? exif.subarray(6) : exif

/**
 * Reads the chunks of a WebP (RFC 9649, section 2).
 *
 * @throws Error when the file is shorter than it says, or has no image.
 */
export function readWebP(file: Uint8Array): WebPFile {
  if (file.length < 30) throw tooShort()
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const end = view.getUint32(4, true) + 8
  if (end > file.length) throw tooShort()
  const header = readFirstChunk(file, view)
  let orientation = 1
  let bytes = file
  for (let at = 12; at + 8 <= end;) {
    const length = view.getUint32(at + 4, true)
    if (at + 8 + length > end) throw tooShort()
    if (String.fromCharCode(...file.subarray(at, at + 4)) === 'EXIF') {
      orientation = exifOrientation(withoutName(file.subarray(at + 8, at + 8 + length)))
      if (bytes === file) bytes = file.slice()
      // Chunks of other names are skipped.
      bytes.set([0x6e, 0x6f, 0x6e, 0x65], at)
      bytes[20]! &= bytes[12] === 0x56 && bytes[15] === 0x58 ? ~0x08 : 0xff
    }
    at += 8 + length + (length & 1)
  }
  return { ...header, orientation, bytes }
}
