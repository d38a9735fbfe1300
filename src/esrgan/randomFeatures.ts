import { conv2d, keep, sub, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { leakyRelu, maxPool2x2 } from '../backend/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import type { FeatureConvolution, FeatureExtractor } from '../losses/index.js'
import { scaledKaimingNormal } from './initialise.js'

/** Settings of {@link randomFeatures}. */
export interface RandomFeaturesOptions {
  /** Seed of the weights; default 0. */
  readonly seed?: number
  /** Image channels; default 3. */
  readonly channels?: number
  /** Output channels of each stage of two 3x3 convolutions; a 2x2 max-pool stands between stages. Default [16, 32, 64]. */
  readonly widths?: readonly number[]
}

/**
 * A small frozen convolutional network with random weights: the stand-in for {@link loadVGGFeatures} where no
 * pretrained weights are at hand. Random features keep the perceptual loss's form (distances of local structure at
 * several scales) but know nothing of what pictures show: results with it are not those of ESRGAN, and its name says
 * so in every report.
 *
 * Kaiming normal weights without bias, ReLU after every convolution but the last, images minus 0.5: features have
 * about unit variance. A function of the seed. The caller disposes it.
 * @throws ArgumentError for an option out of range
 */
export function randomFeatures({
  seed = 0,
  channels = 3,
  widths = [16, 32, 64],
}: RandomFeaturesOptions = {}): FeatureExtractor {
  requireInteger('options.channels', channels, 1)
  if (widths.length === 0) throw new ArgumentError('options.widths', 'have at least one stage', widths)
  for (const width of widths) requireInteger('options.widths', width, 1)
  const values = scaledKaimingNormal(seed, 'random-features', 1)
  const kernels: Tensor4D[] = []
  const convolutions: FeatureConvolution[] = []
  let inputs = channels
  for (const [stage, outputs] of widths.entries()) {
    for (const half of [0, 1]) {
      const shape: [number, number, number, number] = [3, 3, inputs, outputs]
      kernels.push(keep(tensor4d(values(`${stage}/${half}`, shape, 9 * inputs), shape)))
      convolutions.push({ inputs, outputs, halvings: stage })
      inputs = outputs
    }
  }
  return {
    name: 'random',
    description: `random weights, seed ${seed}, widths ${widths.join(', ')} (no pretrained network)`,
    convolutions,
    apply: (images) =>
      tidy(() => {
        let x: Tensor4D = sub(images, 0.5)
        kernels.forEach((kernel, i) => {
          if (i > 0 && i % 2 === 0) x = maxPool2x2(x)
          x = conv2d(x, kernel, 1, 'same')
          if (i < kernels.length - 1) x = leakyRelu(x, 0)
        })
        return x
      }),
    dispose() {
      for (const kernel of kernels) if (!kernel.isDisposed) kernel.dispose()
    },
  }
}
