import { add, mean, mul, rsqrt, square, sub, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { requireFloat32 } from './requireFloat32.js'
import { requireImages } from './requireImages.js'
import { lazyGradient } from './lazyGradient.js'
import { runOwnKernel } from './ownKernel.js'

/** Mean over rows, then columns, `[batch, 1, 1, channels]`: one long float32 sum over all pixels loses three digits. */
const spatialMean = (x: Tensor): Tensor => mean(mean(x, 1, true), 2, true)

function portable(x: Tensor, epsilon: number): [Tensor, Tensor] {
  return tidy(() => {
    const deviations = sub(x, spatialMean(x))
    const inverse = rsqrt(add(spatialMean(square(deviations)), epsilon))
    return [mul(deviations, inverse), inverse]
  })
}

/**
 * Brings every channel of every image to mean 0 and variance 1 over its pixels: `(x - mean) / sqrt(variance + epsilon)`,
 * with the biased variance (instance normalisation without weights; Ulyanov et al. 2016).
 *
 * @param x `[batch, height, width, channels]`; borrowed.
 * @param epsilon added to the variance; default 1e-5.
 * @returns the same shape; the caller disposes it. First-order gradients only.
 * @throws ArgumentError where x has not four axes or is not float32.
 */
export function standardise(x: Tensor4D, epsilon = 1e-5): Tensor4D {
  requireImages('x', x)
  requireFloat32({ x })
  return lazyGradient(
    { x },
    (save) => {
      const [y, inverse] = runOwnKernel('standardise', { x }, { epsilon }, () => portable(x, epsilon))
      save([y!, inverse!])
      return y!
    },
    (dy, [y, inverse]) => ({
      // With n = (x - mean) * r: dx = r * (dy - mean(dy) - n * mean(dy * n)).
      x: () => tidy(() => mul(sub(sub(dy, spatialMean(dy)), mul(y!, spatialMean(mul(dy, y!)))), inverse!)),
    }),
  ) as Tensor4D
}
