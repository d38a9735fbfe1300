import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { createPerceptualLoss, type FeatureExtractor } from '../../src/losses/index.js'
import { useBackend } from '../helpers/backend.js'
import { testLoss } from '../helpers/testLoss.js'
import reference from '../reference/losses_reference.json'

/** One convolution with the reference's weights, made anew in each call so that every backend has its own. */
const features: FeatureExtractor = {
  name: 'one convolution',
  description: '3x3, 3 -> 4, no padding',
  apply: (images) =>
    tf.tidy(() =>
      tf.add(
        tf.conv2d(images, tf.tensor4d(reference.perceptualFilter), 1, 'valid'),
        tf.tensor1d(reference.perceptualBias),
      ),
    ),
  dispose: () => {},
}
const apply = ([prediction, target]: tf.Tensor[], options: object): tf.Scalar =>
  createPerceptualLoss(features, options)(prediction as tf.Tensor4D, target as tf.Tensor4D)

const [prediction, target] = reference.perceptual[0]!.inputs as [number[][][][], number[][][][]]

testLoss('createPerceptualLoss', apply, {
  golden: [
    // The gradient of the target is zero in the reference: it is detached.
    ...reference.perceptual.map((golden) => ({ ...golden, tolerance: 2e-5 })),
    { ...reference.perceptual[0]!, name: 'l1 mean is the default', options: {}, tolerance: 2e-5 },
  ],
  degenerate: [{ name: 'equal images', inputs: [target, target], value: 0, of: [0, 1] }],
  errors: [
    {
      name: 'different shapes',
      inputs: [prediction, prediction.slice(1)],
      message: 'prediction must have the shape [1,5,4,3] of target; received "[2,5,4,3]"',
    },
  ],
})

describe('createPerceptualLoss', () => {
  let a: tf.Tensor4D
  beforeAll(async () => {
    await useBackend('cpu')
    a = tf.tensor4d(prediction)
  })
  afterAll(() => a.dispose())

  it('refuses unknown options when it is made', () => {
    expect(() => createPerceptualLoss(features, { criterion: 'huber' as 'l1' })).toThrow(ArgumentError)
    expect(() => createPerceptualLoss(features, { criterion: 'huber' as 'l1' })).toThrow(
      'options.criterion must be "l1" or "l2"; received "huber"',
    )
    expect(() => createPerceptualLoss(features, { reduction: 'none' as 'sum' })).toThrow(
      'options.reduction must be "mean" or "sum"; received "none"',
    )
  })

  it('keeps nothing of the pass over the target', () => {
    const kept: number[] = []
    const loss = createPerceptualLoss({
      ...features,
      apply: (images) => {
        const before = tf.memory().numTensors
        const result = tf.tidy(() => tf.square(tf.square(images)))
        kept.push(tf.memory().numTensors - before)
        return result
      },
    })
    tf.grad((x) => loss(x as tf.Tensor4D, a))(a).dispose()
    // The prediction's pass keeps its intermediate results for the gradient, the target's only the result.
    expect(kept[0]).toBeGreaterThan(1)
    expect(kept[1]).toBe(1)
  })
})
