import { expandDims, squeeze, tidy, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core'
import { augment, resizeImage, type Augmentation, type AugmentOptions } from '../data/index.js'
import { upscale, type Generator } from '../esrgan/index.js'
import { imageToTensor, tensorToImage, toRGB, type PixelImage } from '../image.js'

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

/** A square image through the generator, in one piece. */
export function enlarged(generator: Generator, lr: PixelImage, signal: AbortSignal | undefined): Promise<PixelImage> {
  return upscale(generator, lr, { tile: lr.width, overlap: 0, ...(signal === undefined ? {} : { signal }) })
}
