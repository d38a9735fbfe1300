/** The first directory of a TIFF file, or of EXIF data: whole numbers by tag. */
export interface TiffTags {
  /** Whether numbers are stored lowest byte first. */
  readonly littleEndian: boolean
  /** The numbers of a tag; undefined where it is absent, or of no whole numbers. */
  all(tag: number): readonly number[] | undefined
  /** The only or first number of a tag, or what it means when it is absent. */
  first(tag: number, otherwise: number): number
}

/** Bytes of one value of the types that hold whole numbers: BYTE, SHORT, LONG. */
const sizes: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4 }

/**
 * Reads the first directory (TIFF 6.0, section 2). Values are read only when they are asked for, and only from within the file.
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
  const version = view.getUint16(2, littleEndian)
  if (version === 43) throw new Error('is a BigTIFF, which is not supported in browsers')
  if (version !== 42) throw new Error('has no TIFF header')
  const start = view.getUint32(4, littleEndian)
  if (start + 2 > bytes.length) throw outside()
  const count = view.getUint16(start, littleEndian)
  if (start + 2 + count * 12 > bytes.length) throw outside()
  const entries = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const at = start + 2 + i * 12
    entries.set(view.getUint16(at, littleEndian), at)
  }
  const all = (tag: number): number[] | undefined => {
    const at = entries.get(tag)
    const size = at === undefined ? undefined : sizes[view.getUint16(at + 2, littleEndian)]
    if (at === undefined || size === undefined) return undefined
    const values = view.getUint32(at + 4, littleEndian)
    const from = values * size <= 4 ? at + 8 : view.getUint32(at + 8, littleEndian)
    if (from + values * size > bytes.length) throw outside()
    return Array.from({ length: values }, (_, i) =>
      size === 1
        ? view.getUint8(from + i)
        : size === 2
          ? view.getUint16(from + 2 * i, littleEndian)
          : view.getUint32(from + 4 * i, littleEndian),
    )
  }
  return { littleEndian, all, first: (tag, otherwise) => all(tag)?.[0] ?? otherwise }
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
