import { extname } from 'node:path'
import { version } from '../../package.json'
import { ArgumentError, DataError } from '../errors.js'
import { NonFiniteOutputError, upscale, upscaleBands, type Generator, type UpscaleOptions } from '../esrgan/index.js'
import type { PixelImage } from '../image.js'
import { decodeImage, writeImage, writePNG } from '../node/index.js'
import { readImageFile, requireWritable } from '../node/images.js'
import { sha256, type FinishedOutputs } from './finishedOutputs.js'

/** What happened to one image. */
export interface Enlarged {
  readonly image: string
  readonly out: string
  /** `unchanged`: an earlier run had made the same. */
  readonly status: 'done' | 'unchanged' | 'failed'
  /** Of the enlarged image; absent where it was not computed. */
  readonly width?: number
  readonly height?: number
  readonly seconds?: number
  /** Why it failed. */
  readonly problem?: string
}

/** What all images of a run have in common. */
export interface EnlargeOptions extends Pick<UpscaleOptions, 'overlap' | 'onProgress' | 'signal'> {
  readonly tile: number
  readonly quality: number
  /** The SHA-256 of the generator as `saveGenerator` writes it, whatever file it came from. */
  readonly weights: string
  /** The record of the output folder; absent where the output is a file that was named. */
  readonly finished?: FinishedOutputs | undefined
  /** Whether what an earlier run has finished is made again. */
  readonly force: boolean
}

const isJPEG = (path: string): boolean => /^\.jpe?g$/i.test(extname(path))

function isTranslucent({ channels, data, maxValue }: PixelImage): boolean {
  if (channels === 1 || channels === 3) return false
  for (let i = channels - 1; i < data.length; i += channels) if (data[i] !== maxValue) return true
  return false
}

/**
 * Enlarges one image file into another, which is written whole or not at all; PNG row by row as it is computed.
 *
 * @throws DataError naming the image, or the output where that cannot be written; ArgumentError where the image does not fit the
 *   generator or the format; NonFiniteOutputError.
 */
export async function enlarge(
  generator: Generator,
  image: string,
  out: string,
  { tile, overlap, quality, weights, finished, force, ...running }: EnlargeOptions,
): Promise<Enlarged> {
  const begun = Date.now()
  const bytes = await readImageFile(image)
  const settings = { version, weights, tile, overlap, quality: isJPEG(out) ? quality : undefined }
  const madeFrom = sha256(JSON.stringify({ input: sha256(bytes), ...settings }))
  if (!force && (await finished?.has(out, madeFrom)) === true) return { image, out, status: 'unchanged' }

  const picture = await decodeImage(bytes, image)
  const { channels, maxValue } = picture
  const { scale } = generator.config
  const size = { width: picture.width * scale, height: picture.height * scale }
  requireWritable(out, size)
  if (isJPEG(out) && isTranslucent(picture)) {
    throw new DataError(image, 'has transparent pixels, which JPEG cannot hold; write PNG, TIFF or WebP')
  }
  const options = { tile, ...(overlap === undefined ? {} : { overlap }), ...running }
  if (extname(out).toLowerCase() === '.png') {
    await writePNG(out, { ...size, channels, maxValue }, upscaleBands(generator, picture, options))
  } else {
    await writeImage(out, await upscale(generator, picture, options), { quality })
  }
  await finished?.add(out, madeFrom)
  return { image, out, status: 'done', ...size, seconds: (Date.now() - begun) / 1000 }
}

/** Whether an error is the image's own: others may go on. */
export const isOfTheImage = (error: unknown, image: string): error is Error =>
  (error instanceof DataError && error.source === image) ||
  error instanceof ArgumentError ||
  error instanceof NonFiniteOutputError
