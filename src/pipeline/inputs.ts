import { expandDims, squeeze, tidy, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core'
import { augment, resizeBicubic, resizeImage, type Augmentation, type AugmentOptions } from '../data/index.js'
import { ArgumentError } from '../errors.js'
import { upscale, type Generator } from '../esrgan/index.js'
import { imageToTensor, tensorToImage, toRGB, type PixelImage } from '../image.js'
import type { Arm } from './resultTypes.js'
import { scale as paperScale } from './scale.js'

/** Settings of {@link superResolvedInput}. */
export interface SuperResolvedInputOptions {
  /** Makes the input of an augmented copy. */
  readonly augmentation?: Augmentation
  /** How an augmented copy is sampled: fill mode and value, centre; default `augment`'s. */
  readonly sampling?: AugmentOptions
  /** How the image is resized to the square; default `bilinear` (antialiased). */
  readonly resize?: 'bilinear' | 'nearest'
  /** Stops before the generator runs. */
  readonly signal?: AbortSignal
}

/** The square low-resolution input of an image, or of an augmented copy of it: RGB, 8 bits. */
export async function lowResolutionInput(
  image: PixelImage,
  side: number,
  { augmentation, sampling, resize = 'bilinear' }: Omit<SuperResolvedInputOptions, 'signal'> = {},
): Promise<PixelImage> {
  const original = toRGB(image)
  const size = { width: side, height: side, method: resize }
  if (augmentation === undefined) return resizeImage(original, size)
  const copy = tidy(() =>
    squeeze<Tensor3D>(augment(expandDims<Tensor4D>(imageToTensor(original)), [augmentation], sampling), [0]),
  )
  try {
    return resizeImage(await tensorToImage(copy), size)
  } finally {
    copy.dispose()
  }
}

/**
 * What the Siamese network sees of an image: resized to a square of `side` pixels and super-resolved in one piece (no
 * seams, and every pixel sees all it can), rounded to 8 bits.
 */
export async function superResolvedInput(
  generator: Generator,
  image: PixelImage,
  side: number,
  { signal, ...how }: SuperResolvedInputOptions = {},
): Promise<PixelImage> {
  return enlarged(generator, await lowResolutionInput(image, side, how), signal)
}

/** Settings of {@link siameseInput}. */
export interface SiameseInputOptions extends SuperResolvedInputOptions {
  /** What made the inputs that the network was trained on; default `esrgan`. `report.runs` and the network's file say it. */
  readonly arm?: Arm
}

/**
 * The input of a trained Siamese network, `side` x `side` pixels, made as in its training: {@link superResolvedInput} by the generator
 * that belongs to it, enlarged by MATLAB's bicubic (`bicubic`), or resized only (`none`).
 *
 * @param generator needed by the arms `psnr` and `esrgan` only
 * @throws ArgumentError where the side is no multiple of the factor of enlargement, or a generator is missing
 */
export async function siameseInput(
  generator: Generator | undefined,
  image: PixelImage,
  side: number,
  { arm = 'esrgan', signal, ...how }: SiameseInputOptions = {},
): Promise<PixelImage> {
  if (arm === 'none') return await lowResolutionInput(image, side, how)
  const model = arm === 'bicubic' ? undefined : generator
  if (arm !== 'bicubic' && model === undefined)
    throw new ArgumentError('generator', `be given for inputs made by ${arm}`, undefined)
  const factor = model?.config.scale ?? paperScale
  if (side % factor !== 0)
    throw new ArgumentError('side', `be a multiple of ${factor}, the factor of enlargement`, side)
  const lr = await lowResolutionInput(image, side / factor, how)
  return model === undefined ? resizeBicubic(lr, { scale: factor }) : await enlarged(model, lr, signal)
}

/** A square image through the generator, in one piece. */
export function enlarged(generator: Generator, lr: PixelImage, signal: AbortSignal | undefined): Promise<PixelImage> {
  return upscale(generator, lr, { tile: lr.width, overlap: 0, ...(signal === undefined ? {} : { signal }) })
}
