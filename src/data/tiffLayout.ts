import type { TiffTags } from './tiffTags.js'

/** What of a TIFF's header its layout depends on. */
export interface TiffSize {
  /** Columns. */
  readonly width: number
  /** Rows. */
  readonly height: number
  /** Samples of a pixel. */
  readonly samples: number
  /** Bits of a sample. */
  readonly bits: number
}

/** How a TIFF is cut into blocks, strips or tiles: row by row of blocks, one set of them for each plane. */
export interface TiffLayout {
  /** Columns of a block. */
  readonly width: number
  /** Rows of a block; a last strip may have fewer. */
  readonly height: number
  /** Whether the blocks are tiles, which are all of one size. */
  readonly tiled: boolean
  /** Blocks beside each other. */
  readonly across: number
  /** Blocks below each other. */
  readonly down: number
  /** Samples of a pixel that stand together. */
  readonly together: number
  /** Sets of blocks: 1, or one for each sample. */
  readonly planes: number
  /** Bytes of a row of a block. */
  readonly rowBytes: number
  /** The tags that list where the blocks begin and how many bytes they have. */
  readonly tags: { readonly offsets: number; readonly lengths: number }
}

/** A tile may have so many pixels, or four times the image's: two of its sides may double by filling up. */
const tilePixels = 2 ** 22

/**
 * The layout of a TIFF (TIFF 6.0, sections 3 and 15), whose sizes have been checked. It is refused where it would cost more than
 * image and file are large: tiles far larger than the image, tiles of next to no pixels, and blocks that are the same bytes again
 * and again, each of them decompressed anew.
 *
 * @param fileBytes how large the file is.
 */
export function readTiffLayout(
  tags: TiffTags,
  { width, height, samples, bits }: TiffSize,
  fileBytes: number,
): TiffLayout {
  const tiled = tags.count(322) > 0 || tags.count(323) > 0 || tags.count(324) > 0
  const planes = tags.first(284, 1) === 2 ? samples : 1
  const block = tiled
    ? { width: tags.first(322, 0), height: tags.first(323, 0) }
    : { width, height: Math.min(height, tags.first(278, height)) }
  if (block.width < 1 || block.height < 1) throw new Error('has strips or tiles without pixels')
  if (tiled && (block.width % 16 !== 0 || block.height % 16 !== 0)) {
    throw new Error(`has tiles of ${block.width}x${block.height} pixels, not of multiples of 16`)
  }
  if (tiled && block.width * block.height > Math.max(tilePixels, 4 * width * height)) {
    throw new Error(`has tiles of ${block.width}x${block.height} pixels, which are too large for ${width}x${height}`)
  }
  const across = Math.ceil(width / block.width)
  const down = Math.ceil(height / block.height)
  const together = samples / planes
  const rowBytes = Math.ceil((block.width * together * bits) / 8)
  const listed = { offsets: tags.count(324) > 0 ? 324 : 273, lengths: tags.count(325) > 0 ? 325 : 279 }
  const blocks = across * down * planes
  let bytes = 0
  for (let i = Math.min(blocks, tags.count(listed.lengths)); i-- > 0;) bytes += tags.value(listed.lengths, i)
  // An empty block may be stored once for many; it is smaller than what it becomes.
  if (blocks > 1 && bytes > fileBytes + blocks * rowBytes * block.height) {
    throw new Error(`lists strips or tiles of ${bytes} bytes in all, in a file of ${fileBytes}`)
  }
  return { ...block, tiled, across, down, together, planes, rowBytes, tags: listed }
}
