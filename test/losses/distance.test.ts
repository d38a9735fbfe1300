import type { Tensor2D } from '@tensorflow/tfjs-core'
import { cosineDistance, euclideanDistance, squaredEuclideanDistance } from '../../src/losses/index.js'
import { testLoss, type LossCases } from '../helpers/testLoss.js'
import reference from '../reference/losses_reference.json'

const common: Pick<LossCases, 'gradient' | 'errors'> = {
  gradient: [
    {
      name: 'both embeddings',
      inputs: [
        [
          [1, 0.5],
          [0.2, -1],
        ],
        [
          [-1, 0.3],
          [1, 1],
        ],
      ],
      of: [0, 1],
    },
  ],
  errors: [
    {
      name: 'vectors',
      inputs: [
        [1, 2],
        [1, 2],
      ],
      message: 'a must have the shape [pairs, embedding]; received "[2]"',
    },
    {
      name: 'different shapes',
      inputs: [[[1, 2]], [[1, 2, 3]]],
      message: 'b must have the shape [1,2] of a; received "[1,3]"',
    },
  ],
}
const zero = [[0, 0]]
/** 1e-4 apart near 1: the Gram form |a|^2 - 2 a.b + |b|^2 has no correct digit here in float32. */
const near = { name: 'near pairs keep their digits', inputs: [[[1, 1]], [[1.0001, 1]]] }

testLoss('euclideanDistance', ([a, b]) => euclideanDistance(a as Tensor2D, b as Tensor2D), {
  golden: [
    ...reference.euclidean,
    { ...near, value: [Math.fround(1.0001) - 1], tolerance: 1e-9 },
    { name: 'identical rows have gradient 0', inputs: [zero, zero], value: [0], gradients: [zero, zero], tolerance: 0 },
  ],
  degenerate: [
    { name: 'differences that underflow when squared', inputs: [[[1e-25, 0]], zero], of: [0, 1] },
    { name: 'embeddings without dimensions', inputs: [[[]], [[]]], of: [0, 1] },
  ],
  ...common,
})

testLoss('squaredEuclideanDistance', ([a, b]) => squaredEuclideanDistance(a as Tensor2D, b as Tensor2D), {
  golden: [...reference.squaredEuclidean, { ...near, value: [(Math.fround(1.0001) - 1) ** 2], tolerance: 1e-12 }],
  ...common,
})

testLoss('cosineDistance', ([a, b]) => cosineDistance(a as Tensor2D, b as Tensor2D), {
  golden: [
    ...reference.cosine,
    // 1 - a.b loses these digits in float32: 1 / (1 + 1e-6)^(1/2) rounds to 0.9999995.
    {
      name: 'near directions',
      inputs: [[[1, 0]], [[1, Math.fround(1e-3)]]],
      value: [1 - 1 / Math.sqrt(1 + Math.fround(1e-3) ** 2)],
      tolerance: 1e-12,
    },
    { name: 'the same direction', inputs: [[[2, 0]], [[7, 0]]], value: [0], gradients: [zero, zero] },
    { name: 'a row of zeros', inputs: [zero, [[1, 2]]], value: [1], gradients: [zero, zero] },
    { name: 'two rows of zeros', inputs: [zero, zero], value: [1], gradients: [zero, zero] },
  ],
  ...common,
})
