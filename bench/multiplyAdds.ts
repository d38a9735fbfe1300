import type { GeneratorSpec, Spec } from './rows.js'

/** A square convolution: output side, kernel side, channels. */
interface Layer {
  readonly side: number
  readonly kernel: number
  readonly inputs: number
  readonly outputs: number
}

/** Multiply-adds of a convolution for one image; taps that fall on the zero padding count, as they do in every paper. */
const ofLayer = ({ side, kernel, inputs, outputs }: Layer): number => side ** 2 * kernel ** 2 * inputs * outputs

const ofLayers = (layers: readonly Layer[]): number => layers.reduce((sum, layer) => sum + ofLayer(layer), 0)

/** The convolutions of the RRDB generator x4. */
function generatorLayers({ blocks, features, growth, size }: GeneratorSpec): Layer[] {
  const layer = (side: number, inputs: number, outputs: number): Layer => ({ side, kernel: 3, inputs, outputs })
  const dense = Array.from({ length: 3 * blocks }, () => [
    ...Array.from({ length: 4 }, (_, j) => layer(size, features + j * growth, growth)),
    layer(size, features + 4 * growth, features),
  ])
  return [
    layer(size, 3, features),
    ...dense.flat(),
    layer(size, features, features),
    layer(2 * size, features, features),
    layer(4 * size, features, features),
    layer(4 * size, features, features),
    layer(4 * size, features, 3),
  ]
}

/** The convolutions of the discriminator: down to 4x4 by a 3x3 and a strided 4x4 convolution in each stage. */
function discriminatorLayers(size: number, features: number): Layer[] {
  const layers: Layer[] = []
  let inputs = 3
  for (let i = 0; size >> i > 4; i++) {
    const outputs = features * Math.min(2 ** i, 8)
    layers.push({ side: size >> i, kernel: 3, inputs, outputs })
    layers.push({ side: size >> (i + 1), kernel: 4, inputs: outputs, outputs })
    inputs = outputs
  }
  return layers
}

/** The 16 convolutions of VGG19 up to conv5_4. */
function vggLayers(size: number): Layer[] {
  const stages: readonly (readonly [number, number])[] = [
    [64, 2],
    [128, 2],
    [256, 4],
    [512, 4],
    [512, 4],
  ]
  const layers: Layer[] = []
  let inputs = 3
  for (const [i, [outputs, count]] of stages.entries()) {
    for (let j = 0; j < count; j++) {
      layers.push({ side: size >> i, kernel: 3, inputs, outputs })
      inputs = outputs
    }
  }
  return layers
}

/** A training step of a network whose input needs no gradient: three times forward, without the first layer's input gradient. */
const training = (layers: readonly Layer[]): number => 3 * ofLayers(layers) - ofLayer(layers[0]!)

/** The multiply-adds of all convolutions of one repetition. Dense layers and elementwise work are not counted. */
export function multiplyAdds(spec: Spec): number {
  switch (spec.kind) {
    case 'conv-forward':
    case 'conv-input-gradient':
    case 'conv-filter-gradient':
      return spec.batch * ofLayer({ side: spec.size, kernel: 3, inputs: spec.inputs, outputs: spec.outputs })
    case 'rrdb-forward':
      return spec.batch * ofLayers(generatorLayers(spec))
    case 'rrdb-train':
      return spec.batch * training(generatorLayers(spec))
    case 'discriminator-step':
      return 2 * spec.batch * training(discriminatorLayers(spec.size, spec.features))
    case 'siamese-step': {
      const channels = [3, ...spec.widths]
      const layers = spec.widths.map((outputs, i) => ({
        side: spec.size >> (i + 1),
        kernel: 3,
        inputs: channels[i]!,
        outputs,
      }))
      return 2 * spec.pairs * training(layers)
    }
    case 'vgg-gradient':
      // Generated images forward and back to the images, true images forward.
      return 3 * spec.batch * ofLayers(vggLayers(spec.size))
  }
}
