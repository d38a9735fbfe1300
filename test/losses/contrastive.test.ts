import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  contrastiveLoss,
  contrastiveStatistics,
  euclideanDistance,
  squaredEuclideanDistance,
} from '../../src/losses/index.js'
import { useBackend } from '../helpers/backend.js'
import { testLoss } from '../helpers/testLoss.js'
import reference from '../reference/losses_reference.json'

const table = [0, 0.5, 1, 2]
const none = { reduction: 'none' }
const apart = [
  [0.3, 0.6, 1.4],
  [1, 0, 0],
]

testLoss('contrastiveLoss', ([d, s], options) => contrastiveLoss(d as tf.Tensor1D, s as tf.Tensor1D, options), {
  golden: [
    { name: 'table, similar', inputs: [table, [1, 1, 1, 1]], options: none, value: [0, 0.125, 0.5, 2], tolerance: 0 },
    {
      name: 'table, dissimilar',
      inputs: [table, [0, 0, 0, 0]],
      options: none,
      value: [0.5, 0.125, 0, 0],
      tolerance: 0,
    },
    {
      name: 'boolean flags',
      inputs: [
        [2, 2],
        [true, false],
      ],
      options: none,
      value: [2, 0],
      tolerance: 0,
    },
    ...reference.contrastive,
  ],
  gradient: [
    { name: 'distance', inputs: apart },
    { name: 'distance, linear hinge', inputs: apart, options: { form: 'linear-hinge' } },
    { name: 'squared distance', inputs: apart, options: { form: 'squared-distance' } },
  ],
  reductions: { inputs: [table, [1, 0, 1, 0]], active: true },
  degenerate: [
    { name: 'one identical similar pair', inputs: [[0], [1]], value: 0 },
    { name: 'one identical dissimilar pair', inputs: [[0], [0]], value: 0.5 },
    {
      name: 'only far dissimilar pairs',
      inputs: [
        [5, 6],
        [0, 0],
      ],
      value: 0,
    },
    { name: 'no active pair', inputs: [[5], [0]], options: { reduction: 'mean-active' }, value: 0 },
    { name: 'linear hinge of identical embeddings', inputs: [[0], [0]], options: { form: 'linear-hinge' }, value: 1 },
  ],
  errors: [
    { name: 'no pairs', inputs: [[], []], message: 'distance must hold at least one value; received "shape [0]"' },
    { name: 'columns', inputs: [[[1]], [[1]]], message: 'distance must have the shape [pairs]; received "[1,1]"' },
    {
      name: 'fewer flags',
      inputs: [table, [1]],
      message: 'isSimilar must have the shape [4] of distance; received "[1]"',
    },
    ...[0, -1, NaN, Infinity].map((margin) => ({
      name: `margin ${margin}`,
      inputs: [table, table],
      options: { margin },
      message: `options.margin must be a finite number > 0; received ${margin}`,
    })),
    {
      name: 'an unknown form',
      inputs: [table, table],
      options: { form: 'toString' },
      message: 'options.form must be one of hadsell, linear-hinge, squared-distance; received "toString"',
    },
    {
      name: 'an unknown reduction',
      inputs: [table, table],
      options: { reduction: 'median' },
      message: 'options.reduction must be "mean", "mean-active", "sum" or "none"; received "median"',
    },
  ],
})

// testLoss asks that a call leaves only its result behind: the distance in between is freed here.
testLoss(
  'contrastiveLoss of embeddings',
  ([a, b, s], options) =>
    tf.tidy(() => contrastiveLoss(euclideanDistance(a as tf.Tensor2D, b as tf.Tensor2D), s as tf.Tensor1D, options)),
  {
    golden: reference.contrastiveOfEmbeddings,
    degenerate: [
      { name: 'one identical dissimilar pair', inputs: [[[1, 2]], [[1, 2]], [0]], value: 0.5, of: [0, 1] },
      { name: 'one identical similar pair', inputs: [[[1, 2]], [[1, 2]], [1]], value: 0, of: [0, 1] },
    ],
  },
)

testLoss(
  'contrastiveLoss of squared distances, the literal equation (4)',
  ([a, b, s]) =>
    tf.tidy(() => contrastiveLoss(squaredEuclideanDistance(a as tf.Tensor2D, b as tf.Tensor2D), s as tf.Tensor1D)),
  { golden: reference.contrastiveOfEmbeddings.slice(1, 2) },
)

describe('contrastiveStatistics', () => {
  beforeAll(() => useBackend('cpu'))

  it('counts active and collapsed pairs and averages distances', async () => {
    const d = tf.tensor1d([0, 1, 0, 0.5, 1, 3])
    const s = tf.tensor1d([1, 1, 0, 0, 0, 0])
    const before = tf.memory().numTensors
    expect(await contrastiveStatistics(d, s)).toEqual({
      similar: 2,
      dissimilar: 4,
      active: 2,
      collapsed: 1,
      meanSimilarDistance: 0.5,
      meanDissimilarDistance: 1.125,
    })
    expect(await contrastiveStatistics(d, s, { margin: 2, tolerance: 0.5 })).toMatchObject({ active: 3, collapsed: 2 })
    const squared = { margin: 0.3, form: 'squared-distance' } as const
    expect(await contrastiveStatistics(d, s, squared)).toMatchObject({ active: 2 })
    expect(tf.memory().numTensors).toBe(before)
    tf.dispose([d, s])
  })

  it('has NaN for the mean of no pairs, and refuses bad margins', async () => {
    const d = tf.tensor1d([1])
    const s = tf.tensor1d([1])
    expect((await contrastiveStatistics(d, s)).meanDissimilarDistance).toBeNaN()
    await expect(contrastiveStatistics(d, s, { margin: 0 })).rejects.toThrow(
      'options.margin must be a finite number > 0',
    )
    tf.dispose([d, s])
  })
})
