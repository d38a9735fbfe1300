import { DataError, requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import type { BlobLike } from './browserFile.js'
import { decodeNatively } from './decodeNatively.js'
import { readJPEGHeader } from './jpegHeader.js'
import { applyOrientation } from './orientation.js'
import { requireSize } from './pixelBudget.js'
import { decodePNG } from './png.js'
import { decodeTIFF } from './tiff.js'
import { readWebP } from './webp.js'

/** What {@link decodeImage} takes. */
export interface DecodeImageOptions {
  /** Images of more pixels (width x height) are refused before they are decoded; default 2^28, 268 megapixels. */
  readonly maxPixels?: number
}

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0))

async function decode(bytes: Uint8Array, maxPixels: number): Promise<PixelImage> {
  if (bytes.length === 0) throw new Error('the file is empty')
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return decodePNG(bytes, maxPixels)
  if (startsWith(bytes, 'II') || startsWith(bytes, 'MM')) return decodeTIFF(bytes, maxPixels)
  if (startsWith(bytes, '\xff\xd8\xff')) {
    const header = readJPEGHeader(bytes)
    requireSize(header.width, header.height, maxPixels)
    return decodeNatively(bytes, 'image/jpeg', header)
  }
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) {
    const file = readWebP(bytes)
    requireSize(file.width, file.height, maxPixels)
    return applyOrientation(await decodeNatively(file.bytes, 'image/webp', file), file.orientation)
  }
  throw new Error('it is not PNG, JPEG, TIFF or WebP')
}

/**
 * The pixels of an encoded image (PNG, JPEG, TIFF, WebP) in a browser, as `decodeImage` of `esrgan-scnn/node` gives them: grey
 * stays grey and alpha is kept, 16-bit PNG and TIFF give 16 bits, values are those stored (an embedded colour profile is not
 * applied), the EXIF orientation is applied, and of several pages the first is read. `name` stands in the errors. The format is
 * told by the content, never by the name.
 *
 * PNG, TIFF and lossless WebP are exact. JPEG and lossy WebP are decoded by the browser itself, and may be off from other decoders by
 * their rounding. Works in pages and in workers.
 *
 * @throws DataError naming the image when it is corrupt (also where only the end is missing), too large or of another format, or
 *   holds what cannot be decoded here: CMYK, JPEG inside TIFF, or a WebP with alpha in a browser without `ImageDecoder`.
 */
export async function decodeImage(
  image: Uint8Array | BlobLike,
  name: string,
  { maxPixels = 2 ** 28 }: DecodeImageOptions = {},
): Promise<PixelImage> {
  requireInteger('options.maxPixels', maxPixels, 1)
  try {
    return await decode(image instanceof Uint8Array ? image : new Uint8Array(await image.arrayBuffer()), maxPixels)
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new DataError(name, `cannot be decoded: ${problem}`, { cause: error })
  }
}
