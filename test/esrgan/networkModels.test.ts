import * as tf from '@tensorflow/tfjs-core'
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createDiscriminator,
  createRRDBGenerator,
  discriminatorToLayersModel,
  generatorToLayersModel,
  loadDiscriminator,
  loadGenerator,
  loadVGGFeatures,
  networkToLayersModel,
  readNetwork,
  type StoredVGG,
} from '../../src/esrgan/index.js'
import { forceAlgorithm } from '../../src/backend/wasm/native/choice.js'
import { imageToTensor } from '../../src/image.js'
import { fileModel, readImage, readWeightsFile } from '../../src/node/index.js'
import { getWeights } from '../../src/training/index.js'
import { readTfjsWeights, type NamedTensor, type NamedTensors, type WeightsFile } from '../../src/weights/index.js'
import { useBackend } from '../helpers/backend.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import { fillByFormula, formulaImages } from './reference.js'

const tiny = { blocks: 2, features: 4, growth: 2, seed: 5 } as const

const open = (artifacts: tf.io.ModelArtifacts): Promise<LayersModel> => loadLayersModel(tf.io.fromMemory(artifacts))

/** The weights of a model as they stand in its files. */
function weightsOf({ weightSpecs, weightData, ...model }: tf.io.ModelArtifacts): WeightsFile {
  const weightsManifest = [{ paths: ['a.bin'], weights: weightSpecs }]
  return readTfjsWeights({ ...model, weightsManifest }, new Map([['a.bin', new Uint8Array(weightData as ArrayBuffer)]]))
}

/** Whether the values are the same bit for bit, as `toEqual` says it of small arrays only in reasonable time. */
const isSame = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  Buffer.from(Float32Array.from(a).buffer).equals(Buffer.from(Float32Array.from(b).buffer))

function expectSameWeights(actual: NamedTensors, expected: NamedTensors): void {
  expect([...actual.keys()]).toEqual([...expected.keys()])
  for (const [name, { shape, data }] of expected) {
    expect(actual.get(name)!.shape, name).toEqual(shape)
    expect(isSame(actual.get(name)!.data, data), name).toBe(true)
  }
}

const standard = ['Add', 'Concatenate', 'Conv2D', 'InputLayer', 'LeakyReLU', 'Rescaling', 'UpSampling2D']

describe.each(['wasm', 'cpu'] as const)('generatorToLayersModel on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend, 'exact')
    // As the generator's blocks compute, so that both sides round alike.
    forceAlgorithm('winograd2')
  })
  afterAll(() => forceAlgorithm(undefined))

  it.each([
    [4, 3, 0.2],
    [2, 3, 0.1],
    [1, 1, 0.2],
  ] as const)(
    'x%s with %s channels: tf.loadLayersModel gives the output of the generator',
    async (scale, channels, residualScale) => {
      await expectNoLeak(async () => {
        using generator = createRRDBGenerator({ ...tiny, scale, channels, residualScale })
        fillByFormula(generator, 0.3)
        const model = await open(await generatorToLayersModel(generator))
        expect([...new Set(model.layers.map((layer) => layer.getClassName()))].toSorted()).toEqual(standard)
        const images = tf.tidy(() => tf.slice(formulaImages([2, 8, 12, 3]), [0, 0, 0, 0], [-1, -1, -1, channels]))
        const [expected, actual] = [generator.apply(images), model.predict(images) as tf.Tensor]
        expect(actual.shape).toEqual(expected.shape)
        expectClose(await actual.data(), await expected.data(), 1e-6)
        model.dispose()
        return [images, expected, actual]
      })
    },
  )

  it('discriminatorToLayersModel gives the logits of the discriminator', async () => {
    await expectNoLeak(async () => {
      using discriminator = createDiscriminator({ patchSize: 32, features: 2, seed: 3 })
      const images = formulaImages([3, 32, 32, 3])
      // Statistics that are neither 0 nor 1.
      discriminator.apply(images, { training: true }).dispose()
      const model = await open(await discriminatorToLayersModel(discriminator))
      const [expected, actual] = [discriminator.apply(images), model.predict(images) as tf.Tensor]
      expectClose(await actual.data(), await expected.data(), 1e-6)
      model.dispose()
      return [images, expected, actual]
    })
  })
})

describe('networks as layers models', () => {
  beforeAll(() => useBackend('wasm'))

  it.each([1, 2, 4] as const)('give back the same generator, bit for bit, at scale %s', async (scale) => {
    await expectNoLeak(async () => {
      using generator = createRRDBGenerator({ ...tiny, scale, channels: 2, residualScale: 0.1 })
      using again = loadGenerator(weightsOf(await generatorToLayersModel(generator)))
      expect(again.config).toEqual(generator.config)
      expect(await getWeights(again.variables)).toEqual(await getWeights(generator.variables))
    })
  })

  it('give back the same discriminator, bit for bit', async () => {
    await expectNoLeak(async () => {
      using discriminator = createDiscriminator({ patchSize: 64, features: 2, channels: 1 })
      using again = loadDiscriminator(weightsOf(await discriminatorToLayersModel(discriminator)))
      expect(again.config).toEqual(discriminator.config)
      expect([...again.trainable.keys()]).toEqual([...discriminator.trainable.keys()])
      expect(await getWeights(again.variables)).toEqual(await getWeights(discriminator.variables))
    })
  })

  it('have layers and weights of the names that Keras would give them', async () => {
    using generator = createRRDBGenerator({ ...tiny, scale: 2 })
    const { weightSpecs = [] } = await generatorToLayersModel(generator)
    const names = weightSpecs.map(({ name }) => name)
    expect(names).toContain('conv_first/kernel')
    expect(names).toContain('body.1.rdb3.conv5/bias')
    expect(names.at(-1)).toBe('pixel_unshuffle/kernel')
    using discriminator = createDiscriminator({ patchSize: 32, features: 2 })
    const { weightSpecs: judged = [] } = await discriminatorToLayersModel(discriminator)
    expect(judged.map(({ name }) => name).filter((name) => name.startsWith('bn1_0'))).toEqual(
      ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((part) => `bn1_0/${part}`),
    )
  })

  it('store F16 in half the bytes, which plain tfjs reads, each value rounded to nearest', async () => {
    using generator = createRRDBGenerator(tiny)
    const [whole, half] = [
      await generatorToLayersModel(generator),
      await generatorToLayersModel(generator, { dtype: 'F16' }),
    ]
    expect((half.weightData as ArrayBuffer).byteLength * 2).toBe((whole.weightData as ArrayBuffer).byteLength)
    const model = await open(half)
    using again = loadGenerator(weightsOf(half))
    for (const [name, variable] of again.variables) {
      const [layer, part] = [name.slice(0, name.lastIndexOf('.')), name.endsWith('.weight') ? 0 : 1]
      expect(await variable.data()).toEqual(await model.getLayer(layer).getWeights()[part]!.data())
      expectClose(await variable.data(), await generator.variables.get(name)!.data(), 2 ** -11)
    }
    model.dispose()
  })

  it('are refused for a bicubic skip, and in F16 for values that are too large', async () => {
    using skipping = createRRDBGenerator({ ...tiny, bicubicSkip: true })
    await expectNoLeakWhenThrowing(() => generatorToLayersModel(skipping), 'generator: has a bicubic skip connection')
    using generator = createRRDBGenerator(tiny)
    tf.tidy(() => generator.variables.get('conv_hr.bias')!.assign(tf.tensor([0, 1e5, 0, 0])))
    await expectNoLeakWhenThrowing(
      () => generatorToLayersModel(generator, { dtype: 'F16' }),
      'generator: conv_hr.bias holds 100000, more than F16 can (65504): take F32',
    )
  })

  it('are refused where the pixel unshuffle is another convolution', async () => {
    using generator = createRRDBGenerator({ ...tiny, scale: 2 })
    const artifacts = await generatorToLayersModel(generator)
    new Float32Array(artifacts.weightData as ArrayBuffer)[(artifacts.weightData as ArrayBuffer).byteLength / 4 - 1] =
      0.5
    await expectNoLeakWhenThrowing(
      () => loadGenerator(weightsOf(artifacts), { source: 'model.json' }),
      'model.json: pixel_unshuffle is another convolution than the pixel unshuffle',
    )
  })

  it('VGG: the same features by tf.loadLayersModel, which remember their input', async () => {
    const weights = new Map<string, NamedTensor>()
    const layers = ['block1_conv1', 'block1_conv2', 'block2_conv1']
    let inputs = 3
    for (const [i, name] of layers.entries()) {
      const data = Float32Array.from({ length: 9 * inputs * 4 }, (_, k) => Math.sin(1.7 * k + i))
      weights.set(`${name}.weight`, { shape: [3, 3, inputs, 4], data })
      weights.set(`${name}.bias`, { shape: [4], data: Float32Array.of(0.1, -0.2, 0.3, -0.4) })
      inputs = 4
    }
    const network: StoredVGG = { kind: 'vgg', config: { input: 'torchvision', layers }, weights }
    const artifacts = networkToLayersModel(network)
    expect(readNetwork(weightsOf(artifacts))).toEqual(network)
    await expectNoLeak(async () => {
      const ofModel = await loadVGGFeatures(tf.io.fromMemory(artifacts), { layer: 'block2_conv1' })
      const ofWeights = await loadVGGFeatures(weightsOf(artifacts), { layer: 'block2_conv1' })
      expect(ofModel.description).toContain('torchvision input')
      expect(ofWeights.convolutions).toEqual(ofModel.convolutions)
      expect(ofWeights.parameterCount).toBe(ofModel.parameterCount)
      const images = formulaImages([1, 6, 8, 3])
      const [a, b] = [ofModel.apply(images), ofWeights.apply(images)]
      expect(await a.data()).toEqual(await b.data())
      ofModel.dispose()
      ofWeights.dispose()
      ofWeights.dispose()
      return [images, a, b]
    })
  })
})

describeShared('Real-ESRGAN x4plus as a layers model', () => {
  beforeAll(() => useBackend('wasm'))

  it('gives the outputs of the generator and back its weights, bit for bit', async () => {
    await expectNoLeak(async () => {
      const file = await readWeightsFile(sharedData('rrdb/RealESRGAN_x4plus.fp16.safetensors'))
      const network = readNetwork(file)
      const artifacts = networkToLayersModel(network)
      expectSameWeights(readNetwork(weightsOf(artifacts)).weights, network.weights)
      using generator = loadGenerator(file)
      const model = await open(artifacts)
      const picture = imageToTensor(await readImage(sharedData('reference/input_16x16.png')))
      const images = tf.expandDims<tf.Tensor4D>(picture, 0)
      const [expected, actual] = [generator.apply(images), model.predict(images) as tf.Tensor]
      expectClose(await actual.data(), await expected.data(), 1e-6)
      model.dispose()
      return [picture, images, expected, actual]
    })
  })
})

describeShared('VGG19 (ImageNet, Caffe weights, uint8) as weights', () => {
  beforeAll(() => useBackend('wasm'))

  it('has the weights and features of the layers model, also as safetensors with names of torchvision', async () => {
    await expectNoLeak(async () => {
      const path = sharedData('vgg19/model.json')
      const file = await readWeightsFile(path)
      const network = readNetwork(file)
      expect(network).toMatchObject({ kind: 'vgg', config: { input: 'caffe' } })
      const model = await loadLayersModel(fileModel(path))
      for (const name of ['block1_conv1', 'block5_conv4']) {
        const [kernel, bias] = model.getLayer(name).getWeights()
        expect(isSame(network.weights.get(`${name}.weight`)!.data, await kernel!.data())).toBe(true)
        expect(isSame(network.weights.get(`${name}.bias`)!.data, await bias!.data())).toBe(true)
      }
      // PyTorch's layout and torchvision's names, written here.
      const numbers = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
      const tensors: WeightsFile['tensors'] = new Map()
      for (const [i, name] of (network as StoredVGG).config.layers.entries()) {
        const kernel = tf.tidy(() => tf.transpose(model.getLayer(name).getWeights()[0]!, [3, 2, 0, 1]))
        const bias = model.getLayer(name).getWeights()[1]!
        for (const [part, tensor] of [
          ['weight', kernel],
          ['bias', bias],
        ] as const) {
          const data = new Uint8Array(Float32Array.from(await tensor.data()).buffer)
          tensors.set(`features.${numbers[i]}.${part}`, { dtype: 'F32', shape: tensor.shape, data })
        }
        kernel.dispose()
      }
      const torchvision: WeightsFile = { format: 'safetensors', tensors, metadata: {} }
      const all = await Promise.all([
        loadVGGFeatures(model),
        loadVGGFeatures(file),
        loadVGGFeatures(torchvision, { input: 'caffe' }),
      ])
      const images = formulaImages([1, 32, 48, 3])
      const outputs = all.map((features) => features.apply(images))
      const [a, b, c] = await Promise.all(outputs.map((output) => output.data()))
      expect(b).toEqual(a)
      expect(c).toEqual(a)
      expect(all.map(({ parameterCount }) => parameterCount)).toEqual([20_024_384, 20_024_384, 20_024_384])
      expect(readNetwork(torchvision)).toMatchObject({ config: { input: 'torchvision' } })
      for (const features of all) features.dispose()
      model.dispose()
      return [images, ...outputs]
    })
  })
})
