import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import golden from '../../reference/conformance_networks.json' with { type: 'json' }
import type { Comparison, ConformanceCase } from '../case.js'
import { formula, images } from './formula.js'
import { read } from './statement.js'

/** The convnet of test/reference/conformance_networks.py. */
function convnet(): LayersModel {
  const network = sequential()
  network.add(layers.conv2d({ inputShape: [8, 12, 3], filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }))
  network.add(layers.maxPooling2d({ poolSize: 2 }))
  network.add(layers.batchNormalization({ momentum: 0.9, epsilon: 1e-3 }))
  network.add(layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' }))
  network.add(layers.averagePooling2d({ poolSize: 2 }))
  network.add(layers.flatten())
  network.add(layers.dense({ units: 5, activation: 'tanh' }))
  network.add(layers.dense({ units: 3, activation: 'softmax' }))
  return network
}

/** A variable of the convnet: its name and shape in PyTorch, its number there, and the axes of tfjs's layout. */
interface Weight {
  readonly name: keyof typeof golden.fit.weights
  readonly shape: readonly number[]
  readonly t: number
  readonly axes: readonly number[]
  /** What is added to the formula. */
  readonly base?: number
}

const vector = (name: Weight['name'], n: number, t: number, base = 0): Weight => ({
  name,
  shape: [n],
  t,
  axes: [0],
  base,
})

// PyTorch lists a module's own parameters before those of its parts. tfjs stores a depthwise kernel as
// [rows, columns, channels, 1], PyTorch as [channels, 1, rows, columns].
const trainable: readonly Weight[] = [
  { name: 'conv.weight', shape: [4, 3, 3, 3], t: 2, axes: [2, 3, 1, 0] },
  vector('conv.bias', 4, 3),
  vector('gamma', 4, 0, 1),
  vector('beta', 4, 1),
  { name: 'depthwise.weight', shape: [4, 1, 3, 3], t: 4, axes: [2, 3, 0, 1] },
  vector('depthwise.bias', 4, 5),
  { name: 'dense.weight', shape: [5, 24], t: 6, axes: [1, 0] },
  vector('dense.bias', 5, 7),
  { name: 'last.weight', shape: [3, 5], t: 8, axes: [1, 0] },
  vector('last.bias', 3, 9),
]

function fill(network: LayersModel): void {
  tf.tidy(() => {
    const weights = trainable.map(({ shape, t, axes, base = 0 }) => {
      const size = shape.reduce((product, n) => product * n, 1)
      const values = formula(size, t, 0.5).map((value) => base + value)
      return tf.transpose(tf.tensor(values, [...shape]), [...axes])
    })
    network.setWeights([...weights, tf.zeros([4]), tf.ones([4])])
  })
}

/** The axes that undo a transposition. */
const inverse = (axes: readonly number[]): number[] => axes.map((_, axis) => axes.indexOf(axis))

type Reference = typeof golden.fit

/** Weights, moving moments and predictions after training. */
async function outcome(network: LayersModel, x: tf.Tensor, expected: Reference): Promise<Record<string, Comparison>> {
  const found: Record<string, Comparison> = {}
  // getWeights gives the network's own variables: copies are read.
  const weights = network.getWeights().map((weight) => weight.clone())
  for (const [i, { name, axes }] of trainable.entries()) {
    const torch = tf.tidy(() => tf.transpose(weights[i]!, inverse(axes)))
    found[name] = { actual: await read(torch), expected: expected.weights[name] }
  }
  for (const i of [0, 1]) {
    const moving = weights[trainable.length + i]!.clone()
    found[`moving ${i === 0 ? 'mean' : 'variance'}`] = { actual: await read(moving), expected: expected.moving[i]! }
  }
  tf.dispose(weights)
  const probabilities = await read(network.predict(x) as tf.Tensor)
  return { ...found, probabilities: { actual: probabilities, expected: expected.probabilities } }
}

const classes = [0, 1, 2, 0, 2, 1, 0, 1]

function training(
  name: string,
  optimizer: () => tf.Optimizer,
  expected: Reference,
  train: (network: LayersModel, x: tf.Tensor, y: tf.Tensor) => Promise<number[]>,
): ConformanceCase {
  return {
    name,
    group: 'network',
    tolerance: 2e-5,
    async run() {
      const network = convnet()
      const moving = optimizer()
      const x = images([8, 8, 12, 3], 0.31)
      const y = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classes, 'int32'), 3), 'float32'))
      try {
        fill(network)
        network.compile({ optimizer: moving, loss: 'categoricalCrossentropy' })
        const losses = await train(network, x, y)
        return { ...(await outcome(network, x, expected)), losses: { actual: losses, expected: expected.losses } }
      } finally {
        network.dispose()
        moving.dispose()
        tf.dispose([x, y])
      }
    },
  }
}

/** tf.layers networks trained as tfjs's own users do. */
export const layersModelCases: readonly ConformanceCase[] = [
  training(
    'trainOnBatch of a layers convnet with SGD',
    () => tf.train.sgd(0.1),
    golden.trainOnBatch,
    async (network, x, y) => [(await network.trainOnBatch(x, y)) as number],
  ),
  training(
    'model.fit of a layers convnet with Adam, two epochs of two batches',
    () => tf.train.adam(1e-2, 0.9, 0.999, 1e-3),
    golden.fit,
    async (network, x, y) => {
      const { history } = await network.fit(x, y, { batchSize: 4, epochs: 2, shuffle: false, verbose: 0 })
      return history['loss'] as number[]
    },
  ),
]
