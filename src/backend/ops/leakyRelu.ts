import { greater, leakyRelu as tfLeakyRelu, mul, relu, tidy, where, type Tensor } from '@tensorflow/tfjs-core'
import { requireRange } from '../../errors.js'
import { lazyGradient } from './lazyGradient.js'
import { runOwnKernel } from './ownKernel.js'

/**
 * `x` where it is positive, else `slope * x`; with slope 0 ReLU. Keeps its result for the gradient instead of its input,
 * so that the input's memory is free as soon as its owner lets go of it. The slope at 0 is `slope`, as in PyTorch.
 *
 * @param x any shape; borrowed.
 * @param slope in [0, 1].
 * @returns the same shape; the caller disposes it. First-order gradients only.
 * @throws ArgumentError for a slope outside of [0, 1].
 */
export function leakyRelu<T extends Tensor>(x: T, slope: number): T {
  requireRange('slope', slope, 0, 1)
  return lazyGradient(
    { x },
    (save) => {
      const y = slope === 0 ? relu(x) : tfLeakyRelu(x, slope)
      save([y])
      return y
    },
    (dy, [y]) => ({
      x: () =>
        runOwnKernel('leakyReluGrad', { dy, y: y! }, { slope }, () => [
          tidy(() => where(greater(y!, 0), dy, mul(dy, slope))),
        ])[0]!,
    }),
  ) as T
}
