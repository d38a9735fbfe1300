import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { unitRows } from '../../src/losses/distance.js'
import { createRandom } from '../../src/random.js'
import {
  createSiamese,
  createSiameseTrainer,
  createSupportSet,
  embedImages,
  classifyEmbeddings,
  evaluateSiamese,
  evaluateVerification,
  predictSiamese,
  supportScores,
  type ImageLoader,
  type SiameseNetwork,
} from '../../src/siamese/index.js'
import { getWeights } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { checkGradient, expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const size = 16
const make = (options = {}): SiameseNetwork =>
  createSiamese({ inputShape: [size, size, 3], widths: [6, 6], embeddingSize: 4, seed: 5, ...options })

/** Image i is random numbers of its own. */
const images: ImageLoader = (indices) =>
  tf.tensor4d(
    Float32Array.from({ length: indices.length * size * size * 3 }, (_, at) => {
      const k = size * size * 3
      return 0.5 + 0.5 * Math.sin((indices[Math.floor(at / k)]! + 1.3) * 0.7 * (at % k))
    }),
    [indices.length, size, size, 3],
  )

beforeAll(() => useBackend('wasm'))

describe('normalise', () => {
  it('gives embeddings of length 1 and the directions of before', async () => {
    using plain = make()
    using unit = make({ normalise: true })
    expect([plain.normalise, unit.normalise]).toEqual([false, true])
    const [a, b] = await Promise.all([plain, unit].map((network) => embedImages(network, { images, count: 5 })))
    for (let i = 0; i < 5; i++) {
      const row = a!.subarray(4 * i, 4 * i + 4)
      const length = Math.hypot(...row)
      expectClose(
        b!.subarray(4 * i, 4 * i + 4),
        row.map((x) => x / length),
        1e-6,
      )
    }
  })

  it('has the gradient of x / |x|, and 0 at a row of zeros', async () => {
    using x = disposable(tf.tensor2d([1, -2, 0.5, 0.3, 0.4, -0.1], [2, 3]))
    const weights = tf.tensor2d([1, 2, -1, 0.5, -3, 2], [2, 3])
    await checkGradient((t) => tf.mul(unitRows(t as tf.Tensor2D), weights), x.tensor, { step: 1e-3, tolerance: 1e-2 })
    weights.dispose()
    const zeros = tf.tidy(() =>
      tf
        .grad((t: tf.Tensor) => tf.sum(unitRows(t as tf.Tensor2D)))(tf.zeros([1, 3]))
        .dataSync(),
    )
    expect([...zeros]).toEqual([0, 0, 0])
  })

  it('trains the same in micro-batches', async () => {
    const after: number[][] = []
    for (const microBatch of [4, 1]) {
      using network = make({ normalise: true, pairHead: true })
      using trainer = createSiameseTrainer({
        network,
        images,
        labels: [0, 1, 0, 1],
        microBatch,
        learningRate: 1e-3,
        epsilon: 1e-3,
      })
      for (let step = 0; step < 3; step++) await trainer.train({ a: [0, 1, 0], b: [2, 3, 1], isSimilar: [1, 1, 0] })
      after.push([...(await getWeights(network.variables)).values()].flatMap(({ data }) => [...data]))
    }
    expectClose(after[1]!, after[0]!, 5e-6)
  })
})

/** A tensor for `using`. */
const disposable = (tensor: tf.Tensor2D): { tensor: tf.Tensor2D; [Symbol.dispose](): void } => ({
  tensor,
  [Symbol.dispose]: () => tensor.dispose(),
})

describe('pairHead', () => {
  it('verifies by a weighted sum of |a - b|, is trained by the term pair, and leaves other networks alone', async () => {
    using network = make({ pairHead: true })
    using without = make()
    expect(without.verify).toBeUndefined()
    expect(network.parameterCount).toBe(without.parameterCount + 5)
    const { data: weight } = (await getWeights(network.variables)).get('pair.weight')!
    const [a, b] = [
      [1, -2, 3, 0.5],
      [0, 2, 3.5, -0.5],
    ]
    const logit = tf.tidy(() => network.verify!(tf.tensor2d([a]), tf.tensor2d([b])).dataSync()[0]!)
    expect(logit).toBeCloseTo(
      weight.reduce((sum, w, k) => sum + w * Math.abs(a[k]! - b[k]!), 0),
      5,
    )

    using trainer = createSiameseTrainer({ network, images, labels: [0, 1, 0, 1], learningRate: 1e-2 })
    const report = await trainer.train({ a: [0, 1], b: [2, 2], isSimilar: [1, 0] })
    expect(Object.keys(report)).toEqual(['loss', 'bce', 'contrastive', 'pair', 'accuracy'])
    expect(report['loss']).toBeCloseTo(report['bce']! + report['contrastive']! + report['pair']!, 5)
    expect((await getWeights(network.variables)).get('pair.weight')!.data).not.toEqual(weight)
  })

  it('learns which pairs are of one class', async () => {
    using network = make({ pairHead: true, dropout: 0, embeddingSize: 8 })
    const labels = [0, 1, 0, 1, 0, 1]
    const pairs = { a: [0, 1, 0, 2, 3, 4], b: [2, 3, 1, 5, 4, 5], isSimilar: [1, 1, 0, 0, 0, 0] }
    using trainer = createSiameseTrainer({ network, images, labels, learningRate: 1e-2 })
    const measure = async () => evaluateVerification(network, await embedImages(network, { images, count: 6 }), pairs)
    const before = await measure()
    for (let step = 0; step < 60; step++) await trainer.train(pairs)
    const after = await measure()
    expect(after.loss).toBeLessThan(0.3 * before.loss)
    expect(after).toMatchObject({ head: 'pair', n: 6, similar: 2, pairAccuracy: 1, auc: 1 })
    await expectNoLeak(measure.bind(undefined))
    using without = make()
    await expectNoLeakWhenThrowing(() => evaluateVerification(without, [], pairs), 'network must have a pairHead')
    await expectNoLeakWhenThrowing(() => evaluateVerification(network, new Float32Array(8), pairs), 'pairs.a[1]')
  })
})

describe('embedImages', () => {
  it('gives every head what it answers from, in batches of any size', async () => {
    using network = make()
    const steps: number[] = []
    const one = await embedImages(network, {
      images,
      count: 7,
      onProgress: ({ stage, step }) => steps.push(step + (stage === 'embed' ? 0 : NaN)),
    })
    const two = await embedImages(network, { images, count: 7, batchSize: 3 })
    expect(one).toHaveLength(28)
    expectClose(two, one, 1e-6)
    expect(steps).toEqual([7])
    expectClose(await classifyEmbeddings(network, one), await predictSiamese(network, { images, count: 7 }), 1e-6)
    const support = createSupportSet({ embeddings: one, embeddingSize: 4, labels: [0, 1, 0, 1, 0, 1, 0] })
    // Each image is its own nearest reference.
    expect([...supportScores(support, one, { k: 1 })]).toEqual([0, 1, 0, 1, 0, 1, 0])
    expect(await embedImages(network, { images, count: 0 })).toHaveLength(0)
    expect(await classifyEmbeddings(network, new Float32Array(0))).toHaveLength(0)
  })

  it('says so where the network gives no numbers', async () => {
    using network = createSiamese({ inputShape: [8, 8, 3], widths: [2], embeddingSize: 3 })
    const images: ImageLoader = ({ length }) => tf.fill([length, 8, 8, 3], 0.5)
    await expect(evaluateSiamese(network, { images, labels: [true, false] as never })).rejects.toThrow(
      'options.labels[0] must be 0 or 1; received true',
    )
    tf.tidy(() => network.variables.get('embedding.bias')!.assign(tf.tensor1d([0, NaN, 0])))
    const message = 'options.images must give finite pixels to a network of finite weights (image 0); received NaN'
    await expectNoLeakWhenThrowing(() => predictSiamese(network, { images, count: 3, batchSize: 2 }), message)
    await expectNoLeakWhenThrowing(() => embedImages(network, { images, count: 3, batchSize: 2 }), message)
  })

  it('leaves no tensors, also where the loader fails, and stops on a signal', async () => {
    using network = make()
    await expectNoLeak(async () => void (await embedImages(network, { images, count: 3, batchSize: 2 })))
    const wrong: ImageLoader = (indices) => tf.zeros([indices.length, 4, 4, 3])
    await expectNoLeakWhenThrowing(() => embedImages(network, { images: wrong, count: 3 }), 'images must give a tensor')
    const signal = AbortSignal.abort(new Error('enough'))
    await expectNoLeakWhenThrowing(() => embedImages(network, { images, count: 3, signal }), 'enough')
    await expectNoLeakWhenThrowing(() => embedImages(network, { images, count: -1 }), 'options.count')
    await expectNoLeakWhenThrowing(() => classifyEmbeddings(network, new Float32Array(3)), 'whole rows of 4')
  })
})

describe('createSiamese for the sizes of the paper', () => {
  it.each([224, 896])('takes images of %i pixels', async (side) => {
    using network = createSiamese({ inputShape: [side, side, 3] })
    const random = createRandom(1, 'test')
    const load: ImageLoader = (indices) =>
      tf.tidy(() => tf.add(tf.zeros([indices.length, side, side, 3]), random.uniform()) as tf.Tensor4D)
    expect(await embedImages(network, { images: load, count: 1 })).toHaveLength(128)
  })
})
