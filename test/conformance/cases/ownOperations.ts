import * as tf from '@tensorflow/tfjs-core'
import {
  adamUpdate,
  addScaled,
  checkpointed,
  convolution as convolve,
  leakyRelu,
  residualDenseBlock,
  standardise,
} from '../../../src/backend/index.js'
import type { ConformanceCase } from '../case.js'
import { convolution, type Geometry } from '../truth/convolution.js'
import { at, build, distinct, mapped, uniform, values, zipped, type Values } from '../truth/values.js'
import { both, compare, forward, gradient as gradientOf, tensorOf, type Statement } from './statement.js'

const leaky =
  (slope: number) =>
  (x: number): number =>
    x > 0 ? x : slope * x

/** The package's convolution with bias and activation. */
function convolutionWithBias(
  name: string,
  x: readonly number[],
  filter: readonly number[],
  { stride = 1, pad = 'same', slope }: { stride?: number; pad?: 'same' | 'valid'; slope?: number } = {},
): Statement {
  const geometry: Geometry = { strides: [stride, stride], pad }
  return {
    name,
    inputs: {
      x: uniform(`${name}/x`, x),
      filter: uniform(`${name}/filter`, filter),
      bias: uniform(`${name}/bias`, [filter[3]!]),
    },
    op: (input: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor1D) =>
      convolve(input, kernel, bias, { stride, pad, ...(slope === undefined ? {} : { slope }) }),
    truth: (input, kernel, bias) =>
      zipped(convolution(input, kernel, geometry), bias, (value, shift) => leaky(slope ?? 1)(value + shift)),
    tolerance: 2e-5,
  }
}

const convolutions: ConformanceCase[] = [
  convolutionWithBias('convolution with bias', [2, 5, 6, 3], [3, 3, 3, 4]),
  convolutionWithBias('convolution with LeakyReLU, batch 3, odd sizes', [3, 5, 7, 3], [3, 3, 3, 5], { slope: 0.2 }),
  convolutionWithBias('convolution 3x3 stride 2 with ReLU', [2, 8, 7, 3], [3, 3, 3, 4], { stride: 2, slope: 0 }),
  convolutionWithBias('convolution 4x4 stride 2 valid', [2, 7, 8, 3], [4, 4, 3, 3], { stride: 2, pad: 'valid' }),
].flatMap(both)

/** As where a network's first layer gets no gradient for its image, or a frozen one none for its weights. */
const someGradients: ConformanceCase[] = (
  [
    ['x', ['x']],
    ['filter and bias', ['filter', 'bias']],
  ] as const
).map(([text, of]) => {
  const name = `convolution with LeakyReLU, only ${text} wanted`
  return gradientOf({ ...convolutionWithBias(name, [2, 5, 6, 3], [3, 3, 3, 4], { slope: 0.2 }), of })
})

/** An even count: none of the numbers is 0. */
const signed = distinct('leaky', [3, 5, 7, 2], -3, 3)
const nearZero = values([5], [0, -1e-8, 1e-8, -2, 2].map(Math.fround))

const leakyCases: ConformanceCase[] = [
  ...[0, 0.2, 1].flatMap((slope) =>
    both({
      name: `leakyRelu of the package, slope ${slope}`,
      inputs: { x: signed },
      op: (x: tf.Tensor) => leakyRelu(x, slope),
      truth: (x) => mapped(x, leaky(slope)),
    }),
  ),
  gradientOf({
    name: 'leakyRelu of the package at 0',
    inputs: { x: nearZero },
    op: (x: tf.Tensor) => leakyRelu(x, 0.2),
    truth: (x) => mapped(x, leaky(0.2)),
    pullback: (dy, x) => [zipped(dy, x, (a, b) => (b > 0 ? a : 0.2 * a))],
  }),
]

/** Each channel of each image to mean 0 and variance 1. */
function standardised(x: Values, epsilon: number): Values {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const meanOf = (y: Values): Values =>
    build([batch, 1, 1, channels], (b, _, __, c) => {
      let sum = 0
      for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) sum += at(y, b, i, j, c)
      return sum / (height * width)
    })
  const deviations = zipped(x, meanOf(x), (a, b) => a - b)
  const variance = meanOf(mapped(deviations, (value) => value ** 2))
  return zipped(deviations, variance, (value, v) => value / Math.sqrt(v + epsilon))
}

const standardisation = (name: string, x: Values, tolerance = 1e-5): Statement => ({
  name,
  inputs: { x },
  op: (images: tf.Tensor4D) => standardise(images, 1e-4),
  truth: (images) => standardised(images, 1e-4),
  tolerance,
})

const standardisations: ConformanceCase[] = [
  ...both(standardisation('standardise, batch 2', uniform('standardise', [2, 5, 4, 3], 0, 1))),
  ...both(standardisation('standardise of five channels', uniform('standardise 5', [3, 3, 4, 5]))),
  forward(standardisation('standardise of bright 64x64 pixels', uniform('bright', [1, 64, 64, 3], 0.9, 1), 1e-4)),
]

const adam: ConformanceCase = {
  name: 'adamUpdate',
  group: 'optimizer',
  tolerance: 1e-6,
  async run() {
    const shape = [3, 5, 7]
    const weight = uniform('adamUpdate/weight', shape)
    const m = uniform('adamUpdate/m', shape)
    const v = uniform('adamUpdate/v', shape, 0.01, 1)
    const gradient = uniform('adamUpdate/gradient', shape, -2, 2)
    const numbers = { beta1: 0.8, beta2: 0.95, scale: 0.03, root: 1.7, epsilon: 1e-3 }
    const { beta1, beta2, scale, root, epsilon } = numbers
    const tensors = { weight: tensorOf(weight), m: tensorOf(m), v: tensorOf(v), gradient: tensorOf(gradient) }
    const [newWeight, newM, newV] = adamUpdate(tensors, numbers)
    const nextM = zipped(m, gradient, (a, g) => beta1 * a + (1 - beta1) * g)
    const nextV = zipped(v, gradient, (a, g) => beta2 * a + (1 - beta2) * g * g)
    const step = zipped(nextM, nextV, (a, b) => (scale * a) / (root * Math.sqrt(b) + epsilon))
    // The arguments stay as they were.
    return compare(
      { newWeight, newM, newV, ...tensors },
      {
        newWeight: zipped(weight, step, (a, b) => a - b).data,
        newM: nextM.data,
        newV: nextV.data,
        weight: weight.data,
        m: m.data,
        v: v.data,
        gradient: gradient.data,
      },
    )
  },
}

const recomputed: ConformanceCase[] = both({
  name: 'checkpointed: tanh(x w)^2 + x',
  inputs: { x: uniform('checkpointed/x', [4, 3]), w: uniform('checkpointed/w', [3, 3]) },
  op: (x: tf.Tensor2D, w: tf.Tensor2D) =>
    checkpointed(
      (input, weight) =>
        tf.tidy(() => tf.add(tf.square(tf.tanh(tf.matMul(input as tf.Tensor2D, weight as tf.Tensor2D))), input)),
      x,
      [w],
    ),
  truth: (x, w) =>
    build([4, 3], (i, k) => {
      let sum = 0
      for (let j = 0; j < 3; j++) sum += at(x, i, j) * at(w, j, k)
      return Math.tanh(sum) ** 2 + at(x, i, k)
    }),
})

/** The channels of all, side by side. */
function beside(all: readonly Values[]): Values {
  const depths = all.map(({ shape }) => shape[3]!)
  const channels = depths.reduce((sum, n) => sum + n, 0)
  return build([...all[0]!.shape.slice(0, 3), channels], (b, i, j, c) => {
    let from = c!
    let k = 0
    while (from >= depths[k]!) from -= depths[k++]!
    return at(all[k]!, b!, i!, j!, from)
  })
}

/** A residual dense block with convolutions of so many outputs, and one more. */
function denseBlock(name: string, x: readonly number[], growths: readonly number[], slope = 0.2): Statement {
  const features = x[3]!
  const outputs = [...growths, features]
  const inputs: Record<string, Values> = { x: uniform(`${name}/x`, x) }
  let channels = features
  for (const [k, count] of outputs.entries()) {
    inputs[`filter${k}`] = uniform(`${name}/filter${k}`, [3, 3, channels, count], -0.3, 0.3)
    inputs[`bias${k}`] = uniform(`${name}/bias${k}`, [count])
    channels += count
  }
  const every = <T>(all: readonly T[], rest: number): T[] => all.filter((_, i) => i % 2 === rest)
  return {
    name,
    inputs,
    op: (input: tf.Tensor4D, ...parameters: tf.Tensor[]) =>
      residualDenseBlock(input, every(parameters, 0) as tf.Tensor4D[], every(parameters, 1) as tf.Tensor1D[], {
        slope,
        scale: 0.4,
      }),
    truth: (input, ...parameters) => {
      const seen = [input]
      const last = outputs.length - 1
      for (let k = 0; ; k++) {
        const sum = zipped(convolution(beside(seen), parameters[2 * k]!, {}), parameters[2 * k + 1]!, (a, b) => a + b)
        if (k === last) return zipped(sum, input, (a, b) => 0.4 * a + b)
        seen.push(mapped(sum, leaky(slope)))
      }
    },
    tolerance: 2e-5,
  }
}

const denseBlocks: ConformanceCase[] = [
  ...both(denseBlock('residualDenseBlock of five convolutions', [1, 6, 8, 4], [2, 2, 2, 2])),
  ...both(denseBlock('residualDenseBlock, batch 2, odd sizes, ReLU', [2, 5, 7, 3], [1, 3], 0)),
  ...both({
    name: 'addScaled',
    inputs: { x: uniform('addScaled/x', [2, 3, 5]), y: uniform('addScaled/y', [2, 3, 5]) },
    op: (x: tf.Tensor, y: tf.Tensor) => addScaled(x, y, 0.3),
    truth: (x, y) => zipped(x, y, (a, b) => a + 0.3 * b),
  }),
]

/** The package's own operations, and the functions that its training is made of. */
export const ownOperationCases: readonly ConformanceCase[] = [
  ...convolutions,
  ...someGradients,
  ...leakyCases,
  ...standardisations,
  ...denseBlocks,
  adam,
  ...recomputed,
]
