import { add, clone, mul, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../../errors.js'
import { lazyGradient } from './lazyGradient.js'

/**
 * A scaled residual, `x + scale * y`. Its gradient needs neither, so that nothing is kept, while `tf.add` and `tf.mul` keep
 * both of their operands each.
 *
 * @param x any shape; borrowed.
 * @param y the same shape; borrowed.
 * @returns that shape; the caller disposes it. First-order gradients only.
 * @throws ArgumentError where the shapes differ.
 */
export function addScaled<T extends Tensor>(x: T, y: T, scale: number): T {
  if (x.shape.join() !== y.shape.join()) throw new ArgumentError('y', `have the shape [${x.shape}] of x`, y.shape)
  return lazyGradient(
    { x, y },
    () => tidy(() => add(x, mul(y, scale))),
    (dy) => ({ x: () => clone(dy), y: () => mul(dy, scale) }),
  ) as T
}
