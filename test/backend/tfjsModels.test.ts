// Networks of plain tfjs-layers on wasm: what they predict before and after the one call of this package, and how they train.
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import { initializers, input, layers, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, it } from 'vitest'
import { enableWasmTraining, wasmKernels, wasmPrecisions } from '../../src/backend/index.js'
import { wasmBackend } from '../../src/backend/wasm/backend.js'
import { forceAlgorithm } from '../../src/backend/wasm/native/choice.js'
import { threadedKernels } from '../../src/backend/wasm/native/threaded.js'
import { setWasmPrecision } from '../../src/backend/wasm/precision.js'
import { createRandom } from '../../src/random.js'
import { expectClose } from '../helpers/tensors.js'

const side = 48
const batch = 3
const classes = 5

let seed = 0
const kernelInitializer = () => initializers.heNormal({ seed: (seed += 1) })
const biasInitializer = () => initializers.randomNormal({ stddev: 0.3, seed: (seed += 1) })
const conv = (filters: number, kernelSize = 3, strides = 1) =>
  layers.conv2d({
    filters,
    kernelSize,
    strides,
    padding: 'same',
    useBias: false,
    kernelInitializer: kernelInitializer(),
  })
const normal = (x: SymbolicTensor): SymbolicTensor => layers.batchNormalization().apply(x) as SymbolicTensor
const apply = (layer: ReturnType<typeof layers.conv2d>, x: SymbolicTensor | SymbolicTensor[]): SymbolicTensor =>
  layer.apply(x) as SymbolicTensor

/** Its output: the mean of each channel, and classes. */
function head(x: SymbolicTensor): SymbolicTensor {
  const pooled = layers.globalAveragePooling2d({}).apply(x) as SymbolicTensor
  const dense = layers.dense({
    units: classes,
    activation: 'softmax',
    kernelInitializer: kernelInitializer(),
    biasInitializer: biasInitializer(),
  })
  return dense.apply(pooled) as SymbolicTensor
}

/** MobileNet's parts: a convolution of stride 2, then depthwise and 1x1 ones with normalisation and ReLU6. */
function mobileNet(): LayersModel {
  const image = input({ shape: [side, side, 3] })
  const relu6 = (x: SymbolicTensor): SymbolicTensor => layers.reLU({ maxValue: 6 }).apply(x) as SymbolicTensor
  let x = relu6(normal(apply(conv(32, 3, 2), image)))
  for (const [filters, strides] of [
    [64, 1],
    [128, 2],
    [128, 1],
  ] as const) {
    const depthwise = layers.depthwiseConv2d({
      kernelSize: 3,
      strides,
      padding: 'same',
      useBias: false,
      depthwiseInitializer: kernelInitializer(),
    })
    x = relu6(normal(apply(depthwise as never, x)))
    x = relu6(normal(apply(conv(filters, 1), x)))
  }
  return model({ inputs: image, outputs: head(x) })
}

/** ResNet's parts: two 3x3 convolutions beside a shortcut, once with stride 2 and a 1x1 projection. */
function resNet(): LayersModel {
  const image = input({ shape: [side, side, 3] })
  const relu = (x: SymbolicTensor): SymbolicTensor => layers.reLU().apply(x) as SymbolicTensor
  let x = relu(normal(apply(conv(32), image)))
  for (const [filters, strides] of [
    [32, 1],
    [64, 2],
  ] as const) {
    const inner = relu(normal(apply(conv(filters, 3, strides), x)))
    const outer = normal(apply(conv(filters), inner))
    const shortcut = strides === 1 ? x : normal(apply(conv(filters, 1, strides), x))
    x = relu(layers.add().apply([outer, shortcut]) as SymbolicTensor)
  }
  return model({ inputs: image, outputs: head(x) })
}

/** U-Net's parts: down by pooling, up by a transposed convolution, joined with what was there before. */
function uNet(): LayersModel {
  const image = input({ shape: [side, side, 3] })
  const fine = layers
    .conv2d({
      filters: 24,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: kernelInitializer(),
      biasInitializer: biasInitializer(),
    })
    .apply(image) as SymbolicTensor
  const coarse = apply(conv(48), layers.maxPooling2d({ poolSize: 2 }).apply(fine) as SymbolicTensor)
  const up = layers
    .conv2dTranspose({
      filters: 24,
      kernelSize: 2,
      strides: 2,
      padding: 'same',
      kernelInitializer: kernelInitializer(),
    })
    .apply(layers.leakyReLU().apply(coarse)) as SymbolicTensor
  const joined = layers.concatenate().apply([fine, up]) as SymbolicTensor
  return model({ inputs: image, outputs: head(apply(conv(32, 5), joined)) })
}

/** VGG's parts: convolutions with bias, pooling, and large dense layers. */
function vgg(): LayersModel {
  const image = input({ shape: [side, side, 3] })
  let x = image
  for (const filters of [32, 64]) {
    for (let k = 0; k < 2; k++) {
      const layer = layers.conv2d({
        filters,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        kernelInitializer: kernelInitializer(),
        biasInitializer: biasInitializer(),
      })
      x = layer.apply(x) as SymbolicTensor
    }
    x = layers.maxPooling2d({ poolSize: 4 }).apply(x) as SymbolicTensor
  }
  const dense = layers.dense({
    units: 128,
    activation: 'relu',
    kernelInitializer: kernelInitializer(),
    biasInitializer: biasInitializer(),
  })
  const outputs = layers
    .dense({
      units: classes,
      activation: 'softmax',
      kernelInitializer: kernelInitializer(),
      biasInitializer: biasInitializer(),
    })
    .apply(dense.apply(layers.flatten().apply(x))) as SymbolicTensor
  return model({ inputs: image, outputs })
}

const networks = { mobileNet, resNet, uNet, vgg }
type Name = keyof typeof networks
const names = Object.keys(networks) as Name[]

/** The network, with the same weights every time. */
function create(name: Name): LayersModel {
  seed = 100 * names.indexOf(name)
  return networks[name]()
}

const random = createRandom(1, 'images of tfjs models')
const pixels = Float32Array.from({ length: batch * side * side * 3 }, () => random.normal(0, 1))
const images = (): tf.Tensor4D => tf.tensor4d(pixels, [batch, side, side, 3])

/** What goes into the last layer, over its largest value, and the classes. */
async function predict(network: LayersModel): Promise<number[][]> {
  const outputs = [network.layers.at(-2)!.output, network.layers.at(-1)!.output] as SymbolicTensor[]
  const tensors = tf.tidy(() => model({ inputs: network.inputs, outputs }).predict(images()) as tf.Tensor[])
  const [features, shares] = await Promise.all(tensors.map(async (tensor) => Array.from(await tensor.data())))
  tf.dispose(tensors)
  const largest = Math.max(...features!.map(Math.abs))
  return [features!.map((value) => value / largest), shares!]
}

/** Tasks that this package's kernels have done so far. */
const tasks = (): number => threadedKernels(wasmBackend()!)!.tasksDone()[0]!

/** What stock tfjs predicts. */
const stock = {} as Record<Name, number[][]>

beforeAll(async () => {
  await tf.setBackend('wasm')
  for (const name of names) {
    const network = create(name)
    stock[name] = await predict(network)
    network.dispose()
  }
  expect(wasmKernels()).toBeUndefined()
  enableWasmTraining()
  expect(wasmKernels()).toBeDefined()
})

describe.each(names)('%s', (name) => {
  it.each(wasmPrecisions)('predicts what stock tfjs does, by the kernels of this package (%s)', async (precision) => {
    setWasmPrecision(precision)
    const network = create(name)
    forceAlgorithm('composed')
    const start = tasks()
    await predict(network)
    forceAlgorithm(undefined)
    const before = tasks()
    const [features, shares] = await predict(network)
    // Stock tfjs rounds its means over the pixels too.
    expectClose(features!, stock[name][0]!, precision === 'exact' ? 4e-6 : 1e-5)
    expectClose(shares!, stock[name][1]!, 2e-6)
    // Not only other operations that have kernels on threads.
    expect(tasks() - before).toBeGreaterThan(before - start)
    network.dispose()
    setWasmPrecision('fast')
  })

  it('trains by model.fit as by the composed kernels', async () => {
    const train = async (): Promise<{ losses: number[]; tasks: number }> => {
      const network = create(name)
      network.compile({ optimizer: tf.train.sgd(0.001), loss: 'categoricalCrossentropy' })
      const [x, y] = [images(), tf.tidy(() => tf.cast(tf.oneHot([0, 1, 2], classes), 'float32'))]
      const before = tasks()
      const { history } = await network.fit(x, y, { epochs: 3, batchSize: 3, shuffle: false, verbose: 0 })
      network.dispose()
      tf.dispose([x, y])
      return { losses: history['loss']!.map(Number), tasks: tasks() - before }
    }
    forceAlgorithm('composed')
    const composed = await train()
    forceAlgorithm(undefined)
    const own = await train()
    expect(composed.losses[2]!).toBeLessThan(composed.losses[0]!)
    expectClose(own.losses, composed.losses, 1e-5)
    // Forward, and both gradients of what follows the first layer, beside other operations that have kernels on threads.
    expect(own.tasks).toBeGreaterThan(composed.tasks + 20)
  })
})
