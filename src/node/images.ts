import { extname } from 'node:path'
import sharp, { type SharpOptions } from 'sharp'
import { imageFormat, type ImageFormat } from '../data/imageFormat.js'
import { imageLimits, requireAllowedSize, type ImageLimits, type ReadImageOptions } from '../data/imageLimits.js'
import { readTiffLayout } from '../data/tiffLayout.js'
import { readTiffTags } from '../data/tiffTags.js'
import { ArgumentError, DataError, requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import { messageOf, readBounded, writeWhole } from './files.js'

export type { ReadImageOptions } from '../data/imageLimits.js'

/** The file formats that {@link writeImage} knows, by extension. */
const formats: Readonly<Record<string, ImageFormat>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.webp': 'webp',
}

const notAnImage = 'is not PNG, JPEG, TIFF or WebP'

const colourSpace = (deep: boolean, grey: boolean): string =>
  deep ? (grey ? 'grey16' : 'rgb16') : grey ? 'b-w' : 'srgb'

/** The decoder's bytes: themselves, or a copy where their memory is shared with others or not aligned for 16 bits. */
function own(data: Buffer): Uint8Array<ArrayBuffer> {
  const isAlone = data.buffer instanceof ArrayBuffer && data.byteOffset === 0 && data.length === data.buffer.byteLength
  return isAlone ? new Uint8Array(data.buffer as ArrayBuffer) : new Uint8Array(data)
}

/** Every second value of grey, grey, grey, alpha: the first and the last of four. */
function greyAlpha(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const pairs = new Uint8Array(data.length / 2)
  for (let i = 0; i < pairs.length; i += 2) {
    pairs[i] = data[2 * i]!
    pairs[i + 1] = data[2 * i + 3]!
  }
  return pairs
}

/** Refuses a TIFF that libtiff would decode at a cost out of all proportion, and one that libvips reads wrongly without a word. */
function checkTiff(bytes: Uint8Array, width: number, height: number): void {
  const tags = readTiffTags(bytes)
  const samples = tags.first(277, 1)
  readTiffLayout(tags, { width, height, samples, bits: tags.first(258, 1) }, bytes.length)
  if (samples === 2 && tags.first(284, 1) === 2) throw new Error('grey with alpha in separate planes is not supported')
}

async function decode(bytes: Uint8Array, limits: ImageLimits): Promise<PixelImage> {
  const { maxPixels, maxBytes } = limits
  if (bytes.length > maxBytes) throw new Error(`${bytes.length} bytes, more than the ${maxBytes} allowed`)
  // The library knows many more formats than it should be let loose on with files from outside.
  const format = imageFormat(bytes)
  if (format === undefined) throw new Error(notAnImage)
  const settings: SharpOptions = { failOn: 'warning', ignoreIcc: true }
  // This reads the header only; the limits below come before any pixel.
  const header = await sharp(bytes, { ...settings, limitInputPixels: false }).metadata()
  const { width, height, depth, space, hasAlpha } = header
  requireAllowedSize(width, height, limits, header.channels * (depth === 'ushort' ? 2 : 1))
  if (depth !== 'uchar' && depth !== 'ushort') throw new Error(`samples of type ${depth} are not supported`)
  if (format === 'tiff') checkTiff(bytes, width, height)
  const grey = space === 'b-w' || space === 'grey16'
  const deep = depth === 'ushort'
  // sharp drops the alpha of 8-bit grey in raw output: such an image goes through RGB.
  const throughRGB = grey && hasAlpha && !deep
  const { data, info } = await sharp(bytes, { ...settings, limitInputPixels: maxPixels })
    .autoOrient()
    .toColourspace(colourSpace(deep, grey && !throughRGB))
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const channels = ((grey ? 1 : 3) + (hasAlpha ? 1 : 0)) as 1 | 2 | 3 | 4
  if (info.channels !== (throughRGB ? 4 : channels)) throw new Error(`${info.channels} channels are not supported`)
  const values = throughRGB ? greyAlpha(data) : own(data)
  return {
    width: info.width,
    height: info.height,
    channels,
    data: deep ? new Uint16Array(values.buffer) : values,
    maxValue: deep ? 65535 : 255,
  }
}

/**
 * The pixels of an encoded image (PNG, JPEG, TIFF, WebP; which one, its first bytes say). Grey stays grey and alpha is kept; 16-bit PNG
 * and TIFF give 16 bits; 1, 2 and 4 bits and palettes are spread to 8. Values are those stored: an embedded colour profile is not
 * applied (but CMYK becomes RGB), the EXIF orientation is. Of several pages the first is read. `name` stands in the errors.
 *
 * @throws DataError naming the image when it is corrupt (also where only the last pixels are missing), of another format, or when its
 *   header claims more than the limits, which is found before memory is taken for the pixels.
 */
export async function decodeImage(bytes: Uint8Array, name: string, options?: ReadImageOptions): Promise<PixelImage> {
  const limits = imageLimits(options)
  try {
    return await decode(bytes, limits)
  } catch (error) {
    // The decoder says the same thing several times.
    const lines = new Set((error as Error).message.split('\n').map((line) => line.trim()))
    throw new DataError(name, `cannot be decoded: ${messageOf([...lines].join(' '))}`, { cause: error })
  }
}

/**
 * Reads an image file: {@link decodeImage} of its bytes.
 *
 * @throws DataError naming the file when it is missing, corrupt, too large, no plain file (a folder, a pipe) or of another format.
 */
export async function readImage(path: string, options?: ReadImageOptions): Promise<PixelImage> {
  return decodeImage(await readImageFile(path, options), path, options)
}

/**
 * The bytes of an image file, at most `maxBytes`, and read only if the first ones are those of an image; a missing or unreadable one is
 * a DataError that names it.
 */
export async function readImageFile(path: string, options?: ReadImageOptions): Promise<Uint8Array> {
  return readBounded(path, imageLimits(options).maxBytes, (head) =>
    imageFormat(head) === undefined ? notAnImage : undefined,
  )
}

/** What {@link encodeImage} and {@link writeImage} take. */
export interface WriteImageOptions {
  /** JPEG quality from 1 to 100; default 95. The other formats lose nothing. */
  readonly quality?: number
}

/** The longest sides of formats that have a limit of their own: libjpeg's and WebP's. */
const longestSides: Partial<Record<ImageFormat, number>> = { jpeg: 65_500, webp: 16_383 }

/**
 * The format that a file name stands for. Throws an ArgumentError for another extension, and where an image of that size is too long for
 * the format: worth knowing before the image is computed.
 */
export function requireWritable(name: string, { width, height }: Pick<PixelImage, 'width' | 'height'>): ImageFormat {
  const format = formats[extname(name).toLowerCase()]
  if (format === undefined) {
    throw new ArgumentError('path', `end in one of ${Object.keys(formats).join(', ')}`, name)
  }
  const longest = longestSides[format] ?? Infinity
  if (Math.max(width, height) > longest) {
    const rule = `have sides of at most ${longest} pixels to be written as ${format}`
    throw new ArgumentError('image', rule, `${width}x${height}`)
  }
  return format
}

/**
 * The image as a file's bytes, in the format that the name's extension says: `.png`, `.jpg`, `.jpeg`, `.tif`, `.tiff`,
 * `.webp`. PNG, TIFF and WebP are lossless, JPEG is 4:4:4. 16 bits stay in PNG and TIFF; WebP and JPEG hold 8. JPEG drops alpha.
 *
 * @throws ArgumentError for another extension, a quality out of range, data whose length does not fit the size, or a side longer than the
 *   format holds (WebP 16,383 pixels, JPEG 65,500).
 */
export async function encodeImage(
  image: PixelImage,
  name: string,
  { quality = 95 }: WriteImageOptions = {},
): Promise<Uint8Array> {
  const format = requireWritable(name, image)
  requireInteger('options.quality', quality, 1)
  if (quality > 100) throw new ArgumentError('options.quality', 'be at most 100', quality)
  const { width, height, channels, maxValue } = image
  if (image.data.length !== width * height * channels) {
    throw new ArgumentError('image.data', `hold ${width}x${height}x${channels} values`, image.data.length)
  }
  const deep = maxValue === 65535 && (format === 'png' || format === 'tiff')
  const data = maxValue === 255 || deep ? image.data : Uint8Array.from(image.data, (value) => Math.round(value / 257))
  const grey = channels < 3
  // These are this program's own pixels, whatever their number.
  let output = sharp(data, { raw: { width, height, channels }, limitInputPixels: false }).toColourspace(
    colourSpace(deep, grey),
  )
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
