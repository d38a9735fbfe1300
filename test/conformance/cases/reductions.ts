import * as tf from '@tensorflow/tfjs-core'
import { batchNorm } from '../../../src/esrgan/batchNorm.js'
import type { ConformanceCase } from '../case.js'
import { at, build, distinct, mapped, uniform, type Values } from '../truth/values.js'
import { both, forward, type Statement } from './statement.js'

type Fold = (numbers: number[]) => number

/** The fold over some axes of an array, kept as 1 where asked. */
function folded(x: Values, axes: readonly number[], fold: Fold, keepDims = false): Values {
  const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
  const groups = new Map<string, number[]>()
  build(x.shape, (...index) => {
    const key = others.map((axis) => index[axis]).join()
    const group = groups.get(key) ?? []
    if (group.length === 0) groups.set(key, group)
    return group.push(at(x, ...index))
  })
  const shape = keepDims
    ? x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n))
    : others.map((axis) => x.shape[axis]!)
  const results = [...groups.values()].map(fold)
  let k = 0
  return build(shape, () => results[k++]!)
}

const sum: Fold = (numbers) => numbers.reduce((a, b) => a + b, 0)
const mean: Fold = (numbers) => sum(numbers) / numbers.length
const variance: Fold = (numbers) => mean(numbers.map((x) => (x - mean(numbers)) ** 2))

const images = distinct('images', [2, 5, 6, 3], -1, 2)
const all = [0, 1, 2, 3]

function reduction(
  name: string,
  op: (x: tf.Tensor) => tf.Tensor,
  axes: readonly number[],
  fold: Fold,
  { keepDims = false, x = images }: { keepDims?: boolean; x?: Values } = {},
): Statement {
  return { name, inputs: { x }, op, truth: (input) => folded(input, axes, fold, keepDims) }
}

const small: ConformanceCase[] = [
  reduction('sum over everything', (x) => tf.sum(x), all, sum),
  reduction('sum over rows and columns', (x) => tf.sum(x, [1, 2]), [1, 2], sum),
  reduction('sum over the batch, kept', (x) => tf.sum(x, 0, true), [0], sum, { keepDims: true }),
  reduction('mean over everything', (x) => tf.mean(x), all, mean),
  reduction('mean over rows and columns, kept', (x) => tf.mean(x, [1, 2], true), [1, 2], mean, { keepDims: true }),
  reduction('mean over all but channels', (x) => tf.mean(x, [0, 1, 2]), [0, 1, 2], mean),
  reduction('mean over channels', (x) => tf.mean(x, 3), [3], mean),
  reduction(
    'max over rows and columns',
    (x) => tf.max(x, [1, 2]),
    [1, 2],
    (numbers) => Math.max(...numbers),
  ),
  reduction(
    'min over channels',
    (x) => tf.min(x, 3),
    [3],
    (numbers) => Math.min(...numbers),
  ),
  reduction('variance of each channel', (x) => tf.moments(x, [0, 1, 2]).variance, [0, 1, 2], variance),
  reduction(
    'logSumExp over channels',
    (x) => tf.logSumExp(x, 3),
    [3],
    (n) => Math.log(sum(n.map(Math.exp))),
  ),
  reduction(
    'norm of each pixel',
    (x) => tf.norm(x, 'euclidean', 3),
    [3],
    (n) => Math.sqrt(sum(n.map((y) => y * y))),
  ),
].flatMap(both)

const forwardOnly: ConformanceCase[] = [
  reduction(
    'argMax over channels',
    (x) => tf.argMax(x, 3),
    [3],
    (n) => n.indexOf(Math.max(...n)),
  ),
  reduction(
    'argMin over columns',
    (x) => tf.argMin(x, 2),
    [2],
    (n) => n.indexOf(Math.min(...n)),
  ),
  reduction(
    'prod over columns',
    (x) => tf.prod(x, 2),
    [2],
    (n) => n.reduce((a, b) => a * b, 1),
  ),
  reduction('mean of the moments', (x) => tf.moments(x, [0, 1, 2]).mean, [0, 1, 2], mean),
  reduction(
    'all over columns',
    (x) => tf.cast(tf.all(tf.greater(x, -0.6), 2), 'float32'),
    [2],
    (n) => (n.every((y) => y > -0.6) ? 1 : 0),
  ),
].map(forward)

const large = uniform('large', [2, 256, 256, 3], 0, 1)
const bright = uniform('bright', [1, 64, 64, 2], 99, 101)

/** Sums long enough that adding one by one in float32 loses digits. */
const long: ConformanceCase[] = [
  forward(reduction('mean over 256x256 pixels', (x) => tf.mean(x, [1, 2]), [1, 2], mean, { x: large })),
  forward(reduction('mean over 393216 numbers', (x) => tf.mean(x), all, mean, { x: large })),
  forward(reduction('sum over 393216 numbers', (x) => tf.sum(x), all, sum, { x: large })),
  forward({
    ...reduction('variance around a mean of 100', (x) => tf.moments(x, [1, 2]).variance, [1, 2], variance, {
      x: bright,
    }),
    tolerance: 1e-4,
  }),
]

const softmax = (x: Values): Values => {
  const total = folded(mapped(x, Math.exp), [1], sum, true)
  return build(x.shape, (i, j) => Math.exp(at(x, i, j)) / at(total, i, 0))
}
const logits = uniform('logits', [4, 5], -3, 3)

const probabilities: ConformanceCase[] = [
  ...both({ name: 'softmax', inputs: { x: logits }, op: (x: tf.Tensor) => tf.softmax(x), truth: softmax }),
  ...both({
    name: 'logSoftmax',
    inputs: { x: logits },
    op: (x: tf.Tensor) => tf.logSoftmax(x),
    truth: (x) => mapped(softmax(x), Math.log),
  }),
]

const channel = (x: Values): Values => ({ shape: [x.data.length], data: x.data })

/** (x - mean) / sqrt(variance + epsilon) * scale + offset, by given or by the batch's own moments. */
function normalised(x: Values, scale: Values, offset: Values, epsilon: number, own?: [Values, Values]): Values {
  const [average, spread] = own ?? [channel(folded(x, [0, 1, 2], mean)), channel(folded(x, [0, 1, 2], variance))]
  return build(x.shape, (...index) => {
    const c = index[3]!
    return ((at(x, ...index) - at(average, c)) / Math.sqrt(at(spread, c) + epsilon)) * at(scale, c) + at(offset, c)
  })
}

const scaleAndOffset = { scale: uniform('scale', [3], 0.5, 1.5), offset: uniform('offset', [3]) }

const normalisations: ConformanceCase[] = [
  ...both({
    name: 'tf.batchNorm with given moments',
    inputs: {
      x: images,
      mean: uniform('given mean', [3]),
      variance: uniform('given variance', [3], 0.5, 2),
      ...scaleAndOffset,
    },
    op: (x: tf.Tensor4D, average: tf.Tensor1D, spread: tf.Tensor1D, scale: tf.Tensor1D, offset: tf.Tensor1D) =>
      tf.batchNorm(x, average, spread, offset, scale, 1e-3),
    truth: (x, average, spread, scale, offset) => normalised(x!, scale!, offset!, 1e-3, [average!, spread!]),
  }),
  // As tfjs-layers trains: through the moments.
  ...both({
    name: 'tf.batchNorm with the moments of the batch',
    inputs: { x: images, ...scaleAndOffset },
    op: (x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D) => {
      const { mean: average, variance: spread } = tf.moments(x, [0, 1, 2])
      return tf.batchNorm(x, average as tf.Tensor1D, spread as tf.Tensor1D, offset, scale, 1e-3)
    },
    truth: (x, scale, offset) => normalised(x, scale, offset, 1e-3),
  }),
  ...both({
    name: 'batch normalisation of the discriminator in training',
    inputs: { x: images, ...scaleAndOffset },
    op: (x: tf.Tensor4D, weight: tf.Variable, bias: tf.Variable) => {
      const runningMean = tf.variable(tf.zeros([3]), false)
      const runningVariance = tf.variable(tf.ones([3]), false)
      const y = batchNorm(x, { weight, bias, runningMean, runningVariance }, true)
      tf.dispose([runningMean, runningVariance])
      return y
    },
    truth: (x, scale, offset) => normalised(x, scale, offset, 1e-5),
  }),
]

/** Sums, means, extrema, moments and what is built of them. */
export const reductionCases: readonly ConformanceCase[] = [
  ...small,
  ...forwardOnly,
  ...long,
  ...probabilities,
  ...normalisations,
]
