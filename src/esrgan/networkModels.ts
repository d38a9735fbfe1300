import type { io } from '@tensorflow/tfjs-core'
import { WeightsError } from '../errors.js'
import { discriminatorHidden, discriminatorLayers, type Discriminator } from './discriminator.js'
import { batchNormEpsilon } from './batchNorm.js'
import { blockNames, foldingOf, type Generator } from './generator.js'
import { generatorKey, generatorMetadata, unshuffleKernel, unshuffleLayer } from './generatorWeights.js'
import { createModelBuilder, modelArtifacts, type LayersModelOptions, type ModelBuilder } from './layersModel.js'
import { denseBlocks, denseConvolutions } from './rrdb.js'
import { requireHalf, storedDiscriminator, storedGenerator } from './storage.js'
import type { StoredDiscriminator, StoredGenerator, StoredNetwork, StoredVGG } from './storedNetwork.js'
import { vggKey } from './vggWeights.js'

/** `scale * y + x`. */
function addResidual(model: ModelBuilder, name: string, y: string, x: string, scale: number): string {
  const scaled = model.add('Rescaling', `${name}.scale`, [y], { scale, offset: 0 })
  return model.add('Add', `${name}.add`, [scaled, x])
}

/** An RRDB of the trunk. */
function addBlock(model: ModelBuilder, block: number, input: string, { config }: StoredGenerator): string {
  const { features, growth, residualScale } = config
  const names = blockNames(block)
  let x = input
  for (let k = 0; k < denseBlocks; k++) {
    const dense = `body.${block}.rdb${k + 1}`
    const seen = [x]
    for (let j = 0; j < denseConvolutions; j++) {
      const name = names[k * denseConvolutions + j]!
      const isLast = j === denseConvolutions - 1
      const all = seen.length === 1 ? x : model.add('Concatenate', `${dense}.concat${j}`, seen, { axis: -1 })
      const y = model.convolution(name, all, { filters: isLast ? features : growth })
      seen.push(isLast ? y : model.leakyRelu(`${dense}.lrelu${j + 1}`, y))
    }
    x = addResidual(model, dense, seen.at(-1)!, x, residualScale)
  }
  return addResidual(model, `body.${block}`, x, input, residualScale)
}

function generatorModel(network: StoredGenerator, options: LayersModelOptions): io.ModelArtifacts {
  const { blocks, features, channels, bicubicSkip } = network.config
  if (bicubicSkip) {
    throw new WeightsError(
      'generator',
      'has a bicubic skip connection, which no standard layer of tfjs computes: it cannot become a layers model',
    )
  }
  const model = createModelBuilder()
  const factor = foldingOf(network.config.scale)
  const weights = new Map(network.weights)
  const convolution = (name: string, input: string, filters = features): string =>
    model.convolution(name, input, { filters })
  let x = model.input([null, null, channels])
  if (factor > 1) {
    const filters = channels * factor ** 2
    x = model.convolution(unshuffleLayer, x, {
      filters,
      size: factor,
      stride: factor,
      padding: 'valid',
      bias: false,
      trainable: false,
    })
    weights.set(`${unshuffleLayer}.weight`, unshuffleKernel(factor, channels))
  }
  const first = convolution('conv_first', x)
  x = first
  for (let block = 0; block < blocks; block++) x = addBlock(model, block, x, network)
  x = model.add('Add', 'conv_body.add', [convolution('conv_body', x), first])
  for (const name of ['conv_up1', 'conv_up2']) {
    const nearest = { size: [2, 2], data_format: 'channels_last', interpolation: 'nearest' }
    x = model.add('UpSampling2D', `${name}.nearest`, [x], nearest)
    x = model.leakyRelu(`${name}.lrelu`, convolution(name, x))
  }
  x = model.leakyRelu('conv_hr.lrelu', convolution('conv_hr', x))
  convolution('conv_last', x, channels)
  return modelArtifacts('rrdbnet', model, weights, { [generatorKey]: generatorMetadata(network.config) }, options)
}

function discriminatorModel({ config, weights }: StoredDiscriminator, options: LayersModelOptions): io.ModelArtifacts {
  const { patchSize, channels } = config
  const model = createModelBuilder()
  let x = model.input([patchSize, patchSize, channels])
  for (const { name, norm, size, outputs } of discriminatorLayers(config)) {
    const bias = norm === undefined
    x = model.convolution(name, x, { filters: outputs, size, stride: size === 4 ? 2 : 1, bias })
    if (norm !== undefined) {
      const settings = { axis: -1, momentum: 0.9, epsilon: batchNormEpsilon, center: true, scale: true }
      x = model.add('BatchNormalization', norm, [x], settings)
    }
    x = model.leakyRelu(`${name}.lrelu`, x)
  }
  const dense = (name: string, input: string, units: number): string =>
    model.add('Dense', name, [input], { units, activation: 'linear', use_bias: true })
  x = model.add('Flatten', 'flatten', [x])
  x = model.leakyRelu('linear1.lrelu', dense('linear1', x, discriminatorHidden))
  dense('linear2', x, 1)
  return modelArtifacts('vgg_style_discriminator', model, weights, {}, options)
}

function vggModel({ config, weights }: StoredVGG, options: LayersModelOptions): io.ModelArtifacts {
  const model = createModelBuilder()
  let x = model.input([null, null, 3])
  let block = '1'
  for (const name of config.layers) {
    const own = /^block(\d+)/.exec(name)![1]!
    if (own !== block) {
      const settings = { pool_size: [2, 2], strides: [2, 2], padding: 'valid', data_format: 'channels_last' }
      x = model.add('MaxPooling2D', `block${block}_pool`, [x], settings)
      block = own
    }
    const filters = weights.get(`${name}.bias`)!.data.length
    x = model.convolution(name, x, { filters, activation: 'relu' })
  }
  return modelArtifacts('vgg', model, weights, { [vggKey]: JSON.stringify({ input: config.input }) }, options)
}

/**
 * A network as a tfjs layers model of standard layers only, so that plain `tf.loadLayersModel` runs it, and with it
 * everything made for such models (UpscalerJS), without this package. Layers have BasicSR's names (Keras' for VGG). The
 * result is what tfjs's IO handlers take: `tf.io.fromMemory(artifacts)`, or in Node `fileModel(path).save(artifacts)`.
 *
 * A generator's model takes `[batch, height, width, channels]` in [0, 1] and gives what `Generator.apply` gives; for
 * scales 2 and 1 sides that are no multiples of `4 / scale` lose what is over. Its pixel unshuffle is a fixed convolution.
 *
 * @throws WeightsError for a generator with a bicubic skip, which standard layers cannot compute, and for a value that
 *   F16 would turn into Infinity
 */
export function networkToLayersModel(network: StoredNetwork, options: LayersModelOptions = {}): io.ModelArtifacts {
  if (options.dtype === 'F16') requireHalf(network)
  if (network.kind === 'generator') return generatorModel(network, options)
  return network.kind === 'discriminator' ? discriminatorModel(network, options) : vggModel(network, options)
}

/** {@link networkToLayersModel} of a live generator. */
export async function generatorToLayersModel(
  generator: Generator,
  options: LayersModelOptions = {},
): Promise<io.ModelArtifacts> {
  return networkToLayersModel(await storedGenerator(generator), options)
}

/** {@link networkToLayersModel} of a live discriminator: images of its patch size in, logits out. */
export async function discriminatorToLayersModel(
  discriminator: Discriminator,
  options: LayersModelOptions = {},
): Promise<io.ModelArtifacts> {
  return networkToLayersModel(await storedDiscriminator(discriminator), options)
}
