import * as tf from '@tensorflow/tfjs-core'
import { initializers, layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/random.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose } from '../helpers/tensors.js'

const size = 8
const count = 24

/** Every usual layer of an image network once; all its random numbers from seeds. */
function createModel(): LayersModel {
  const { glorotNormal } = initializers
  const model = sequential({
    layers: [
      layers.conv2d({
        inputShape: [size, size, 2],
        filters: 6,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        kernelInitializer: glorotNormal({ seed: 1 }),
      }),
      layers.batchNormalization(),
      layers.leakyReLU({ alpha: 0.2 }),
      layers.upSampling2d({ size: [2, 2] }),
      layers.depthwiseConv2d({
        kernelSize: 3,
        padding: 'same',
        depthMultiplier: 2,
        depthwiseInitializer: glorotNormal({ seed: 2 }),
      }),
      layers.prelu({ alphaInitializer: 'zeros' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.separableConv2d({
        filters: 8,
        kernelSize: 3,
        padding: 'same',
        activation: 'elu',
        depthwiseInitializer: glorotNormal({ seed: 3 }),
        pointwiseInitializer: glorotNormal({ seed: 4 }),
      }),
      layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      layers.conv2dTranspose({
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        activation: 'relu',
        kernelInitializer: glorotNormal({ seed: 5 }),
      }),
      layers.reshape({ targetShape: [4, 16] }),
      layers.lstm({
        units: 6,
        returnSequences: true,
        kernelInitializer: glorotNormal({ seed: 6 }),
        recurrentInitializer: glorotNormal({ seed: 7 }),
      }),
      layers.gru({
        units: 5,
        kernelInitializer: glorotNormal({ seed: 8 }),
        recurrentInitializer: glorotNormal({ seed: 9 }),
      }),
      layers.dropout({ rate: 0.2, seed: 10 }),
      layers.dense({ units: 3, activation: 'softmax', kernelInitializer: glorotNormal({ seed: 11 }) }),
    ],
  })
  model.compile({ optimizer: tf.train.adam(0.02, 0.9, 0.999, 1e-7), loss: 'categoricalCrossentropy' })
  return model
}

/** The loss of every epoch, and the weights that were learnt. */
async function train(backend: 'cpu' | 'wasm'): Promise<{ losses: number[]; weights: number[] }> {
  await useBackend(backend)
  const before = tf.memory().numTensors
  const random = createRandom(1, 'model.fit')
  const pixels = Float32Array.from({ length: count * size * size * 2 }, (_, i) => {
    const label = Math.floor(i / (size * size * 2)) % 3
    return random.normal() * 0.3 + Math.sin((i % (size * size * 2)) * (label + 1) * 0.2)
  })
  const x = tf.tensor4d(pixels, [count, size, size, 2])
  const y = tf.tidy(() =>
    tf.cast(
      tf.oneHot(
        tf.tensor1d(
          Array.from({ length: count }, (_, i) => i % 3),
          'int32',
        ),
        3,
      ),
      'float32',
    ),
  )
  const model = createModel()
  const { history } = await model.fit(x, y, { epochs: 6, batchSize: 8, shuffle: false, verbose: 0 })
  const weights = await Promise.all(model.getWeights().map((weight) => weight.data()))
  model.dispose()
  model.optimizer.dispose()
  tf.dispose([x, y])
  expect(tf.memory().numTensors).toBe(before)
  return { losses: history['loss']!.map(Number), weights: weights.flatMap((values) => Array.from(values)) }
}

describe('model.fit of tfjs-layers', () => {
  it('learns on wasm what it learns on cpu', async () => {
    const [cpu, wasm] = [await train('cpu'), await train('wasm')]
    expect(cpu.losses[5]!).toBeLessThan(cpu.losses[0]! * 0.8)
    expectClose(wasm.losses, cpu.losses, 1e-3)
    expectClose(wasm.losses.slice(0, 2), cpu.losses.slice(0, 2), 1e-5)
    expectClose(wasm.weights, cpu.weights, 2e-2)
  })
})
