import * as tf from '@tensorflow/tfjs-core'
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { selectRows } from '../../../src/losses/index.js'
import {
  createConvEncoder,
  createSiamese,
  createSiameseTrainer,
  evaluateSiamese,
  layersEncoder,
  predictSiamese,
  type SiameseNetwork,
} from '../../../src/siamese/index.js'
import { getWeights, setWeights } from '../../../src/training/index.js'
import { fillByFormula } from '../../esrgan/formula.js'
import golden from '../../reference/conformance_networks.json' with { type: 'json' }
import type { Comparison, ConformanceCase } from '../case.js'
import { at, build, uniform } from '../truth/values.js'
import { both, read } from './statement.js'
import { compareValues, compareWithTorch } from './torch.js'

type Comparisons = Record<string, Comparison>

const side = 16
const labels = [0, 1, 0, 0, 1, 1]
const [a, b] = [
  [0, 1, 2, 4],
  [3, 5, 4, 1],
]

/** Image i of 6 is (i + 1) / 6 * (0.5 + 0.5 sin((0.2 + 0.11 i) k)). */
const siameseImages = (indices: ArrayLike<number>): tf.Tensor4D =>
  tf.tensor4d(
    Float32Array.from({ length: indices.length * side * side * 3 }, (_, at) => {
      const [i, k] = [indices[Math.floor(at / (side * side * 3))]!, at % (side * side * 3)]
      return ((i + 1) / 6) * (0.5 + 0.5 * Math.sin((0.2 + 0.11 * i) * k))
    }),
    [indices.length, side, side, 3],
  )

/** The names of PyTorch's module. */
const inTorch = (name: string): string =>
  name
    .replace('encoder.', '')
    .replace(/\/kernel$/, '.weight')
    .replace(/\/bias$/, '.bias')

async function weightsOf(network: SiameseNetwork): ReturnType<typeof getWeights> {
  return new Map([...(await getWeights(network.variables))].map(([name, weight]) => [inTorch(name), weight]))
}

interface SiameseReference {
  embeddings: number[]
  logits: number[]
  values: Readonly<Record<string, number>>[]
  similar: number[]
  weights: Record<string, number[]>
}

/** The script's weights: by formula, those of the embedding tripled. */
async function fillSiamese(network: SiameseNetwork): Promise<void> {
  fillByFormula(network, 0.5)
  const weights = await getWeights(network.variables)
  const { shape, data } = weights.get('embedding.weight')!
  weights.set('embedding.weight', { shape, data: data.map((value) => 3 * value) })
  setWeights(network.variables, weights, 'formula')
}

async function siameseSteps(
  network: SiameseNetwork,
  expected: SiameseReference,
  margin: number,
  microBatch?: number,
): Promise<Comparisons> {
  await fillSiamese(network)
  const all = siameseImages([0, 1, 2, 3, 4, 5])
  const embeddings = network.embed(all)
  const logits = network.classify(embeddings)
  using trainer = createSiameseTrainer({
    network,
    images: siameseImages,
    labels,
    margin,
    learningRate: 1e-2,
    epsilon: 1e-3,
    ...(microBatch === undefined ? {} : { microBatch }),
  })
  const pairs = { a, b, isSimilar: expected.similar }
  const values: Comparisons = {}
  for (const [i, wanted] of expected.values.entries()) {
    const { accuracy: _, ...report } = await trainer.train(pairs)
    Object.assign(values, compareValues(report, wanted, `step ${i}: `))
  }
  all.dispose()
  return {
    embeddings: { actual: await read(embeddings), expected: expected.embeddings },
    logits: { actual: await read(logits), expected: expected.logits },
    ...values,
    ...compareWithTorch(await weightsOf(network), expected.weights),
  }
}

const siameseStep = (name: string, microBatch?: number): ConformanceCase => ({
  name,
  group: 'network',
  tolerance: 1e-5,
  async run() {
    using network = createSiamese({
      encoder: createConvEncoder({ inputShape: [side, side, 3], widths: [4, 6] }),
      embeddingSize: 5,
      dropout: 0,
    })
    return await siameseSteps(network, golden.siamese, 1, microBatch)
  },
})

const tripletSteps = (name: string, microBatch?: number): ConformanceCase => ({
  name,
  group: 'network',
  tolerance: 1e-5,
  async run() {
    const { triplets, values, weights } = golden.siameseTriplets
    using network = createSiamese({
      encoder: createConvEncoder({ inputShape: [side, side, 3], widths: [4, 6] }),
      embeddingSize: 5,
      dropout: 0,
    })
    await fillSiamese(network)
    using trainer = createSiameseTrainer({
      network,
      images: siameseImages,
      labels,
      embeddingLoss: 'triplet',
      margin: 0.05,
      learningRate: 1e-2,
      epsilon: 1e-3,
      ...(microBatch === undefined ? {} : { microBatch }),
    })
    const found: Comparisons = {}
    for (const [i, wanted] of values.entries()) {
      const { accuracy: _, ...report } = await trainer.train({ images: [0, 1, 2, 3, 4, 5], triplets: () => triplets })
      Object.assign(found, compareValues(report, wanted, `step ${i}: `))
    }
    return { ...found, ...compareWithTorch(await weightsOf(network), weights) }
  },
})

const siameseOfLayers: ConformanceCase = {
  name: 'two steps of a Siamese network over a layers model, cosine distance',
  group: 'network',
  tolerance: 1e-4,
  async run() {
    const image = input({ shape: [side, side, 3] })
    const convolution = layers.conv2d({
      name: 'conv1',
      filters: 6,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      activation: 'relu',
    })
    const encoder = model({ inputs: image, outputs: convolution.apply(image) as SymbolicTensor })
    try {
      using network = createSiamese({ encoder: layersEncoder(encoder), embeddingSize: 5, dropout: 0, metric: 'cosine' })
      return await siameseSteps(network, golden.siameseOfLayers, 0.2)
    } finally {
      encoder.dispose()
    }
  },
}

const prediction: ConformanceCase = {
  name: 'predictSiamese and evaluateSiamese',
  group: 'network',
  tolerance: 1e-5,
  async run() {
    using network = createSiamese({
      encoder: createConvEncoder({ inputShape: [side, side, 3], widths: [4, 6] }),
      embeddingSize: 5,
    })
    await fillSiamese(network)
    const probabilities = await predictSiamese(network, { images: siameseImages, count: 6, batchSize: 4 })
    const { loss } = await evaluateSiamese(network, { images: siameseImages, labels, batchSize: 4 })
    const expected = golden.siamese.logits.map((logit) => 1 / (1 + Math.exp(-logit)))
    const crossEntropy = expected.map((p, i) => -Math.log(labels[i] === 1 ? p : 1 - p))
    return {
      probabilities: { actual: probabilities, expected },
      loss: { actual: [loss], expected: [crossEntropy.reduce((sum, each) => sum + each, 0) / 6] },
    }
  },
}

const places = [3, 0, 3, 1, 1, 3]

/** The Siamese network against PyTorch, and the choice of a batch's rows against float64. */
export const siameseCases: readonly ConformanceCase[] = [
  ...both({
    name: 'rows of a batch for its pairs, some several times',
    inputs: { x: uniform('rows of a batch', [5, 3]) },
    op: (x: tf.Tensor2D) => selectRows(x, places),
    truth: (x) => build([6, 3], (i, j) => at(x, places[i]!, j)),
  }),
  siameseStep('two steps of the Siamese network: losses and weights'),
  siameseStep('two steps of the Siamese network in micro-batches', 1),
  tripletSteps('two steps of the Siamese network on triplets: losses and weights'),
  tripletSteps('two steps of the Siamese network on triplets in micro-batches', 1),
  siameseOfLayers,
  prediction,
]
