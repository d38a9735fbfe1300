import { expandDims, squeeze, tidy, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core'
import { augment, resizeImage, type Augmentation } from '../data/index.js'
import { upscale, type Generator } from '../esrgan/index.js'
import { imageToTensor, tensorToImage, toRGB, type PixelImage } from '../image.js'

/** The square low-resolution input of an image, or of an augmented copy of it: RGB, 8 bits, antialiased bilinear. */
export async function lowResolutionInput(
  image: PixelImage,
  side: number,
  augmentation?: Augmentation,
): Promise<PixelImage> {
  const original = toRGB(image)
  if (augmentation === undefined) return resizeImage(original, { width: side, height: side })
  const copy = tidy(() =>
    squeeze<Tensor3D>(augment(expandDims<Tensor4D>(imageToTensor(original)), [augmentation]), [0]),
  )
  try {
    return resizeImage(await tensorToImage(copy), { width: side, height: side })
  } finally {
    copy.dispose()
  }
}

/** Settings of {@link superResolvedInput}. */
export interface SuperResolvedInputOptions {
  /** Makes the input of an augmented copy. */
  readonly augmentation?: Augmentation
  /** Stops before the generator runs. */
  readonly signal?: AbortSignal
}

/**
 * What the Siamese network sees of an image: resized to a square of `side` pixels and super-resolved in one piece (no
 * seams, and every pixel sees all it can), rounded to 8 bits.
 */
export async function superResolvedInput(
  generator: Generator,
  image: PixelImage,
  side: number,
  { augmentation, signal }: SuperResolvedInputOptions = {},
): Promise<PixelImage> {
  const lr = await lowResolutionInput(image, side, augmentation)
  return upscale(generator, lr, { tile: side, overlap: 0, ...(signal === undefined ? {} : { signal }) })
}
