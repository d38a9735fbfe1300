import { ArgumentError } from '../errors.js'
import type { PixelImage } from '../image.js'

/** What one array holds in every engine that this package runs in, in bytes (Node 20's limit). */
export const maxArrayBytes: number = 2 ** 32

/** An image of the channels and the depth of another, all zero. */
export function blankImage({ channels, maxValue }: PixelImage, width: number, height: number): PixelImage {
  const length = width * height * channels
  return {
    width,
    height,
    channels,
    data: maxValue === 255 ? new Uint8Array(length) : new Uint16Array(length),
    maxValue,
  }
}

/** The image that the enlargement of another goes into. Throws where its pixels would not fit into one array. */
export function blankEnlargement(image: PixelImage, scale: number): PixelImage {
  const [width, height] = [image.width * scale, image.height * scale]
  const bytes = width * height * image.channels * (image.maxValue === 255 ? 1 : 2)
  const tooLarge = (limit: string): ArgumentError =>
    new ArgumentError(
      'image',
      `fit into ${limit} when it is enlarged, unless in parts (upscaleBands; on the command line, PNG)`,
      `${width}x${height}x${image.channels}, ${bytes} bytes`,
    )
  if (bytes > maxArrayBytes) throw tooLarge(`one array of ${maxArrayBytes} bytes`)
  try {
    return blankImage(image, width, height)
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge('the memory that is left')
    throw error
  }
}

/** Copies a part into the image that it is a part of. */
export function place(whole: PixelImage, { left, top, image }: { left: number; top: number; image: PixelImage }): void {
  const length = image.width * image.channels
  for (let y = 0; y < image.height; y++) {
    whole.data.set(image.data.subarray(y * length, (y + 1) * length), ((top + y) * whole.width + left) * whole.channels)
  }
}
