import { engine, greater, leakyRelu as tfLeakyRelu, mul, relu, tidy, where, type Tensor } from '@tensorflow/tfjs-core'
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
    (dy, [y]) => ({ x: () => gradient(dy, y!, slope) }),
  ) as T
}

/** The gradient of LeakyReLU from its result. */
function gradient(dy: Tensor, y: Tensor, slope: number): Tensor {
  const portable = (): Tensor[] => [tidy(() => where(greater(y, 0), dy, mul(dy, slope)))]
  return runOwnKernel('leakyReluGrad', { dy, y }, { slope }, portable)[0]!
}

/**
 * Says of a tensor that it went through a LeakyReLU already, in the kernel that made it: the same values, by whose
 * signs the gradient is multiplied on its way back to what made them.
 *
 * @param y borrowed.
 * @returns the same values, in the same memory; the caller disposes it. First-order gradients only.
 */
export function afterLeakyRelu<T extends Tensor>(y: T, slope: number): T {
  return lazyGradient(
    { y },
    (save) => {
      const same = identity(y)
      save([same])
      return same
    },
    (dy, [same]) => ({ y: () => gradient(dy, same!, slope) }),
  ) as T
}

const identity = (x: Tensor): Tensor => engine().runKernel('Identity', { x }) as Tensor
