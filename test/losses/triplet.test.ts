import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { euclideanDistance, tripletLoss, tripletStatistics } from '../../src/losses/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import { testLoss } from '../helpers/testLoss.js'
import reference from '../reference/losses_reference.json'

const apart = [
  [0.3, 0.6, 1.4],
  [1, 2.5, 0.2],
]
const one = [[1, 2]]

testLoss('tripletLoss', ([p, n], options) => tripletLoss(p as tf.Tensor1D, n as tf.Tensor1D, options), {
  golden: [
    {
      name: 'by hand',
      inputs: [
        [0, 1, 2],
        [2, 1.5, 1],
      ],
      options: { reduction: 'none' },
      value: [0, 0.5, 2],
      tolerance: 0,
    },
    ...reference.triplet,
  ],
  gradient: [
    { name: 'both distances', inputs: apart, of: [0, 1] },
    { name: 'both distances, soft', inputs: apart, options: { form: 'soft-margin', margin: 0.5 }, of: [0, 1] },
  ],
  reductions: { inputs: apart, active: true },
  degenerate: [
    { name: 'equal distances', inputs: [[0], [0]], value: 1, of: [0, 1] },
    {
      name: 'equal distances, soft',
      inputs: [[0], [0]],
      options: { form: 'soft-margin' },
      value: Math.LN2,
      of: [0, 1],
    },
    { name: 'a violation beyond exp', inputs: [[1e30], [0]], options: { form: 'soft-margin' }, of: [0, 1] },
    {
      name: 'none that costs anything',
      inputs: [[0], [9]],
      options: { reduction: 'mean-active' },
      value: 0,
      of: [0, 1],
    },
  ],
  errors: [
    { name: 'no triplets', inputs: [[], []], message: 'positiveDistance must hold at least one value' },
    {
      name: 'columns',
      inputs: [[[1]], [[1]]],
      message: 'positiveDistance must have the shape [triplets]; received "[1,1]"',
    },
    {
      name: 'fewer negatives',
      inputs: [[1, 2], [1]],
      message: 'negativeDistance must have the shape [2] of positiveDistance',
    },
    {
      name: 'margin 0',
      inputs: apart,
      options: { margin: 0 },
      message: 'options.margin must be a finite number > 0; received 0',
    },
    {
      name: 'a negative soft margin',
      inputs: apart,
      options: { margin: -1, form: 'soft-margin' },
      message: 'options.margin must be a finite number >= 0; received -1',
    },
    {
      name: 'an unknown form',
      inputs: apart,
      options: { form: 'valueOf' },
      message: 'options.form must be one of hard-margin, soft-margin; received "valueOf"',
    },
  ],
})

testLoss(
  'tripletLoss of embeddings',
  ([a, p, n], options) =>
    tf.tidy(() =>
      tripletLoss(
        euclideanDistance(a as tf.Tensor2D, p as tf.Tensor2D),
        euclideanDistance(a as tf.Tensor2D, n as tf.Tensor2D),
        options,
      ),
    ),
  {
    golden: reference.tripletOfEmbeddings,
    degenerate: [{ name: 'three identical embeddings', inputs: [one, one, one], value: 1, of: [0, 1, 2] }],
  },
)

describe('tripletStatistics', () => {
  beforeAll(() => useBackend('cpu'))

  it('counts hard, semi-hard, active and collapsed triplets and averages distances', async () => {
    const p = tf.tensor1d([1, 1, 1, 1, 0])
    const n = tf.tensor1d([0.5, 1, 1.5, 3, 0])
    const before = tf.memory().numTensors
    expect(await tripletStatistics(p, n)).toEqual({
      triplets: 5,
      active: 4,
      hard: 3,
      semiHard: 1,
      collapsed: 1,
      meanPositiveDistance: 0.8,
      meanNegativeDistance: 1.2,
    })
    expect(await tripletStatistics(p, n, { margin: 0.5, tolerance: 0.5 })).toMatchObject({ semiHard: 0, collapsed: 2 })
    expect(tf.memory().numTensors).toBe(before)
    tf.dispose([p, n])
  })

  it('has NaN for the mean of no triplets, and refuses bad margins', async () => {
    const none = tf.tensor1d([])
    expect(await tripletStatistics(none, none)).toMatchObject({ triplets: 0, active: 0, meanPositiveDistance: NaN })
    await expectNoLeakWhenThrowing(() => tripletStatistics(none, none, { margin: -1 }), 'options.margin')
    none.dispose()
  })
})
