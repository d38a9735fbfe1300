import { add, mean, mul, sub, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'
import { binaryCrossEntropyWithLogits } from './crossEntropy.js'
import { stopGradient } from './stopGradient.js'

/** Options of both relativistic losses. */
export interface RelativisticOptions {
  /** `'half'` (default) is BasicSR's mean of the two terms, `'sum'` the paper's sum: twice that. */
  reduction?: 'half' | 'sum'
}

/** Options of the discriminator's relativistic loss. */
export interface RelativisticDiscriminatorOptions extends RelativisticOptions {
  /** Whether the two means are constants for the gradient: true (default) as in BasicSR, false as in the first ESRGAN code. */
  detachMeans?: boolean
}

/** The two sides of the relativistic average loss, each from logits to a scalar that the caller disposes. */
export interface RelativisticLoss {
  /**
   * `1/2 (BCE(real - mean(fake), 0) + BCE(fake - mean(real), 1))`. No gradient flows into `real`; that of the first
   * term flows through mean(fake).
   *
   * @param real the discriminator's logits of real images, `[batch, 1]` or any shape; borrowed.
   * @param fake its logits of generated images; borrowed.
   * @throws ArgumentError where either is empty or the reduction is unknown.
   */
  generator(real: Tensor, fake: Tensor, options?: RelativisticOptions): Scalar
  /**
   * `1/2 (BCE(real - mean(fake), 1) + BCE(fake - mean(real), 0))`. The caller computes `fake` from images that are cut
   * off from the generator.
   *
   * @param real the discriminator's logits of real images, `[batch, 1]` or any shape; borrowed.
   * @param fake its logits of generated images; borrowed.
   * @throws ArgumentError where either is empty or the reduction is unknown.
   */
  discriminator(real: Tensor, fake: Tensor, options?: RelativisticDiscriminatorOptions): Scalar
}

function average(
  real: Tensor,
  fake: Tensor,
  realLabel: 0 | 1,
  reduction: 'half' | 'sum',
  meanOf: (logits: Tensor) => Tensor,
): Scalar {
  if (reduction !== 'half' && reduction !== 'sum')
    throw new ArgumentError('options.reduction', 'be "half" or "sum"', reduction)
  for (const [name, logits] of Object.entries({ real, fake })) {
    if (logits.size === 0) throw new ArgumentError(name, 'hold at least one logit', `shape [${logits.shape}]`)
  }
  const fakeLabel = realLabel === 1 ? 0 : 1
  const ofReal = binaryCrossEntropyWithLogits(sub(real, meanOf(fake)), realLabel)
  const ofFake = binaryCrossEntropyWithLogits(sub(fake, meanOf(real)), fakeLabel)
  return mul(add(ofReal, ofFake), reduction === 'half' ? 0.5 : 1)
}

/**
 * Relativistic average GAN loss: is a real image more real than the average fake, and a fake less real than the average
 * real? Equal logits give ln 2 = 0.693147 for both sides.
 *
 * Source: Jolicoeur-Martineau 2018, "The relativistic discriminator"; ESRGAN (Wang et al. 2018), equations 1 and 2.
 */
export const relativisticLoss: RelativisticLoss = {
  generator: (real, fake, { reduction = 'half' } = {}) =>
    tidy(() => average(stopGradient(real), fake, 0, reduction, (logits) => mean(logits))),
  discriminator: (real, fake, { reduction = 'half', detachMeans = true } = {}) =>
    tidy(() =>
      average(real, fake, 1, reduction, (logits) => (detachMeans ? stopGradient(mean(logits)) : mean(logits))),
    ),
}
