import { expandDims, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { resizeImage } from '../data/index.js'
import { upscale, type Generator } from '../esrgan/index.js'
import { imageToTensor, toRGB, type PixelImage } from '../image.js'

/**
 * An image as the Siamese network was trained to see it: resized to a square of `side` pixels, super-resolved in one piece,
 * rounded to 8 bits. The caller disposes it.
 */
export async function superResolvedInput(generator: Generator, image: PixelImage, side: number): Promise<Tensor4D> {
  const small = resizeImage(toRGB(image), { width: side, height: side })
  const large = await upscale(generator, small, { tile: side, overlap: 0 })
  return tidy(() => expandDims<Tensor4D>(imageToTensor(large)))
}
