import type { Tensor } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../../errors.js'

/** Throws unless the tensor is `[batch, height, width, channels]`. */
export function requireImages(argument: string, x: Tensor): void {
  if (x.shape.length !== 4)
    throw new ArgumentError(argument, 'have the shape [batch, height, width, channels]', x.shape)
}
