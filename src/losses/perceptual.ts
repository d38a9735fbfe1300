import { tidy, type Scalar, type Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'
import { l1Loss } from './l1.js'
import { l2Loss } from './l2.js'
import { requireSameShape } from './reduction.js'
import { withoutGradient } from './stopGradient.js'

/** One convolution of a feature network. */
export interface FeatureConvolution {
  /** Channels in. */
  readonly inputs: number
  /** Channels out. */
  readonly outputs: number
  /** How many 2x2 max-pools stand before it. */
  readonly halvings: number
}

/** A frozen network that turns images into feature maps; it owns its weights. */
export interface FeatureExtractor {
  /** `'vgg19'`, `'random'`, or the name of a caller's own: reports state it. */
  readonly name: 'vgg19' | 'random' | (string & {})
  /** One line on layer, weights and preprocessing. */
  readonly description: string
  /** Images `[batch, height, width, 3]`, RGB in [0, 1], to features before their activation. Borrows the images. */
  apply(images: Tensor4D): Tensor4D
  /** Its 3x3 convolutions in order, for the estimate of memory; absent where they are not known. */
  readonly convolutions?: readonly FeatureConvolution[]
  /** Frees the weights; may be called twice. */
  dispose(): void
}

/** Options of {@link createPerceptualLoss}. */
export interface PerceptualLossOptions {
  /** `'l1'` (default, ESRGAN's): absolute difference of features; `'l2'`: squared, without a half. */
  criterion?: 'l1' | 'l2'
  /** `'mean'` (default) or `'sum'` over all feature values. The paper's equation (2) is `'l2'` with `'sum'`. */
  reduction?: 'mean' | 'sum'
}

/** A loss between a batch of images and its target, both `[batch, height, width, 3]`, RGB in [0, 1]. */
export type ImageLoss = (prediction: Tensor4D, target: Tensor4D) => Scalar

/**
 * Distance of two batches of images in feature space, `|phi(prediction) - phi(target)|` (or squared). The target is a
 * constant: its features are computed without recording, and no gradient flows into it.
 *
 * Source: ESRGAN (Wang et al. 2018), section 3.3: VGG19 conv5_4 before its activation.
 *
 * @param features the feature extractor phi; borrowed, the caller disposes it after the last use of the loss.
 * @returns the loss: it borrows its images, and its caller disposes the scalar. It throws ArgumentError where shapes differ.
 * @throws ArgumentError where an option is unknown.
 */
export function createPerceptualLoss(
  features: FeatureExtractor,
  { criterion = 'l1', reduction = 'mean' }: PerceptualLossOptions = {},
): ImageLoss {
  if (criterion !== 'l1' && criterion !== 'l2')
    throw new ArgumentError('options.criterion', 'be "l1" or "l2"', criterion)
  if (reduction !== 'mean' && reduction !== 'sum')
    throw new ArgumentError('options.reduction', 'be "mean" or "sum"', reduction)
  const distance = criterion === 'l1' ? l1Loss : l2Loss
  return (prediction, target) => {
    requireSameShape('prediction', prediction, 'target', target)
    return tidy(() =>
      distance(
        features.apply(prediction),
        withoutGradient((images) => features.apply(images), target),
        { reduction },
      ),
    )
  }
}
