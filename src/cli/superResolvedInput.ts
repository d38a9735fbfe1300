import { expandDims, squeeze, tidy, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core'
import { resizeImage } from '../data/index.js'
import { superResolve, type Generator } from '../esrgan/index.js'
import { imageToTensor, tensorToImage, toRGB, type PixelImage } from '../image.js'

/** An image as the Siamese network was trained to see it: resized, super-resolved, rounded to 8 bits. The caller disposes it. */
export async function superResolvedInput(
  generator: Generator,
  image: PixelImage,
  size: { width: number; height: number },
): Promise<Tensor4D> {
  const small = resizeImage(toRGB(image), size)
  const large = tidy(() => squeeze<Tensor3D>(superResolve(generator, expandDims(imageToTensor(small))), [0]))
  try {
    const rounded = await tensorToImage(large)
    return tidy(() => expandDims<Tensor4D>(imageToTensor(rounded)))
  } finally {
    large.dispose()
  }
}
