import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { createPerceptualLoss, l1Loss, relativisticLoss } from '../losses/index.js'
import type {
  FeatureExtractor,
  LossTerm,
  PerceptualLossOptions,
  RelativisticDiscriminatorOptions,
} from '../losses/index.js'

/** What a loss term of the generator sees. Borrowed: terms dispose none of it. */
export interface GeneratorContext {
  /** The generator's output for `lr`, `[batch, height, width, channels]`, not clamped. Gradients flow through it. */
  readonly sr: Tensor4D
  /** The true high-resolution images, of the same shape, in [0, 1]. */
  readonly hr: Tensor4D
  /** The low-resolution images that went in. */
  readonly lr: Tensor4D
  /** The stage of training. */
  readonly stage: 'psnr' | 'gan'
  /** GAN stage: the discriminator's logits of `hr`, a constant. */
  readonly realLogits?: Tensor
  /** GAN stage: its logits of `sr`. Gradients flow through them into the generator. */
  readonly fakeLogits?: Tensor
  /** The feature extractor, where the trainer has one. */
  readonly features?: FeatureExtractor
}

/** What a loss term of the discriminator sees. Borrowed: terms dispose none of it. */
export interface DiscriminatorContext {
  /** The generator's output before this step's update, a constant. */
  readonly sr: Tensor4D
  /** The true high-resolution images. */
  readonly hr: Tensor4D
  /** The discriminator's logits of `hr`. Gradients flow through them. */
  readonly realLogits: Tensor
  /** Its logits of `sr`. Gradients flow through them. */
  readonly fakeLogits: Tensor
}

/** The PSNR stage's only term: the mean absolute difference of the images, `l1`, weight 1. */
export function psnrLossTerms(): LossTerm<GeneratorContext>[] {
  return [{ name: 'l1', weight: 1, fn: ({ sr, hr }) => l1Loss(sr, hr) }]
}

/** Settings of {@link ganLossTerms}. */
export interface GANLossOptions {
  /** The perceptual loss's criterion and reduction; defaults ESRGAN's. */
  readonly perceptual?: PerceptualLossOptions
  /** Reduction of the relativistic losses, and whether the discriminator's means are constants; defaults BasicSR's. */
  readonly relativistic?: RelativisticDiscriminatorOptions
}

/**
 * The generator's terms of the GAN stage: `perceptual` (weight 1, only with a feature extractor), `relativistic` (5e-3)
 * and `l1` (1e-2). Source: ESRGAN (Wang et al. 2018), equation 3.
 */
export function ganLossTerms(
  features: FeatureExtractor | undefined,
  { perceptual = {}, relativistic: { reduction = 'half' } = {} }: GANLossOptions = {},
): LossTerm<GeneratorContext>[] {
  const terms: LossTerm<GeneratorContext>[] = []
  if (features !== undefined) {
    const loss = createPerceptualLoss(features, perceptual)
    terms.push({ name: 'perceptual', weight: 1, fn: ({ sr, hr }) => loss(sr, hr) })
  }
  terms.push({
    name: 'relativistic',
    weight: 5e-3,
    fn: ({ realLogits, fakeLogits }) => relativisticLoss.generator(realLogits!, fakeLogits!, { reduction }),
  })
  terms.push({ name: 'l1', weight: 1e-2, fn: ({ sr, hr }) => l1Loss(sr, hr) })
  return terms
}

/** The discriminator's only term: `relativistic`, weight 1. */
export function discriminatorLossTerms({ relativistic = {} }: GANLossOptions = {}): LossTerm<DiscriminatorContext>[] {
  return [
    {
      name: 'relativistic',
      weight: 1,
      fn: ({ realLogits, fakeLogits }) => relativisticLoss.discriminator(realLogits, fakeLogits, relativistic),
    },
  ]
}
