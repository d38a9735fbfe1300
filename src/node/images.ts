import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import sharp from 'sharp'
import { ArgumentError, DataError, requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import { hasCode, messageOf, writeWhole } from './files.js'

/** What {@link readImage} and {@link decodeImage} take. */
export interface ReadImageOptions {
  /** Images of more pixels (width x height) are refused before they are decoded; default 2^28, 268 megapixels. */
  readonly maxPixels?: number
}

/** The file formats that {@link writeImage} knows, by extension. */
type ImageFormat = 'png' | 'jpeg' | 'tiff' | 'webp'

const formats: Readonly<Record<string, ImageFormat>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.webp': 'webp',
}

const colourSpace = (deep: boolean, grey: boolean): string =>
  deep ? (grey ? 'grey16' : 'rgb16') : grey ? 'b-w' : 'srgb'

/**
 * The pixels of an encoded image (PNG, JPEG, TIFF, WebP). Grey stays grey and alpha is kept; 16-bit PNG and TIFF give
 * 16 bits. Values are those stored: an embedded colour profile is not applied, the EXIF orientation is. Of several pages the
 * first is read. `name` stands in the errors.
 *
 * @throws DataError naming the image when it is corrupt (also where only the end is missing), too large or of another format.
 */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  { maxPixels = 2 ** 28 }: ReadImageOptions = {},
): Promise<PixelImage> {
  requireInteger('options.maxPixels', maxPixels, 1)
  try {
    const input = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'warning', ignoreIcc: true })
    const { format, depth, space, hasAlpha } = await input.metadata()
    if (!['png', 'jpeg', 'tiff', 'webp'].includes(format)) throw new Error(`${format} is not PNG, JPEG, TIFF or WebP`)
    if (depth !== 'uchar' && depth !== 'ushort') throw new Error(`samples of type ${depth} are not supported`)
    const grey = space === 'b-w' || space === 'grey16'
    const deep = depth === 'ushort'
    // sharp drops the alpha of 8-bit grey in raw output: such an image goes through RGB.
    const throughRGB = grey && hasAlpha && !deep
    const { data, info } = await input
      .autoOrient()
      .toColourspace(colourSpace(deep, grey && !throughRGB))
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true })
    const channels = ((grey ? 1 : 3) + (hasAlpha ? 1 : 0)) as 1 | 2 | 3 | 4
    if (info.channels !== (throughRGB ? 4 : channels)) throw new Error(`${info.channels} channels are not supported`)
    // Copied: the decoder's buffer may be shared, and must be aligned for 16 bits.
    const exact = throughRGB
      ? Uint8Array.from({ length: data.length / 2 }, (_, i) => data[(i >> 1) * 4 + (i & 1) * 3]!)
      : Uint8Array.from(data)
    return {
      width: info.width,
      height: info.height,
      channels,
      data: deep ? new Uint16Array(exact.buffer) : exact,
      maxValue: deep ? 65535 : 255,
    }
  } catch (error) {
    throw new DataError(name, `cannot be decoded: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * Reads an image file: {@link decodeImage} of its bytes.
 *
 * @throws DataError naming the file when it is missing, corrupt, too large or of another format.
 */
export async function readImage(path: string, options?: ReadImageOptions): Promise<PixelImage> {
  return decodeImage(await readImageFile(path), path, options)
}

/** The bytes of an image file; a missing or unreadable one is a DataError that names it. */
export async function readImageFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    const problem = hasCode(error, 'ENOENT')
      ? 'no such file'
      : hasCode(error, 'EISDIR')
        ? 'is a folder, not an image'
        : messageOf(error)
    throw new DataError(path, problem, { cause: error })
  }
}

/** What {@link encodeImage} and {@link writeImage} take. */
export interface WriteImageOptions {
  /** JPEG quality from 1 to 100; default 95. The other formats lose nothing. */
  readonly quality?: number
}

/**
 * The image as a file's bytes, in the format that the name's extension says: `.png`, `.jpg`, `.jpeg`, `.tif`, `.tiff`,
 * `.webp`. PNG, TIFF and WebP are lossless, JPEG is 4:4:4. 16 bits stay in PNG and TIFF; WebP and JPEG hold 8. JPEG drops alpha.
 *
 * @throws ArgumentError for another extension, a quality out of range, or data whose length does not fit the size.
 */
export async function encodeImage(
  image: PixelImage,
  name: string,
  { quality = 95 }: WriteImageOptions = {},
): Promise<Uint8Array> {
  const format = formats[extname(name).toLowerCase()]
  if (format === undefined) {
    throw new ArgumentError('path', `end in one of ${Object.keys(formats).join(', ')}`, name)
  }
  requireInteger('options.quality', quality, 1)
  if (quality > 100) throw new ArgumentError('options.quality', 'be at most 100', quality)
  const { width, height, channels, maxValue } = image
  if (image.data.length !== width * height * channels) {
    throw new ArgumentError('image.data', `hold ${width}x${height}x${channels} values`, image.data.length)
  }
  const deep = maxValue === 65535 && (format === 'png' || format === 'tiff')
  const data = maxValue === 255 || deep ? image.data : Uint8Array.from(image.data, (value) => Math.round(value / 257))
  const grey = channels < 3
  let output = sharp(data, { raw: { width, height, channels } }).toColourspace(colourSpace(deep, grey))
  if (format === 'jpeg') output = output.removeAlpha().jpeg({ quality, chromaSubsampling: '4:4:4' })
  else if (format === 'png') output = output.png()
  else if (format === 'tiff') output = output.tiff({ compression: 'deflate' })
  else output = output.webp({ lossless: true, exact: true })
  return output.toBuffer()
}

/**
 * Writes {@link encodeImage}'s bytes to a file; a failure leaves no partial file. Missing folders are made.
 *
 * @throws ArgumentError as {@link encodeImage}.
 */
export async function writeImage(path: string, image: PixelImage, options?: WriteImageOptions): Promise<void> {
  await writeWhole(path, await encodeImage(image, path, options))
}
