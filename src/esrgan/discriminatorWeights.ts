import { WeightsError } from '../errors.js'
import { weightDifferences } from '../training/index.js'
import type { FlattenedImage, WeightsFile } from '../weights/index.js'
import { layerTensors, requireFloats, toKerasLayout } from '../weights/layerTensors.js'
import { discriminatorHidden, discriminatorLayers, discriminatorConfig, lastSide } from './discriminator.js'
import type { DiscriminatorConfig } from './discriminator.js'
import { beginningOf, type StoredDiscriminator } from './storedNetwork.js'

/** The image that `linear1` reads, flattened. */
export function flattenedImage(config: DiscriminatorConfig): FlattenedImage {
  const channels = discriminatorLayers(config).at(-1)!.outputs
  return { height: lastSide, width: lastSide, channels }
}

/** PyTorch's shape of every variable, by name, in BasicSR's order within a layer. */
function pytorchShapes(config: DiscriminatorConfig): Map<string, { readonly shape: readonly number[] }> {
  const shapes = new Map<string, { readonly shape: readonly number[] }>()
  for (const { name, norm, size, inputs, outputs } of discriminatorLayers(config)) {
    shapes.set(`${name}.weight`, { shape: [outputs, inputs, size, size] })
    if (norm === undefined) shapes.set(`${name}.bias`, { shape: [outputs] })
    else
      for (const part of ['weight', 'bias', 'running_mean', 'running_var']) {
        shapes.set(`${norm}.${part}`, { shape: [outputs] })
      }
  }
  const { height, width, channels } = flattenedImage(config)
  shapes.set('linear1.weight', { shape: [discriminatorHidden, height * width * channels] })
  shapes.set('linear1.bias', { shape: [discriminatorHidden] })
  shapes.set('linear2.weight', { shape: [1, discriminatorHidden] })
  shapes.set('linear2.bias', { shape: [1] })
  return shapes
}

/** Whether these look like the weights of a discriminator of BasicSR's. */
export const looksLikeDiscriminator = (layers: ReadonlyMap<string, unknown>): boolean =>
  layers.has('conv0_0.weight') && layers.has('linear1.weight')

/** Stages of patches of 32 to 65,536 pixels. */
const stageLimits = [3, 14] as const

function inferConfig(
  layers: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  source: string,
): DiscriminatorConfig {
  const shape = layers.get('conv0_0.weight')?.shape
  const [features = 0, channels = 0] = shape ?? []
  if (shape?.length !== 4 || features < 1 || channels < 1) {
    const found = shape === undefined ? 'missing' : `[${shape.join(', ')}]`
    throw new WeightsError(
      source,
      `these are no weights of a discriminator: conv0_0.weight is ${found}; ${beginningOf(layers)}`,
    )
  }
  const stages = [...layers.keys()].filter((name) => /^conv\d+_1\.weight$/.test(name)).length
  const [fewest, most] = stageLimits
  if (stages < fewest || stages > most) {
    throw new WeightsError(
      source,
      `the discriminator has ${stages} stages that halve the image, not ${fewest} to ${most}`,
    )
  }
  return discriminatorConfig({ patchSize: lastSide * 2 ** stages, features, channels })
}

/**
 * A discriminator from the tensors of a file. PyTorch's counters `num_batches_tracked` are left out: running statistics
 * with a fixed share do not need them.
 *
 * @throws WeightsError listing every tensor that is missing, unexpected or differently shaped
 */
export function readDiscriminatorWeights(file: WeightsFile, source: string): StoredDiscriminator {
  const layers = layerTensors(file, source)
  for (const name of layers.keys()) if (name.endsWith('.num_batches_tracked')) layers.delete(name)
  const config = inferConfig(layers, source)
  const expected = pytorchShapes(config)
  const differences = weightDifferences(expected, layers)
  if (differences.length > 0) throw new WeightsError(source, 'the weights do not fit the discriminator', differences)
  requireFloats(layers, expected.keys(), source)
  const flattened = flattenedImage(config)
  const weights = new Map(
    [...expected.keys()].map((name) => [
      name,
      toKerasLayout(layers.get(name)!, name === 'linear1.weight' ? flattened : undefined),
    ]),
  )
  return { kind: 'discriminator', config, weights }
}
