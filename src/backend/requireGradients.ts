import { getBackend, getGradient } from '@tensorflow/tfjs-core'
import { BackendError } from '../errors.js'

/**
 * Throws where tfjs has no gradients: `@tensorflow/tfjs-core` alone registers none, `@tensorflow/tfjs-layers` and
 * `startBackend` do.
 *
 * @throws BackendError naming what to import
 */
export function requireGradients(): void {
  // Null, not undefined, despite its type.
  if (!getGradient('Add'))
    throw new BackendError(
      getBackend(),
      "there are no gradients: import '@tensorflow/tfjs-layers', which registers them",
    )
}
