import type { Tensor } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../../errors.js'

/** Throws for tensors of another type: kernels of wasm would take their bits for those of float32. */
export function requireFloat32(tensors: Readonly<Record<string, Tensor>>): void {
  for (const [argument, { dtype }] of Object.entries(tensors)) {
    if (dtype !== 'float32') throw new ArgumentError(argument, 'be of type float32', dtype)
  }
}
