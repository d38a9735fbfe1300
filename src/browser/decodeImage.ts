import { imageFormat } from '../data/imageFormat.js'
import { imageLimits, requireAllowedSize, type ImageLimits, type ReadImageOptions } from '../data/imageLimits.js'
import { DataError } from '../errors.js'
import type { PixelImage } from '../image.js'
import type { BlobLike } from './browserFile.js'
import { decodeNatively } from './decodeNatively.js'
import { readJPEGHeader } from './jpegHeader.js'
import { applyOrientation } from './orientation.js'
import { decodePNG } from './png.js'
import { decodeTIFF } from './tiff.js'
import { readWebP } from './webp.js'

async function decode(bytes: Uint8Array, limits: ImageLimits): Promise<PixelImage> {
  switch (imageFormat(bytes)) {
    case 'png':
      return decodePNG(bytes, limits)
    case 'tiff':
      return decodeTIFF(bytes, limits)
    case 'jpeg': {
      const header = readJPEGHeader(bytes)
      requireAllowedSize(header.width, header.height, limits)
      return decodeNatively(bytes, 'image/jpeg', header)
    }
    case 'webp': {
      const file = readWebP(bytes)
      requireAllowedSize(file.width, file.height, limits)
      return applyOrientation(await decodeNatively(file.bytes, 'image/webp', file), file.orientation)
    }
    case undefined:
      throw new Error(bytes.length === 0 ? 'the file is empty' : 'is not PNG, JPEG, TIFF or WebP')
  }
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
  options?: ReadImageOptions,
): Promise<PixelImage> {
  const limits = imageLimits(options)
  try {
    const size = image instanceof Uint8Array ? image.length : image.size
    if (size > limits.maxBytes) throw new Error(`${size} bytes, more than the ${limits.maxBytes} allowed`)
    return await decode(image instanceof Uint8Array ? image : new Uint8Array(await image.arrayBuffer()), limits)
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new DataError(name, `cannot be decoded: ${problem}`, { cause: error })
  }
}
