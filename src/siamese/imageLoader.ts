import type { Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'
import type { SiameseNetwork } from './network.js'

/**
 * Gives the images of some indices as `[indices.length, height, width, 3]`, RGB in [0, 1], in that order. Called whenever
 * images are needed, so a large set need not be in memory. **The caller of the loader disposes the tensor**: return a new one each time.
 * `next`, where it is known, are the indices that will be asked for after these: a loader may begin to read them.
 */
export type ImageLoader = (indices: ArrayLike<number>, next?: ArrayLike<number>) => Tensor4D | Promise<Tensor4D>

/** The loader's images, checked. The caller disposes them. */
export async function loadImages(
  network: SiameseNetwork,
  images: ImageLoader,
  indices: ArrayLike<number>,
  next?: ArrayLike<number>,
): Promise<Tensor4D> {
  const batch = await images(indices, next)
  const expected = [indices.length, ...network.inputShape]
  if (batch.shape.join() !== expected.join()) {
    batch.dispose()
    throw new ArgumentError('images', `give a tensor of shape [${expected.join(', ')}]`, batch.shape)
  }
  return batch
}
