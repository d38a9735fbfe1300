import { dispose, grad, randomUniform, tidy, type Tensor, type Rank, type Tensor4D } from '@tensorflow/tfjs-core'
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers'
import { loadVGGFeatures } from '../../src/esrgan/index.js'
import { createPerceptualLoss } from '../../src/losses/index.js'
import type { VGGSpec } from '../rows.js'
import type { Work } from './work.js'

const stages: readonly (readonly [number, number])[] = [
  [64, 2],
  [128, 2],
  [256, 4],
  [512, 4],
  [512, 4],
]

/** The perceptual loss's gradient through VGG19 up to conv5_4; its weights are random, as their values take no time. */
export async function vggWork({ size, batch }: VGGSpec): Promise<Work> {
  const model = sequential({ name: 'vgg19' })
  for (const [i, [filters, count]] of stages.entries()) {
    for (let j = 0; j < count; j++) {
      model.add(
        layers.conv2d({
          name: `block${i + 1}_conv${j + 1}`,
          filters,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          // tfjs takes the seed 0 for none.
          kernelInitializer: initializers.heNormal({ seed: 10 * i + j + 1 }),
          ...(i + j === 0 ? { inputShape: [null, null, 3] } : {}),
        }),
      )
    }
    if (i < stages.length - 1) model.add(layers.maxPooling2d({ name: `block${i + 1}_pool`, poolSize: 2, strides: 2 }))
  }
  const features = await loadVGGFeatures(model, { input: 'torchvision' })
  const loss = createPerceptualLoss(features)
  // L1's gradient jumps where two features are nearly equal, on rounding alone: results are compared by L2's.
  const smoothLoss = createPerceptualLoss(features, { criterion: 'l2' })
  const sr = randomUniform<Rank.R4>([batch, size, size, 3], 0, 1, 'float32', 1)
  const hr = randomUniform<Rank.R4>([batch, size, size, 3], 0, 1, 'float32', 2)
  const gradientOf = (criterion: typeof loss): Tensor =>
    tidy(() => grad((images: Tensor) => criterion(images as Tensor4D, hr))(sr))
  const weights = model.weights.map((weight): [string, Tensor] => [
    weight.originalName.replace('/kernel', '.weight').replace('/bias', '.bias'),
    weight.read(),
  ])
  return {
    parameters: features.parameterCount,
    given: new Map<string, Tensor>([['sr', sr], ['hr', hr], ...weights]),
    result: async () => gradientOf(smoothLoss),
    run: async () => gradientOf(loss),
    dispose() {
      dispose([sr, hr])
      features.dispose()
      model.dispose()
    },
  }
}
