import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { minePairs, mineTriplets, pairsInBatch } from '../../src/data/index.js'
import {
  contrastiveLoss,
  cosineDistance,
  metricLoss,
  squaredEuclideanDistance,
  tripletLoss,
  type MetricLossOptions,
  type Pairs,
  type Reduction,
  type Triplets,
} from '../../src/losses/index.js'
import { pairsOfTriplets } from '../../src/losses/tuples.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import reference from '../reference/losses_reference.json'

const labels = reference.batchLabels
const given = tf.util.flatten(reference.batchTriplets[0]!.inputs) as number[]
const batch = (): tf.Tensor2D => tf.tensor2d(given, [labels.length, 3])

/** Value and gradient of a loss of the reference's batch. */
async function valueAndGradient<T extends Pairs | Triplets>(options: MetricLossOptions<T>): Promise<number[][]> {
  const loss = metricLoss(options)
  const x = batch()
  const mined = await loss.mine(x, labels)
  const { value, grad } = tf.valueAndGrad((e) => loss.value(e as tf.Tensor2D, mined))(x)
  const found = [[...(await value.data())], [...(await grad.data())]]
  tf.dispose([x, value, grad])
  return found
}

describe.each(['wasm', 'cpu'] as const)('metricLoss on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it.each(reference.batchTriplets)(
    'is PyTorch on triplets of a batch: $name',
    async ({ options, value, gradients }) => {
      const { strategy, margin, reduction } = options
      const found = await valueAndGradient({
        miner: (distances, classes) =>
          mineTriplets(distances, classes, { strategy: strategy as 'all' | 'hard' | 'semi-hard', margin }),
        loss: ({ positiveDistance, negativeDistance }) =>
          tripletLoss(positiveDistance, negativeDistance, { margin, reduction: 'none' }),
        reduction: reduction as Exclude<Reduction, 'none'>,
      })
      expectClose(found[0]!, [value], 2e-6)
      expectClose(found[1]!, tf.util.flatten(gradients) as number[], 1e-5)
    },
  )

  it('gathers by a function of costs and pairs: as pytorch-metric-learning, each kind by itself', async () => {
    const { value, gradients } = reference.batchContrastive[0]!
    const found = await valueAndGradient({
      miner: (_, classes) => pairsInBatch(classes),
      loss: ({ distance, isSimilar }) =>
        contrastiveLoss(distance, isSimilar, { form: 'linear-hinge', reduction: 'none' }),
      reduction: (costs, { isSimilar }) => {
        const similar = tf.tensor1d(Array.from(isSimilar), 'float32')
        const meanOf = (kind: tf.Tensor): tf.Tensor => {
          const active = tf.mul(kind, tf.step(costs))
          return tf.div(tf.sum(tf.mul(costs, active)), tf.maximum(tf.sum(active), 1))
        }
        return tf.add(meanOf(similar), meanOf(tf.sub(1, similar)))
      },
    })
    expectClose(found[0]!, [value], 2e-6)
    expectClose(found[1]!, tf.util.flatten(gradients) as number[], 1e-5)
  })

  it('leaves no tensor, and is 0 with gradient 0 where nothing was mined', async () => {
    const none = { anchor: [], positive: [], negative: [] }
    const loss = metricLoss({
      distance: cosineDistance,
      miner: (): Triplets => none,
      loss: ({ positiveDistance, negativeDistance }) =>
        tripletLoss(positiveDistance, negativeDistance, { reduction: 'none' }),
    })
    const x = batch()
    await expectNoLeak(async () => void (await loss.mine(x, labels)))
    await expectNoLeak(() => loss.value(x, none))
    await expectNoLeak(() => loss.value(x, { anchor: [0, 2], positive: [2, 0], negative: [1, 3] }))
    const { value, grad } = tf.valueAndGrad((e) => loss.value(e as tf.Tensor2D, none))(x)
    expect([...(await value.data()), ...(await grad.data())].every((number) => number === 0)).toBe(true)
    tf.dispose([x, value, grad])
  })

  it('refuses places that are not of the batch, images with themselves, and losses of another shape', async () => {
    const pairs = metricLoss({
      distance: squaredEuclideanDistance,
      miner: minePairs,
      loss: ({ distance, isSimilar }) => contrastiveLoss(distance, isSimilar),
    })
    const triplets = metricLoss({ miner: mineTriplets, loss: ({ positiveDistance }) => positiveDistance })
    const x = batch()
    const one = { a: [0], b: [1], isSimilar: [0] }
    const three = { anchor: [0], positive: [2], negative: [1] }
    for (const [run, message] of [
      [
        () => pairs.value(x, { ...one, b: [9], skipped: 0 } as never),
        'pairs.b[0] must be an integer from 0 to 8, a place in',
      ],
      [() => pairs.value(x, { ...one, b: [0] } as never), 'pairs.b[0] must be another image than pairs.a'],
      [() => pairs.value(x, { ...one, isSimilar: [2] } as never), 'pairs.isSimilar[0] must be 0 or 1'],
      [() => pairs.value(x, { ...one, isSimilar: [] } as never), 'pairs must have a, b and isSimilar of one length'],
      [
        () => pairs.value(x, one as never),
        'the result of options.loss must be one cost each, of shape [1]; received "[]"',
      ],
      [
        () => triplets.value(x, { ...three, anchor: [-1] } as never),
        'triplets.anchor[0] must be an integer from 0 to 8',
      ],
      [
        () => triplets.value(x, { ...three, positive: [0] } as never),
        'triplets.positive[0] must be another image than the anchor',
      ],
      [
        () => triplets.value(x, { ...three, negative: [2] } as never),
        'triplets.negative[0] must be another image than anchor',
      ],
      [
        () => triplets.value(x, { ...three, negative: [] } as never),
        'triplets must have anchor, positive and negative of one',
      ],
      [() => pairs.mine(x, [0, 1]), 'labels must hold one of each embedding, 9; received 2'],
    ] as const)
      await expectNoLeakWhenThrowing(run, message)
    const broken = tf.fill<tf.Rank.R2>([9, 3], NaN)
    await expectNoLeakWhenThrowing(() => pairs.mine(broken, labels), 'distances[0 * 9 + 1] must be a number')
    tf.dispose([x, broken])
  })
})

describe('pairsOfTriplets', () => {
  it('holds each pair once, and gives every triplet its two', () => {
    const place = fc.integer({ min: 0, max: 11 })
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(place, { minLength: 3, maxLength: 3 }), { minLength: 1 }), (found) => {
        const [anchor, positive, negative] = [0, 1, 2].map((k) => found.map((each) => each[k]!)) as [
          number[],
          number[],
          number[],
        ]
        const { pairs, ...of } = pairsOfTriplets({ anchor, positive, negative }, 12)
        const keys = Array.from(pairs.a, (a, k) => `${a} ${pairs.b[k]} ${pairs.isSimilar[k]}`)
        expect(new Set(keys).size).toBe(keys.length)
        const key = (i: number, j: number, kind: number): string => `${Math.min(i, j)} ${Math.max(i, j)} ${kind}`
        found.forEach(([a, p, n], k) => {
          expect(keys[of.positive[k]!]).toBe(key(a!, p!, 1))
          expect(keys[of.negative[k]!]).toBe(key(a!, n!, 0))
        })
      }),
    )
  })
})
