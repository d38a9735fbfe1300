import { add, div, mul, sqrt, square, sub, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../../errors.js'
import { runOwnKernel } from './ownKernel.js'
import { requireFloat32 } from './requireFloat32.js'

/** The tensors of one update of {@link adamUpdate}, all of one shape. */
export interface AdamTensors {
  /** The weight. */
  readonly weight: Tensor
  /** The mean of its gradients. */
  readonly m: Tensor
  /** The mean of their squares. */
  readonly v: Tensor
  /** Its gradient. */
  readonly gradient: Tensor
}

/** The numbers of one update of {@link adamUpdate}. */
export interface AdamNumbers {
  /** Decay of m. */
  readonly beta1: number
  /** Decay of v. */
  readonly beta2: number
  /** `rate / (1 - beta1^t)`. */
  readonly scale: number
  /** `1 / sqrt(1 - beta2^t)`. */
  readonly root: number
  /** Added to the root of v. */
  readonly epsilon: number
}

/**
 * One update of Adam (Kingma and Ba 2015): `m' = b1 m + (1-b1) g`, `v' = b2 v + (1-b2) g^2`,
 * `weight' = weight - scale m' / (root sqrt(v') + epsilon)`. One pass on the wasm backend.
 *
 * @returns weight', m' and v'; the caller disposes them. The arguments are borrowed and stay as they were.
 * @throws ArgumentError where the shapes differ, and for other types than float32.
 */
export function adamUpdate(tensors: AdamTensors, numbers: AdamNumbers): [weight: Tensor, m: Tensor, v: Tensor] {
  const { weight, m, v, gradient } = tensors
  const { beta1, beta2, scale, root, epsilon } = numbers
  const inputs = { weight, m, v, gradient }
  requireFloat32(inputs)
  for (const [name, { shape }] of Object.entries(inputs)) {
    if (shape.join() !== weight.shape.join())
      throw new ArgumentError(name, `have the shape [${weight.shape}] of weight`, shape)
  }
  return runOwnKernel('adam', inputs, numbers, () =>
    tidy(() => {
      const newM = add(mul(m, beta1), mul(gradient, 1 - beta1))
      const newV = add(mul(v, beta2), mul(square(gradient), 1 - beta2))
      return [sub(weight, div(mul(newM, scale), add(mul(sqrt(newV), root), epsilon))), newM, newV]
    }),
  ) as [Tensor, Tensor, Tensor]
}
