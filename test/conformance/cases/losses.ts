import * as tf from '@tensorflow/tfjs-core'
import { mineTriplets } from '../../../src/data/index.js'
import {
  binaryCrossEntropyWithLogits,
  contrastiveLoss,
  contrastiveStatistics,
  cosineDistance,
  createPerceptualLoss,
  euclideanDistance,
  l1Loss,
  l2Loss,
  metricLoss,
  relativisticLoss,
  squaredEuclideanDistance,
  stopGradient,
  totalLoss,
  tripletLoss,
  tripletStatistics,
  type FeatureExtractor,
} from '../../../src/losses/index.js'
import golden from '../../reference/losses_reference.json' with { type: 'json' }
import type { Comparison, ConformanceCase } from '../case.js'
import { mapped, uniform, values, zipped } from '../truth/values.js'
import { both, compare, read, tensorOf } from './statement.js'

type Values = tf.TensorLike
type Loss = (inputs: tf.Tensor[], options: never) => tf.Tensor

/** Inputs with value and gradients by PyTorch; null where a gradient is not asked for. */
interface Reference {
  readonly name: string
  readonly inputs: readonly Values[]
  readonly options?: object
  readonly value: Values
  readonly gradients: readonly (Values | null)[]
}

const flat = (value: Values): number[] => [value].flat(Infinity).map(Number)

/** Values and gradients of a loss for all its references; relative to the largest of each. */
const loss = (name: string, fn: Loss, references: readonly Reference[], tolerance = 1e-5): ConformanceCase => ({
  name,
  group: 'loss',
  tolerance,
  async run() {
    const found: Record<string, Comparison> = {}
    for (const { name: text, inputs, options = {}, value, gradients } of references) {
      const tensors = inputs.map((input) => tf.tensor(input))
      const call = (all: tf.Tensor[]): tf.Tensor => tf.tidy(() => fn(all, options as never))
      found[text] = { actual: await read(call(tensors)), expected: flat(value) }
      for (const [i, expected] of gradients.entries()) {
        if (expected === null) continue
        const gradient = tf.tidy(() =>
          tf.grad((x) => tf.sum(call(tensors.map((each, k) => (k === i ? x : each)))))(tensors[i]!),
        )
        found[`${text}, gradient ${i}`] = { actual: await read(gradient), expected: flat(expected) }
      }
      tf.dispose(tensors)
    }
    return found
  },
})

const asReferences = (references: unknown): readonly Reference[] => references as readonly Reference[]

/** One convolution with the reference's weights. */
const features: FeatureExtractor = {
  name: 'one convolution',
  description: '3x3, 3 -> 4, no padding',
  apply: (images) =>
    tf.tidy(() =>
      tf.add(tf.conv2d(images, tf.tensor4d(golden.perceptualFilter), 1, 'valid'), tf.tensor1d(golden.perceptualBias)),
    ),
  dispose: () => {},
}

const references: ConformanceCase[] = [
  loss('l1Loss', ([a, b], options) => l1Loss(a!, b!, options), asReferences(golden.l1)),
  loss('l2Loss', ([a, b], options) => l2Loss(a!, b!, options), asReferences(golden.l2)),
  loss(
    'binaryCrossEntropyWithLogits, logits from -1e4 to 1e4',
    ([logits, labels], options) => binaryCrossEntropyWithLogits(logits!, labels!, options),
    asReferences(golden.crossEntropy),
  ),
  loss(
    'binaryCrossEntropyWithLogits of one label 0 for all',
    ([logits], options) => binaryCrossEntropyWithLogits(logits!, 0, options),
    asReferences(golden.crossEntropy0),
  ),
  loss(
    'binaryCrossEntropyWithLogits of one label 1 for all',
    ([logits], options) => binaryCrossEntropyWithLogits(logits!, 1, options),
    asReferences(golden.crossEntropy1),
  ),
  loss(
    "relativisticLoss, the generator's",
    ([real, fake], options) => relativisticLoss.generator(real!, fake!, options),
    asReferences(golden.generator),
  ),
  loss(
    "relativisticLoss, the discriminator's",
    ([real, fake], options) => relativisticLoss.discriminator(real!, fake!, options),
    asReferences(golden.discriminator),
  ),
  loss(
    'euclideanDistance, also of equal rows',
    ([a, b]) => euclideanDistance(a as tf.Tensor2D, b as tf.Tensor2D),
    asReferences(golden.euclidean),
  ),
  loss(
    'squaredEuclideanDistance, also of equal rows',
    ([a, b]) => squaredEuclideanDistance(a as tf.Tensor2D, b as tf.Tensor2D),
    asReferences(golden.squaredEuclidean),
  ),
  loss(
    'cosineDistance',
    ([a, b]) => cosineDistance(a as tf.Tensor2D, b as tf.Tensor2D),
    asReferences([
      ...golden.cosine,
      {
        name: 'rows of zeros',
        inputs: [
          [
            [0, 0],
            [0, 0],
          ],
          [
            [1, 2],
            [0, 0],
          ],
        ],
        value: [1, 1],
        gradients: [
          [0, 0, 0, 0],
          [0, 0, 0, 0],
        ],
      },
    ]),
  ),
  loss(
    'contrastiveLoss of given distances',
    ([distance, similar], options) => contrastiveLoss(distance as tf.Tensor1D, similar as tf.Tensor1D, options),
    asReferences(golden.contrastive),
  ),
  loss(
    'contrastiveLoss of embeddings, also of equal ones',
    ([a, b, similar], options) =>
      contrastiveLoss(euclideanDistance(a as tf.Tensor2D, b as tf.Tensor2D), similar as tf.Tensor1D, options),
    asReferences(golden.contrastiveOfEmbeddings),
  ),
  loss(
    'binaryCrossEntropyWithLogits, smoothed and weighted',
    ([logits, labels], options) => binaryCrossEntropyWithLogits(logits!, labels!, options),
    asReferences(golden.weightedCrossEntropy),
  ),
  loss(
    'tripletLoss of given distances',
    ([positive, negative], options) => tripletLoss(positive as tf.Tensor1D, negative as tf.Tensor1D, options),
    asReferences(golden.triplet),
  ),
  loss(
    'tripletLoss of embeddings',
    ([a, p, n], options) =>
      tripletLoss(
        euclideanDistance(a as tf.Tensor2D, p as tf.Tensor2D),
        euclideanDistance(a as tf.Tensor2D, n as tf.Tensor2D),
        options,
      ),
    asReferences(golden.tripletOfEmbeddings),
  ),
  loss(
    'perceptual loss over one convolution, no gradient in the target',
    ([prediction, target], options) =>
      createPerceptualLoss(features, options)(prediction as tf.Tensor4D, target as tf.Tensor4D),
    asReferences(golden.perceptual),
  ),
]

const moderate = { logits: uniform('logits', [4, 6], -6, 6), labels: uniform('labels', [4, 6], 0, 1) }

const more: ConformanceCase[] = [
  ...both({
    name: 'binaryCrossEntropyWithLogits of moderate logits and soft labels',
    group: 'loss',
    inputs: moderate,
    of: ['logits'],
    op: (logits: tf.Tensor, labels: tf.Tensor) => binaryCrossEntropyWithLogits(logits, labels, { reduction: 'none' }),
    truth: (logits, labels) =>
      zipped(logits, labels, (x, z) => z * Math.log1p(Math.exp(-x)) + (1 - z) * Math.log1p(Math.exp(x))),
  }),
  ...both({
    name: 'stopGradient: x * stopGradient(x)',
    group: 'loss',
    inputs: { x: uniform('stopGradient', [3, 4]) },
    op: (x: tf.Tensor) => tf.mul(x, stopGradient(x)),
    truth: (x) => mapped(x, (value) => value ** 2),
    pullback: (dy, x) => [zipped(dy, x, (a, b) => a * b)],
  }),
  ...both({
    name: 'totalLoss of two weighted terms',
    group: 'loss',
    inputs: { a: uniform('total a', [3, 4], 0.1, 1), b: uniform('total b', [3, 4], -1, -0.1) },
    op: (a: tf.Tensor, b: tf.Tensor) =>
      totalLoss(
        [
          { name: 'l1', weight: 0.3, fn: () => l1Loss(a, b) },
          { name: 'l2', weight: -2, fn: () => l2Loss(a, b, { reduction: 'sum' }) },
        ],
        undefined,
      ).total,
    truth: (a, b) => {
      const differences = zipped(a, b, (x, y) => x - y).data
      return values([], [differences.reduce((sum, d) => sum + (0.3 * Math.abs(d)) / 12 - 2 * d * d, 0)])
    },
  }),
  {
    name: 'metricLoss of mined triplets',
    group: 'loss',
    tolerance: 1e-5,
    async run() {
      const found: Record<string, Comparison> = {}
      for (const { name, inputs, options, value, gradients } of golden.batchTriplets) {
        const { strategy, margin, reduction } = options
        const batch = metricLoss({
          miner: (distances, labels) => mineTriplets(distances, labels, { strategy: strategy as 'hard', margin }),
          loss: ({ positiveDistance, negativeDistance }) =>
            tripletLoss(positiveDistance, negativeDistance, { margin, reduction: 'none' }),
          reduction: reduction as 'mean',
        })
        const embeddings = tf.tensor2d(inputs[0]!)
        const mined = await batch.mine(embeddings, golden.batchLabels)
        found[name] = { actual: await read(batch.value(embeddings, mined)), expected: [value] }
        const gradient = tf.tidy(() => tf.grad((x) => batch.value(x as tf.Tensor2D, mined))(embeddings))
        found[`${name}, gradient`] = { actual: await read(gradient), expected: flat(gradients) }
        embeddings.dispose()
      }
      return found
    },
  },
  {
    name: 'tripletStatistics',
    group: 'loss',
    tolerance: 1e-6,
    async run() {
      const [positive, negative] = [tf.tensor1d([1, 1, 1, 1, 0]), tf.tensor1d([0.5, 1, 1.5, 3, 0])]
      const found = await tripletStatistics(positive, negative)
      tf.dispose([positive, negative])
      const expected = {
        triplets: 5,
        active: 4,
        hard: 3,
        semiHard: 1,
        collapsed: 1,
        meanPositiveDistance: 0.8,
        meanNegativeDistance: 1.2,
      }
      const names = Object.keys(expected) as (keyof typeof expected)[]
      return { all: { actual: names.map((name) => found[name]), expected: names.map((name) => expected[name]) } }
    },
  },
  {
    name: 'distances of pairs that are nearly equal',
    group: 'loss',
    tolerance: 1e-4,
    async run() {
      const [a, b] = [tensorOf(values([1, 2], [1, 1])), tensorOf(values([1, 2], [1.0001, 1]))] as tf.Tensor2D[]
      const exact = Math.fround(1.0001) - 1
      const found = { euclidean: euclideanDistance(a!, b!), squared: squaredEuclideanDistance(a!, b!) }
      tf.dispose([a, b])
      return compare(found, { euclidean: [exact], squared: [exact ** 2] })
    },
  },
  {
    name: 'contrastiveStatistics',
    group: 'loss',
    tolerance: 1e-6,
    async run() {
      const [distance, similar] = [tf.tensor1d([0, 1, 0, 0.5, 1, 3]), tf.tensor1d([1, 1, 0, 0, 0, 0])]
      const found = await contrastiveStatistics(distance, similar, { margin: 2 })
      tf.dispose([distance, similar])
      const expected = {
        similar: 2,
        dissimilar: 4,
        active: 3,
        collapsed: 1,
        meanSimilarDistance: 0.5,
        meanDissimilarDistance: 1.125,
      }
      const names = Object.keys(expected) as (keyof typeof expected)[]
      return { all: { actual: names.map((name) => found[name]), expected: names.map((name) => expected[name]) } }
    },
  },
]

/** Every loss: value and gradient. */
export const lossCases: readonly ConformanceCase[] = [...references, ...more]
