/** The first directory of a TIFF file, or of EXIF data: whole numbers by tag, each read when it is asked for. */
export interface TiffTags {
  /** Whether numbers are stored lowest byte first. */
  readonly littleEndian: boolean
  /** How many numbers a tag has, all of them within the file; 0 where it is absent, or of no whole numbers. */
  count(tag: number): number
  /** Number `i` of a tag, below its `count`. */
  value(tag: number, i: number): number
  /** The only or first number of a tag, or what it means when it is absent. */
  first(tag: number, otherwise: number): number
}

/** Bytes of one value of the types that hold whole numbers: BYTE, SHORT, LONG, IFD, LONG8, IFD8, and the signed ones as unsigned. */
const sizes: Readonly<Record<number, 1 | 2 | 4 | 8>> = {
  1: 1,
  3: 2,
  4: 4,
  6: 1,
  8: 2,
  9: 4,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
}

/**
 * Reads the first directory of a TIFF (TIFF 6.0, section 2) or BigTIFF. No list of numbers is ever made: tags may claim millions of
 * values, and all of them the same ones.
 *
 * @throws Error for anything but a TIFF header, and for a directory or a value outside the file.
 */
export function readTiffTags(bytes: Uint8Array): TiffTags {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const outside = (): Error => new Error('ends too soon, or points outside itself')
  if (bytes.length < 8) throw outside()
  const order = view.getUint16(0)
  const littleEndian = order === 0x4949
  if (!littleEndian && order !== 0x4d4d) throw new Error('has no TIFF header')
  const number = (at: number, size: 1 | 2 | 4 | 8): number => {
    if (size === 1) return view.getUint8(at)
    if (size === 2) return view.getUint16(at, littleEndian)
    if (size === 4) return view.getUint32(at, littleEndian)
    // Beyond 2^53 it is outside any file all the same.
    return Number(view.getBigUint64(at, littleEndian))
  }
  const version = number(2, 2)
  if (version !== 42 && version !== 43) throw new Error('has no TIFF header')
  const isBig = version === 43
  if (isBig && bytes.length < 16) throw outside()
  // Bytes of an offset, of the number of entries, and of an entry.
  const [word, countSize, entrySize] = isBig ? ([8, 8, 20] as const) : ([4, 2, 12] as const)
  const start = number(isBig ? 8 : 4, word)
  if (start + countSize > bytes.length) throw outside()
  const entries = number(start, countSize)
  if (start + countSize + entries * entrySize > bytes.length) throw outside()
  // BigTIFF counts to 2^64; libtiff draws the line here too.
  if (isBig && entries > 4096) throw new Error('has a damaged directory')
  const found = new Map<number, { readonly size: 1 | 2 | 4 | 8; readonly count: number; readonly from: number }>()
  for (let i = 0; i < entries; i++) {
    const at = start + countSize + i * entrySize
    const [tag, size] = [number(at, 2), sizes[number(at + 2, 2)]]
    // Of a tag that is there twice the first counts, as in libtiff.
    if (size === undefined || found.has(tag)) continue
    const count = number(at + 4, word)
    const place = at + 4 + word
    found.set(tag, { size, count, from: count * size <= word ? place : number(place, word) })
  }
  const count = (tag: number): number => {
    const entry = found.get(tag)
    if (entry === undefined) return 0
    if (entry.from + entry.count * entry.size > bytes.length) throw outside()
    return entry.count
  }
  const value = (tag: number, i: number): number => {
    const { size, from } = found.get(tag)!
    return number(from + i * size, size)
  }
  return { littleEndian, count, value, first: (tag, otherwise) => (count(tag) > 0 ? value(tag, 0) : otherwise) }
}

/** The orientation that EXIF data (a TIFF header and directory) say, 1 where they say none or are damaged. */
export function exifOrientation(exif: Uint8Array): number {
  try {
    return readTiffTags(exif).first(274, 1)
  } catch {
    // EXIF data are remarks beside the pixels: damaged ones say nothing.
    return 1
  }
}
