import * as tf from '@tensorflow/tfjs-core'
import {
  input,
  layers,
  model as createModel,
  sequential,
  type LayersModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError, WeightsError } from '../../src/errors.js'
import { loadVGGFeatures, randomFeatures } from '../../src/esrgan/index.js'
import { imageToTensor } from '../../src/image.js'
import { createPerceptualLoss } from '../../src/losses/index.js'
import { fileModel, readImage } from '../../src/node/index.js'
import { createRandom } from '../../src/random.js'
import { useBackend } from '../helpers/backend.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { checkGradient, expectClose, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import { formulaImages } from './reference.js'

const conv = (name: string, filters: number, activation: 'relu' | 'tanh' | 'linear' = 'relu'): layers.Layer =>
  layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', activation, biasInitializer: 'randomNormal' })

function smallModel(): LayersModel {
  const network = sequential({ name: 'small' })
  network.add(layers.inputLayer({ inputShape: [null, null, 3] as unknown as number[] }))
  network.add(conv('one', 4))
  network.add(layers.maxPooling2d({ name: 'pool', poolSize: 2 }))
  network.add(conv('two', 5, 'tanh'))
  network.add(layers.batchNormalization({ name: 'norm' }))
  network.add(conv('three', 6))
  network.add(conv('four', 2))
  return network
}

beforeAll(() => useBackend('wasm'))

describe('loadVGGFeatures', () => {
  it('gives the layer before its fused activation, and applies unknown layers as they are', async () => {
    const network = smallModel()
    const features = await loadVGGFeatures(network, { layer: 'three', input: (images) => images })
    const images = formulaImages([2, 6, 8, 3])
    const actual = features.apply(images)
    const [kernel, bias] = network.getLayer('three').getWeights()
    const before = createModel({
      inputs: network.inputs,
      outputs: network.getLayer('norm').output as SymbolicTensor,
    })
    const expected = tf.tidy(() =>
      tf.add(tf.conv2d(before.predict(images) as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same'), bias!),
    )
    expectClose(await actual.data(), await expected.data(), 1e-5)
    expect(Math.min(...(await actual.data()))).toBeLessThan(0)
    expect(features.parameterCount).toBe(3 * 9 * 4 + 4 + 4 * 9 * 5 + 5 + 20 + 5 * 9 * 6 + 6)
    tf.dispose([images, actual, expected])
    features.dispose()
    features.dispose()
    // A borrowed model still works.
    tf.dispose(network.predict(tf.zeros([1, 4, 4, 3])))
    network.dispose()
  })

  it('follows branches', async () => {
    const images = input({ shape: [null, null, 3] as unknown as number[] })
    const left = conv('left', 3).apply(images) as SymbolicTensor
    const right = conv('right', 3).apply(images) as SymbolicTensor
    const sum = layers.add({ name: 'sum' }).apply([left, right]) as SymbolicTensor
    const network = createModel({ inputs: images, outputs: conv('last', 2).apply(sum) as SymbolicTensor })
    const features = await loadVGGFeatures(network, { layer: 'last', input: (x) => x })
    const x = formulaImages([1, 4, 4, 3])
    const actual = features.apply(x)
    const post = network.predict(x) as tf.Tensor
    const relu = tf.relu(actual)
    expectClose(await relu.data(), await post.data(), 1e-5)
    tf.dispose([x, actual, post, relu])
    features.dispose()
    network.dispose()
  })

  it('feeds BGR from 0 to 255 minus the means, or standardised RGB, never raw values', async () => {
    const network = sequential()
    network.add(layers.conv2d({ name: 'pass', filters: 3, kernelSize: 1, inputShape: [1, 1, 3], useBias: false }))
    const identity = tf.tensor4d([1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 1, 3, 3])
    network.setWeights([identity])
    const pixel = tf.tensor4d([0.2, 0.4, 1], [1, 1, 1, 3])
    const seen = async (mode: 'caffe' | 'torchvision'): Promise<ArrayLike<number>> => {
      const features = await loadVGGFeatures(network, { layer: 'pass', input: mode })
      const output = features.apply(pixel)
      const values = await output.data()
      tf.dispose(output)
      features.dispose()
      return values
    }
    expectClose(await seen('caffe'), [255 - 103.939, 102 - 116.779, 51 - 123.68], 1e-5)
    expectClose(await seen('torchvision'), [(0.2 - 0.485) / 0.229, (0.4 - 0.456) / 0.224, (1 - 0.406) / 0.225], 1e-5)
    tf.dispose([identity, pixel])
    network.dispose()
  })

  it('scales the features where asked to, and says so', async () => {
    const network = smallModel()
    const x = formulaImages([1, 4, 4, 3])
    const plain = await loadVGGFeatures(network, { layer: 'three' })
    const scaled = await loadVGGFeatures(network, { layer: 'three', featureScale: 0.25 })
    const [a, b] = [plain.apply(x), scaled.apply(x)]
    expectClose(
      await b.data(),
      (await a.data<'float32'>()).map((value) => value / 4),
      1e-5,
    )
    expect(scaled.description).toContain('times 0.25')
    await expect(loadVGGFeatures(network, { featureScale: NaN })).rejects.toThrow(/options.featureScale/)
    tf.dispose([x, a, b])
    for (const owner of [plain, scaled, network]) owner.dispose()
  })

  it('names the layers where there is none of that name, and the file where it cannot be read', async () => {
    const network = smallModel()
    await expect(loadVGGFeatures(network)).rejects.toThrow(ArgumentError)
    await expect(loadVGGFeatures(network)).rejects.toThrow(/one, pool, two, norm, three, four/)
    await expect(loadVGGFeatures(network, { layer: 'one', input: 'rgb' as 'caffe' })).rejects.toThrow(/options.input/)
    const broken = {
      load: (): Promise<tf.io.ModelArtifacts> => Promise.reject(new Error('gone')),
    }
    await expect(loadVGGFeatures(broken)).rejects.toThrow(WeightsError)
    network.dispose()
  })

  it('has the right gradient through max-pooling, for batches and negative values', async () => {
    const network = sequential()
    network.add(layers.conv2d({ name: 'a', filters: 3, kernelSize: 3, padding: 'same', inputShape: [4, 4, 3] }))
    network.add(layers.maxPooling2d({ poolSize: 2 }))
    network.add(conv('b', 2))
    // Weights drawn anew would now and then bring two maxima within a step of each other, where there is no derivative.
    const random = createRandom(1, 'test')
    for (const weight of network.weights) {
      const values = Float32Array.from({ length: weight.read().size }, () => random.uniform(-0.4, 0.4))
      tf.tidy(() => void weight.write(tf.tensor(values, weight.read().shape)))
    }
    const features = await loadVGGFeatures(network, { layer: 'b', input: (x) => tf.sub(x, 2) })
    const x = formulaImages([2, 4, 4, 3])
    await checkGradient((images) => tf.sum(tf.square(features.apply(images as tf.Tensor4D))), x, {
      step: 1e-3,
      tolerance: 3e-2,
    })
    x.dispose()
    features.dispose()
    network.dispose()
  })
})

describe('randomFeatures', () => {
  it('is frozen, a function of the seed, and differentiable', async () => {
    const variables = tf.engine().state.numTensors
    const [a, b, c] = [randomFeatures({ seed: 1 }), randomFeatures({ seed: 1 }), randomFeatures({ seed: 2 })]
    const x = formulaImages([2, 8, 8, 3])
    const outputs = [a, b, c].map((features) => features.apply(x))
    expect(outputs[0]!.shape).toEqual([2, 2, 2, 64])
    expect(await outputs[0]!.data()).toEqual(await outputs[1]!.data())
    expect(await outputs[0]!.data()).not.toEqual(await outputs[2]!.data())
    const target = tf.zerosLike(x)
    const loss = createPerceptualLoss(a)
    const gradient = tf.grad((images) => loss(images as tf.Tensor4D, target))(x)
    expect((await gradient.data()).some((value) => value !== 0)).toBe(true)
    expect(a.name).toBe('random')
    expect(a.description).toContain('no pretrained network')
    tf.dispose([x, target, gradient, ...outputs])
    for (const features of [a, a, b, c]) features.dispose()
    expect(tf.engine().state.numTensors).toBe(variables)
  })

  it('refuses options out of range', () => {
    expect(() => randomFeatures({ widths: [] })).toThrow(ArgumentError)
    expect(() => randomFeatures({ widths: [0] })).toThrow(ArgumentError)
  })
})

describeShared('VGG19 (ImageNet, Caffe weights)', () => {
  it.each([
    ['block2_conv2', 'vgg19_uint8_conv2_2_preact.f32', [1, 24, 24, 128]],
    ['block3_conv4', 'vgg19_uint8_conv3_4_preact.f32', [1, 12, 12, 256]],
    ['block5_conv4', 'vgg19_uint8_conv5_4_preact.f32', [1, 3, 3, 512]],
  ])('gives the features of PyTorch at %s', async (layer, file, shape) => {
    const before = tf.memory().numTensors
    const features = await loadVGGFeatures(fileModel(sharedData('vgg19/model.json')), { layer })
    const image = imageToTensor(await readImage(sharedData('reference/input_48x48.png')))
    const output = tf.tidy(() => features.apply(tf.expandDims<tf.Tensor4D>(image, 0)))
    expect(output.shape).toEqual(shape)
    const expected = new Float32Array(new Uint8Array(readFileSync(sharedData(`reference/${file}`))).buffer)
    const actual = await output.data<'float32'>()
    const scale = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length)
    expectClose(
      actual.map((value) => value / scale),
      expected.map((value) => value / scale),
      1e-4,
    )
    if (layer === 'block5_conv4') expect(features.parameterCount).toBe(20_024_384)
    tf.dispose([image, output])
    features.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('leaves no tensor behind when the layer is unknown', async () => {
    await expectNoLeakWhenThrowing(
      () => loadVGGFeatures(fileModel(sharedData('vgg19/model.json')), { layer: 'conv5_4' }),
      'options.layer must be one of',
    )
  })
})
