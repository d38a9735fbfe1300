import { toRGB, type PixelImage } from '../image.js'
import { lookOf, type Look } from './perceptual.js'
import { sha256, toHex } from './sha256.js'

/** What is kept of an image to find its duplicates: two hashes, and how it looks. About 1.3 KB. */
export interface ImageSignature {
  /** The image's id. */
  readonly id: string
  /** SHA-256 of size and pixels (as RGB, without alpha), in hex. */
  readonly pixels: string
  /** SHA-256 of the stored file, in hex, where it was hashed. */
  readonly bytes?: string
  /** How it looks, in any of the eight orientations. */
  readonly look: Look
}

/**
 * The signature of one image, for {@link findDuplicates}. Give the stored file's bytes to tell byte-identical files from
 * files that merely hold the same pixels.
 */
export async function imageSignature(id: string, image: PixelImage, bytes?: Uint8Array): Promise<ImageSignature> {
  const { width, height, data, maxValue } = toRGB(image)
  const pixels = toHex(await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)))
  return {
    id,
    // The size stands beside the hash: 2 x 3 and 3 x 2 pixels may have the same bytes.
    pixels: `${width}x${height}x${maxValue}:${pixels}`,
    ...(bytes === undefined ? {} : { bytes: toHex(await sha256(bytes)) }),
    look: lookOf(image),
  }
}
