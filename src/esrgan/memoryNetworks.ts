import type { FeatureConvolution } from '../losses/index.js'
import { foldingOf, generatorConvolutions, type GeneratorConfig } from './generator.js'
import { discriminatorLayers, discriminatorHidden, type DiscriminatorConfig } from './discriminator.js'
import { denseBlocks, denseConvolutions } from './rrdb.js'
import {
  activationMemory,
  batchNormMemory,
  checkpointMemory,
  convolutionMemory,
  maxPoolMemory,
  denseBlockMemory,
  scaledSumMemory,
  sumMemory,
  upsampleMemory,
  type LayerMemory,
} from '../training/memoryLayers.js'

/** A 3x3 convolution on `pixels` places, with bias. */
const convolution = (pixels: number, inputs: number, outputs: number): LayerMemory =>
  convolutionMemory({ inputs: pixels * inputs, parameters: 9 * inputs * outputs + outputs })

/** One RRDB on `pixels` places. */
function rrdbMemory(pixels: number, features: number, growth: number): LayerMemory[] {
  const outputs = Array.from({ length: denseConvolutions }, (_, j) => (j === denseConvolutions - 1 ? features : growth))
  const blocks = Array.from({ length: denseBlocks }, () => denseBlockMemory({ pixels, features, outputs }))
  return [...blocks, scaledSumMemory(pixels * features)]
}

/** The generator on `images` pictures with `pixels` high-resolution pixels each. */
export function generatorMemory(config: GeneratorConfig, images: number, pixels: number): LayerMemory[] {
  const { blocks, features, growth, scale, channels, bicubicSkip, checkpoint } = config
  const large = images * pixels
  const small = large / (scale * foldingOf(scale)) ** 2
  const size = small * features
  const block = rrdbMemory(small, features, growth)
  const trunk = Array.from({ length: blocks }, () => (checkpoint ? [checkpointMemory(block, size)] : block)).flat()
  return [
    // The pictures themselves want no gradient.
    { ...convolution(small, generatorConvolutions(config)[0]!.inputs, features), saved: size, gradients: 0 },
    ...trunk,
    convolution(small, features, features),
    sumMemory(size),
    ...[4, 16].flatMap((times) => [
      upsampleMemory((size * times) / 4),
      convolution(small * times, features, features),
      activationMemory(size * times),
    ]),
    convolution(large, features, features),
    activationMemory(large * features),
    convolution(large, features, channels),
    ...(bicubicSkip ? [sumMemory(2 * large * channels)] : []),
  ]
}

/** The discriminator in training mode on `images` pictures. */
export function discriminatorMemory(config: DiscriminatorConfig, images: number): LayerMemory[] {
  const layers: LayerMemory[] = []
  let pixels = images * config.patchSize ** 2
  let flat = 0
  for (const { norm, size, inputs, outputs } of discriminatorLayers(config)) {
    const from = pixels * inputs
    if (size === 4) pixels /= 4
    const out = pixels * outputs
    const parameters = size ** 2 * inputs * outputs + (norm === undefined ? outputs : 2 * outputs)
    layers.push(convolutionMemory({ inputs: from, parameters }))
    if (norm !== undefined) layers.push(batchNormMemory(out))
    layers.push(activationMemory(out))
    flat = out
  }
  const parameters = (flat / images) * discriminatorHidden + 2 * discriminatorHidden + 1
  return [...layers, convolutionMemory({ inputs: flat, parameters })]
}

/** A feature network on `images` pictures with `pixels` pixels each: ReLU after every convolution but the last. */
export function featureMemory(
  convolutions: readonly FeatureConvolution[],
  images: number,
  pixels: number,
): LayerMemory[] {
  return convolutions.flatMap(({ inputs, outputs, halvings }, i) => {
    const places = (images * pixels) / 4 ** halvings
    const isPooled = halvings > (convolutions[i - 1]?.halvings ?? 0)
    return [
      ...(isPooled ? [maxPoolMemory(4 * places * inputs)] : []),
      convolution(places, inputs, outputs),
      ...(i === convolutions.length - 1 ? [] : [activationMemory(places * outputs)]),
    ]
  })
}

/** Convolutions of stages with the given widths, as many a stage as `counts` says. */
function stages(widths: readonly number[], counts: readonly number[]): FeatureConvolution[] {
  const layers: FeatureConvolution[] = []
  let inputs = 3
  widths.forEach((outputs, halvings) => {
    for (let k = 0; k < counts[halvings]!; k++) {
      layers.push({ inputs, outputs, halvings })
      inputs = outputs
    }
  })
  return layers
}

/** The feature networks that are known by name: VGG19 up to conv5_4, and `randomFeatures` with its default widths. */
export const knownFeatures: Readonly<Record<'vgg19' | 'random', readonly FeatureConvolution[]>> = {
  vgg19: stages([64, 128, 256, 512, 512], [2, 2, 4, 4, 4]),
  random: stages([16, 32, 64], [2, 2, 2]),
}
