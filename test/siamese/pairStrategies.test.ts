import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { minePairs } from '../../src/data/index.js'
import { createRandom } from '../../src/random.js'
import {
  createPairBatches,
  createSiamese,
  createSiameseTrainer,
  pairStrategies,
  trainSiamese,
  type ImageLoader,
  type Pairs,
  type SiameseCheckpoint,
  type SiameseContext,
  type SiameseEpoch,
  type SiameseNetwork,
  type Triplets,
} from '../../src/siamese/index.js'
import { getWeights, NonFiniteLossError } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const size = 16
const count = 30
const labels = Array.from({ length: count }, (_, i) => i % 2)
const groups = Array.from({ length: count }, (_, i) => `p${i % 6}`)

/** Vertical (0) or horizontal (1) stripes of random phase. */
const images: ImageLoader = (indices) => {
  const data = new Float32Array(indices.length * size * size * 3)
  Array.from(indices).forEach((index, k) => {
    const random = createRandom(1, 'stripes', index)
    const phase = random.integer(4)
    for (let i = 0; i < size * size; i++) {
      const place = labels[index] === 1 ? Math.floor(i / size) : i % size
      data.fill(
        (((place + phase) >> 1) & 1 ? 0.7 : 0.3) + random.normal(0, 0.05),
        (k * size * size + i) * 3,
        (k * size * size + i + 1) * 3,
      )
    }
  })
  return tf.tensor4d(data, [indices.length, size, size, 3])
}
const make = (options = {}): SiameseNetwork =>
  createSiamese({ inputShape: [size, size, 3], widths: [8, 8], embeddingSize: 8, seed: 5, ...options })
const flat = async (network: SiameseNetwork): Promise<number[]> =>
  [...(await getWeights(network.variables)).values()].flatMap((weight) => [...weight.data])

const batch = [3, 8, 1, 20, 5, 14]
/** Every unordered pair of the six. */
const every: Pairs = (() => {
  const pairs = batch.flatMap((_, i) => batch.slice(i + 1).map((_, k) => [i, i + 1 + k] as const))
  return {
    a: pairs.map(([i]) => i),
    b: pairs.map(([, j]) => j),
    isSimilar: pairs.map(([i, j]) => (labels[batch[i]!] === labels[batch[j]!] ? 1 : 0)),
  }
})()

beforeAll(() => useBackend('wasm'))

describe('a trainer on images and the pairs among them', () => {
  it('takes the same step as on the pairs written out, whole, made of distances and in micro-batches', async () => {
    const after: number[][] = []
    const reports: number[][] = []
    const written = {
      a: Array.from(every.a, (i) => batch[i]!),
      b: Array.from(every.b, (j) => batch[j]!),
      isSimilar: every.isSimilar,
    }
    // Without dropout: written out, the pairs would have other masks.
    for (const [given, microBatch] of [
      [written, undefined],
      [{ images: batch, pairs: every }, undefined],
      [{ images: batch, pairs: () => every }, undefined],
      [{ images: batch, pairs: every }, 1],
      [{ images: batch, pairs: () => every }, 2],
    ] as const) {
      using network = make({ dropout: 0 })
      using trainer = createSiameseTrainer({
        network,
        images,
        labels,
        learningRate: 1e-3,
        epsilon: 1e-3,
        ...(microBatch === undefined ? {} : { microBatch }),
      })
      const report = await trainer.train(given)
      reports.push([report['loss']!, report['bce']!, report['contrastive']!])
      await trainer.train(given)
      after.push(await flat(network))
    }
    for (const weights of after) expectClose(weights, after[0]!, 2e-6)
    for (const report of reports) expectClose(report, reports[0]!, 1e-5)
  })

  it('makes pairs of the very distances of the step, dropout included, one mask for all', async () => {
    using network = make()
    let seen: Float32Array | undefined
    let inLoss: number[] = []
    using trainer = createSiameseTrainer({
      network,
      images,
      labels,
      microBatch: 2,
      losses: [
        {
          name: 'look',
          weight: 1,
          fn: ({ distance }: SiameseContext) => {
            inLoss = [...distance.dataSync()]
            return tf.scalar(0)
          },
        },
      ],
    })
    // The third and the last image are the same one: under masks of their own they would lie apart.
    const twice = [3, 8, 1, 20, 5, 1]
    await trainer.train({
      images: twice,
      pairs: (distances) => {
        seen = distances
        return every
      },
    })
    expect(seen).toHaveLength(36)
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 6; j++) expect(seen![i * 6 + j]).toBe(i === j ? 0 : seen![j * 6 + i])
    expectClose(
      inLoss,
      Array.from(every.a, (i, k) => seen![i * 6 + every.b[k]!]!),
      1e-6,
    )
    expect(seen![2 * 6 + 5]).toBeLessThan(1e-6)
    expect(Math.max(...seen!)).toBeGreaterThan(1e-3)
  })

  it('keeps the number of tensors flat, and changes nothing where pairs or distances fail', async () => {
    using network = make()
    using trainer = createSiameseTrainer({ network, images, labels, microBatch: 2 })
    const mined = {
      images: batch,
      pairs: (distances: Float32Array) =>
        minePairs(
          distances,
          batch.map((i) => labels[i]!),
        ),
    }
    await trainer.train(mined)
    await expectNoLeak(() => trainer.train(mined).then(() => undefined))
    const before = await flat(network)
    const none = { a: [], b: [], isSimilar: [] }
    await expectNoLeakWhenThrowing(
      () => trainer.train({ images: batch, pairs: () => none }),
      'pairs must hold at least one pair',
    )
    await expectNoLeakWhenThrowing(
      () => trainer.train({ images: batch, pairs: none }),
      'pairs must hold at least one pair',
    )
    const broken: SiameseNetwork = { ...network, distance: (a) => tf.fill([a.shape[0]], NaN) }
    using wrong = createSiameseTrainer({ network: broken, images, labels })
    await expect(wrong.train(mined)).rejects.toThrow(NonFiniteLossError)
    await expectNoLeakWhenThrowing(() => wrong.train(mined), 'siamese step 0: distance is NaN')
    expect(await flat(network)).toEqual(before)
  })

  it('refuses places and images that there are not, and an image with itself', async () => {
    using network = make()
    using trainer = createSiameseTrainer({
      network,
      images,
      labels,
      losses: [{ name: 'bce', weight: 0, fn: () => tf.scalar(0) }],
    })
    const before = await flat(network)
    const one = { a: [0], b: [1], isSimilar: [0] }
    for (const [wrong, message] of [
      [{ ...one, b: [6] }, 'pairs.b[0] must be an integer from 0 to 5, a place in the batch; received 6'],
      [{ ...one, a: [-1] }, 'pairs.a[0] must be an integer from 0 to 5'],
      [{ ...one, a: [0.5] }, 'pairs.a[0] must be an integer from 0 to 5'],
      [{ ...one, a: [1] }, 'pairs.b[0] must be another image than pairs.a; received 1'],
      [{ ...one, isSimilar: [7] }, 'pairs.isSimilar[0] must be 0 or 1; received 7'],
    ] as const) {
      await expectNoLeakWhenThrowing(() => trainer.train({ images: batch, pairs: wrong }), message)
      await expectNoLeakWhenThrowing(() => trainer.train({ images: batch, pairs: () => wrong }), message)
    }
    await expectNoLeakWhenThrowing(
      () => trainer.train({ images: [0, 30], pairs: one }),
      'images[1] must be an integer from 0 to 29, an index into the labels; received 30',
    )
    await expectNoLeakWhenThrowing(
      () => trainer.train({ ...one, b: [30] }),
      'pairs.b[0] must be an integer from 0 to 29',
    )
    expect(await flat(network)).toEqual(before)
    expect(trainer.step).toBe(0)
  })
})

describe('trainSiamese with each strategy', () => {
  const settings = { images, labels, epochs: 4, batchSize: 6, microBatch: 4, learningRate: 5e-3, seed: 4 }
  const bare = (history: readonly object[]): object[] => history.map((entry) => ({ ...entry, seconds: 0 }))

  it.each(pairStrategies)('%s: learns, and resumes in the middle of an epoch to the same result', async (pairs) => {
    using straight = make()
    const { history: whole } = await trainSiamese({
      ...settings,
      pairs,
      epochs: 8,
      network: straight,
      validation: { images, labels },
    })
    // Semi-hard triplets cost something by choice: of them the head's loss tells.
    const lossOf = (epoch: SiameseEpoch): number => (pairs === 'semi-hard-triplets' ? epoch.terms['bce']! : epoch.loss)
    expect(lossOf(whole.at(-1)!)).toBeLessThan(0.7 * lossOf(whole[0]!))
    expect(whole.at(-1)!.validation!.auc).toBeGreaterThan(0.95)

    using first = make()
    const { history: short } = await trainSiamese({ ...settings, pairs, network: first })
    const saved: SiameseCheckpoint[] = []
    const stop = new AbortController()
    using stopped = make()
    await expect(
      trainSiamese({
        ...settings,
        pairs,
        network: stopped,
        signal: stop.signal,
        onSave: (checkpoint) => void saved.push(checkpoint),
        onProgress: ({ step }) => step === 4 && stop.abort(),
      }),
    ).rejects.toThrow('abort')
    expect(saved.at(-1)!.begun!.steps).toBe({ balanced: 4, 'balanced-triplets': 4 }[pairs as string] ?? 1)
    using again = make({ seed: 77 })
    const { history: rest } = await trainSiamese({ ...settings, pairs, network: again, resume: saved.at(-1)! })
    expect(bare(rest)).toEqual(bare(short))
    expect(await flat(again)).toEqual(await flat(first))
  })

  it('counts its pairs, and the anchors without one', async () => {
    const groupsOf = { groups, samePatient: 'forbid' as const }
    using network = make()
    const {
      history: [hard],
    } = await trainSiamese({ ...settings, ...groupsOf, pairs: 'hard', epochs: 1, network })
    expect(hard!.pairs + 2 * hard!.skippedAnchors).toBe(2 * 12 * 3)
    const {
      history: [all],
    } = await trainSiamese({ ...settings, pairs: 'all-in-batch', epochs: 1, network })
    expect(all).toMatchObject({ pairs: (3 * 12 * 11) / 2, skippedAnchors: 0 })
    // Nothing is within so narrow a band: the hard pairs are taken, and every anchor is counted.
    const narrow = { pairs: 'semi-hard', margin: 1e-30, epochs: 1, network } as const
    expect((await trainSiamese({ ...settings, ...narrow })).history[0]).toMatchObject({ pairs: 72, skippedAnchors: 36 })
    const {
      history: [balanced],
    } = await trainSiamese({ ...settings, epochs: 1, network })
    expect(balanced).toMatchObject({ pairs: 60, skippedAnchors: 0 })
  })

  it('counts every image of the batches once in the accuracy, however many pairs it is in', async () => {
    const steps: Readonly<Record<string, number>>[] = []
    const pairs: number[] = []
    using network = make()
    // Batches of six images with 1 to 15 pairs.
    const uneven = labels.map((_, i) => (i < 16 ? 0 : i))
    const options = { groups: uneven, samePatient: 'forbid', pairs: 'all-in-batch', epochs: 1, batchSize: 3 } as const
    for (const { made } of createPairBatches(labels, { ...options, strategy: 'all-in-batch', seed: 4 }).epoch(0))
      pairs.push(made().pairs)
    expect(new Set(pairs).size).toBeGreaterThan(1)
    const onProgress = ({ values }: { values?: Readonly<Record<string, number>> }): void => void steps.push(values!)
    const {
      history: [epoch],
    } = await trainSiamese({ ...settings, ...options, network, onProgress })
    const weighted = (name: string, weights: readonly number[]): number =>
      steps.reduce((sum, values, i) => sum + values[name]! * weights[i]!, 0) / weights.reduce((a, b) => a + b)
    expect(epoch!.accuracy).toBeCloseTo(
      weighted(
        'accuracy',
        pairs.map(() => 1),
      ),
      10,
    )
    expect(epoch!.loss).toBeCloseTo(weighted('loss', pairs), 10)
  })

  it('refuses an unknown strategy, and batches that the rules leave without pairs', async () => {
    using network = make()
    const run = (more: object): Promise<unknown> => trainSiamese({ ...settings, network, ...more })
    await expect(run({ pairs: 'easy' })).rejects.toThrow('options.pairs must be one of balanced, all-in-batch')
    await expect(run({ pairs: 'hard', batchSize: 1 })).rejects.toThrow('batch 1 of epoch 1 does not')
    const alone = groups.map((_, i) => i)
    await expect(run({ pairs: 'hard', samePatient: 'require', groups: alone })).rejects.toThrow('image 0 of patient 0')
    await expect(run({ pairs: 'hard', samePatient: 'require', groups, batchSize: 1 })).rejects.toThrow(
      'options.batchSize',
    )
  })
})

describe('the batches of each strategy', () => {
  const none: Triplets = { anchor: [], positive: [], negative: [] }
  const asPairs = (anchor: ArrayLike<number>, positive: ArrayLike<number>, negative: ArrayLike<number>): Pairs => ({
    a: [...Array.from(anchor), ...Array.from(anchor)],
    b: [...Array.from(positive), ...Array.from(negative)],
    isSimilar: [...Array.from(anchor, () => 1), ...Array.from(anchor, () => 0)],
  })
  const options = { batchSize: 6, epochs: 2, stepsPerEpoch: Infinity, margin: 0.3, seed: 3, groups }
  const pictures = groups.map((_, i) => i - (i % 12 < 6 && i >= 6 ? 6 : 0))
  const cases = pairStrategies.flatMap((strategy) =>
    (['allow', 'forbid', 'require'] as const).map((samePatient) => ({ strategy, samePatient })),
  )
  it.each(cases)('$strategy: keep samePatient $samePatient, and copies apart', ({ strategy, samePatient }) => {
    const batches = createPairBatches(labels, { ...options, strategy, samePatient, pictures })
    const random = createRandom(1, 'distances')
    for (const { batch, made } of batches.epoch(1)) {
      const places = 'images' in batch ? Array.from(batch.images) : [...Array(count).keys()]
      const n = places.length
      const distances = Float32Array.from({ length: n * n }, () => random.uniform())
      const triplets = 'triplets' in batch ? batch.triplets : undefined
      const { anchor, positive, negative } = typeof triplets === 'function' ? triplets(distances) : (triplets ?? none)
      const pairs = 'pairs' in batch ? batch.pairs : 'a' in batch ? batch : asPairs(anchor, positive, negative)
      const { a, b, isSimilar } = typeof pairs === 'function' ? pairs(distances) : pairs
      expect(made().pairs).toBe(triplets === undefined ? a.length : anchor.length)
      expect(new Set(Array.from(isSimilar))).toEqual(new Set([0, 1]))
      for (let k = 0; k < a.length; k++) {
        const [i, j] = [places[a[k]!]!, places[b[k]!]!]
        const isSame = groups[i] === groups[j]
        expect(pictures[i]).not.toBe(pictures[j])
        expect(labels[i] === labels[j]).toBe(isSimilar[k] === 1)
        if (samePatient === 'forbid') expect(isSame).toBe(false)
        if (samePatient === 'require' && isSimilar[k] === 1) expect(isSame).toBe(true)
      }
      if ('images' in batch) {
        expect(new Set(places).size).toBe(n)
        if (strategy !== 'balanced-triplets') expect(places.filter((i) => labels[i] === 1)).toHaveLength(n / 2)
      }
    }
  })
})
