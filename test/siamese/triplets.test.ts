import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { mineTriplets, tripletSampler, tripletsInBatch } from '../../src/data/index.js'
import { binaryCrossEntropyWithLogits, metricLoss, tripletLoss } from '../../src/losses/index.js'
import { createRandom } from '../../src/random.js'
import {
  createSiamese,
  createSiameseTrainer,
  siameseLosses,
  trainSiamese,
  type ImageLoader,
  type SiameseBatch,
  type SiameseContext,
  type SiameseNetwork,
  type Triplets,
} from '../../src/siamese/index.js'
import { getWeights, NonFiniteLossError } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const size = 8
const labels = Array.from({ length: 12 }, (_, i) => i % 2)
const images: ImageLoader = (indices) => {
  const data = new Float32Array(indices.length * size * size * 3)
  Array.from(indices).forEach((index, k) => {
    const random = createRandom(1, 'noise', index)
    for (let i = 0; i < size * size * 3; i++) data[k * size * size * 3 + i] = random.uniform()
  })
  return tf.tensor4d(data, [indices.length, size, size, 3])
}
const make = (options = {}): SiameseNetwork =>
  createSiamese({ inputShape: [size, size, 3], widths: [6, 6], embeddingSize: 4, seed: 5, ...options })
const flat = async (network: SiameseNetwork): Promise<number[]> =>
  [...(await getWeights(network.variables)).values()].flatMap((weight) => [...weight.data])

/** Places 2 and 3 of the batch are the images 1 and 8. */
const batch = [3, 6, 1, 8, 5, 10]
const classes = batch.map((i) => labels[i]!)
const every: Triplets = tripletsInBatch(classes)
const inImages = ({ anchor, positive, negative }: Triplets): Triplets => ({
  anchor: Array.from(anchor, (i) => batch[i]!),
  positive: Array.from(positive, (i) => batch[i]!),
  negative: Array.from(negative, (i) => batch[i]!),
})
const settings = { images, labels, learningRate: 1e-2, epsilon: 1e-3, embeddingLoss: 'triplet' as const, margin: 0.3 }

beforeAll(() => useBackend('wasm'))

describe('a trainer on triplets', () => {
  it('takes the same step whole, made of distances, in micro-batches and as indices', async () => {
    const after: number[][] = []
    const reports: number[][] = []
    for (const [given, microBatch] of [
      [{ images: batch, triplets: every }, undefined],
      [{ images: batch, triplets: () => every }, undefined],
      [{ images: batch, triplets: every }, 1],
      [{ images: batch, triplets: () => every }, 2],
      [inImages(every), undefined],
    ] as const) {
      using network = make()
      using trainer = createSiameseTrainer({
        ...settings,
        network,
        ...(microBatch === undefined ? {} : { microBatch }),
      })
      const report = await trainer.train(given as SiameseBatch)
      expect(Object.keys(report)).toEqual(['loss', 'bce', 'triplet', 'accuracy'])
      reports.push(Object.values(report))
      await trainer.train(given as SiameseBatch)
      after.push(await flat(network))
    }
    for (const weights of after) expectClose(weights, after[0]!, 3e-6)
    for (const report of reports) expectClose(report, reports[0]!, 1e-5)
  })

  it.each([undefined, 1])(
    'moves the weights as a metricLoss of the same triplets does, micro-batch %s',
    async (microBatch) => {
      const whole = metricLoss({
        miner: (): Triplets => every,
        loss: ({ positiveDistance, negativeDistance }) =>
          tripletLoss(positiveDistance, negativeDistance, { margin: 0.3, reduction: 'none' }),
        reduction: 'mean-active',
      })
      const own = {
        name: 'triplet',
        weight: 1,
        fn: ({ images: { embeddings } }: SiameseContext) => whole.value(embeddings, every),
      }
      const after: number[][] = []
      for (const losses of [[], [own]]) {
        using network = make()
        using trainer = createSiameseTrainer({
          ...settings,
          network,
          losses,
          ...(microBatch === undefined ? {} : { microBatch }),
        })
        const first = await trainer.train({ images: batch, triplets: every })
        expect(first['triplet']).toBeGreaterThan(0)
        after.push([
          ...(await flat(network)),
          ...Object.values(await trainer.train({ images: batch, triplets: every })),
        ])
      }
      expectClose(after[1]!, after[0]!, 3e-6)
    },
  )

  it('mines by the very distances of the step, dropout included, and shows both to the terms', async () => {
    using network = make()
    let seen = new Float32Array()
    let made: Triplets | undefined
    let context: { positive: number[]; negative: number[]; places: number[][]; pairs: number } | undefined
    using trainer = createSiameseTrainer({
      ...settings,
      network,
      microBatch: 2,
      losses: [
        {
          name: 'look',
          weight: 1,
          fn: ({ triplets, distance }: SiameseContext) => {
            const { positiveDistance, negativeDistance, anchor, positive, negative } = triplets!
            context = {
              positive: [...positiveDistance.dataSync()],
              negative: [...negativeDistance.dataSync()],
              places: [anchor, positive, negative].map((places) => Array.from(places)),
              pairs: distance.size,
            }
            return tf.scalar(0)
          },
        },
      ],
    })
    await trainer.train({
      images: batch,
      triplets: (distances) => {
        seen = distances.slice()
        made = mineTriplets(distances, classes, { strategy: 'hard' })
        return made
      },
    })
    const { anchor, positive, negative } = made!
    expect(context!.places).toEqual([anchor, positive, negative].map((places) => Array.from(places)))
    const at = (i: ArrayLike<number>, j: ArrayLike<number>): number[] =>
      Array.from(i, (row, k) => seen[row * 6 + j[k]!]!)
    expectClose(context!.positive, at(anchor, positive), 1e-6)
    expectClose(context!.negative, at(anchor, negative), 1e-6)
    // Six anchors name twelve pairs, some of them twice.
    expect(context!.pairs).toBeLessThanOrEqual(12)
  })

  it('keeps the number of tensors flat, and changes nothing where triplets, distances or images fail', async () => {
    using network = make()
    let calls = 0
    let failing = Infinity
    const unsure: ImageLoader = (indices) => {
      if (++calls === failing) throw new Error('disk')
      return images(indices)
    }
    using trainer = createSiameseTrainer({ ...settings, images: unsure, network, microBatch: 2 })
    const mined = { images: batch, triplets: (distances: Float32Array) => mineTriplets(distances, classes) }
    await trainer.train(mined)
    await expectNoLeak(() => trainer.train(mined).then(() => undefined))
    const before = await flat(network)
    const none = { anchor: [], positive: [], negative: [] }
    const one = { anchor: [0], positive: [2], negative: [1] }
    for (const [wrong, message] of [
      [none, 'triplets must hold at least one triplet'],
      [{ ...one, anchor: [6] }, 'triplets.anchor[0] must be an integer from 0 to 5, a place in the batch; received 6'],
      [{ ...one, positive: [0] }, 'triplets.positive[0] must be another image than the anchor; received 0'],
      [{ ...one, negative: [2] }, 'triplets.negative[0] must be another image than anchor and positive; received 2'],
      [{ ...one, negative: [] }, 'triplets must have anchor, positive and negative of one length'],
    ] as const) {
      await expectNoLeakWhenThrowing(() => trainer.train({ images: batch, triplets: wrong }), message)
      await expectNoLeakWhenThrowing(() => trainer.train({ images: batch, triplets: () => wrong }), message)
    }
    await expectNoLeakWhenThrowing(
      () => trainer.train({ ...one, negative: [12] }),
      'triplets.negative[0] must be an integer from 0 to 11, an index into the labels; received 12',
    )
    // The second chunk of the first pass, and of the second: there are gradients by then.
    for (const nth of [2, 4]) {
      ;[calls, failing] = [0, nth]
      await expectNoLeakWhenThrowing(() => trainer.train(mined), 'disk')
    }
    failing = Infinity
    await expectNoLeakWhenThrowing(
      () => trainer.train({ a: [0], b: [1], isSimilar: [0] }),
      'batch must hold triplets for the loss term "triplet"; received "pairs alone"',
    )
    const broken: SiameseNetwork = { ...network, distance: (a) => tf.fill([a.shape[0]], NaN) }
    using wrong = createSiameseTrainer({ ...settings, network: broken })
    await expect(wrong.train(mined)).rejects.toThrow(NonFiniteLossError)
    expect(await flat(network)).toEqual(before)
  })

  it('is finite where all images are the same', async () => {
    using network = make()
    using trainer = createSiameseTrainer({
      ...settings,
      network,
      images: (indices) => tf.ones([indices.length, size, size, 3]),
    })
    const { triplet } = await trainer.train({ images: batch, triplets: every })
    expect(triplet).toBeCloseTo(0.3, 5)
    expect((await flat(network)).every(Number.isFinite)).toBe(true)
  })

  it('takes batches of a tripletSampler', async () => {
    using network = make()
    using trainer = createSiameseTrainer({ ...settings, network })
    for (const triplets of tripletSampler(labels, { batchSize: 5 }).epoch(0)) await trainer.train(triplets)
    expect(trainer.step).toBe(3)
  })
})

describe('siameseLosses', () => {
  it('smooths labels and weighs classes', async () => {
    const options = { labelSmoothing: 0.2, classWeights: [0.5, 2] as const }
    using network = make()
    using trainer = createSiameseTrainer({
      images,
      labels,
      network,
      ...options,
      losses: [
        {
          name: 'own',
          weight: 1e-6,
          fn: ({ images: { logits, labels } }: SiameseContext) => binaryCrossEntropyWithLogits(logits, labels, options),
        },
      ],
    })
    const { bce, own } = await trainer.train({ a: [0, 1, 2], b: [1, 3, 4], isSimilar: [0, 1, 1] })
    expect(own).toBeCloseTo(bce!, 6)
  })

  it('takes each form, by its loss', async () => {
    using network = make()
    const found: number[] = []
    for (const form of ['hadsell', 'linear-hinge', 'squared-distance'] as const) {
      using trainer = createSiameseTrainer({ images, labels, network, form, learningRate: 0 })
      found.push((await trainer.train({ a: [0, 1, 2], b: [1, 3, 4], isSimilar: [0, 1, 1] }))['contrastive']!)
    }
    for (const form of ['hard-margin', 'soft-margin'] as const) {
      using trainer = createSiameseTrainer({ images, labels, network, form, embeddingLoss: 'triplet', learningRate: 0 })
      found.push((await trainer.train({ images: batch, triplets: every }))['triplet']!)
    }
    expect(new Set(found).size).toBe(5)
    const history = await trainSiamese({
      network,
      images,
      labels,
      form: 'soft-margin',
      pairs: 'hard-triplets',
      epochs: 1,
    })
    expect(history.history[0]!.terms).toHaveProperty('triplet')
  })

  it('refuses what no loss can use', () => {
    expect(() => siameseLosses({ embeddingLoss: 'angular' as 'triplet' })).toThrow(
      'options.embeddingLoss must be "contrastive" or "triplet"; received "angular"',
    )
    expect(() => siameseLosses({ form: 'soft-margin' })).toThrow('options.form must be one of hadsell')
    expect(() => siameseLosses({ form: 'hadsell', embeddingLoss: 'triplet' })).toThrow(
      'options.form must be one of hard-',
    )
    expect(() => siameseLosses({ margin: 0 })).toThrow('options.margin')
    expect(() => siameseLosses({ lambda: -1 })).toThrow('options.lambda')
    expect(() => siameseLosses({ labelSmoothing: 2 })).toThrow('options.labelSmoothing')
    expect(() => siameseLosses({ classWeights: [0, 0] })).toThrow('options.classWeights')
  })
})
