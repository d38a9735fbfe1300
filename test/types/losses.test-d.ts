import type { Scalar, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { assertType, describe, expectTypeOf, it } from 'vitest'
import { minePairs, mineTriplets, type BatchTriplets } from '../../src/data/index.js'
import {
  contrastiveLoss,
  createPerceptualLoss,
  l1Loss,
  mergeLossTerms,
  metricLoss,
  relativisticLoss,
  totalLoss,
  tripletLoss,
  type FeatureExtractor,
  type LossTerm,
} from '../../src/losses/index.js'

declare const images: Tensor4D
declare const distance: Tensor1D
declare const isSimilar: Tensor1D
declare const logits: Tensor

describe('losses', () => {
  it('give a scalar, or one value an element where nothing is reduced', () => {
    expectTypeOf(l1Loss(images, images)).toEqualTypeOf<Scalar>()
    expectTypeOf(contrastiveLoss(distance, isSimilar)).toEqualTypeOf<Scalar>()
    expectTypeOf(contrastiveLoss(distance, isSimilar, { reduction: 'none' })).not.toEqualTypeOf<Scalar>()
    expectTypeOf(relativisticLoss.generator(logits, logits)).toEqualTypeOf<Scalar>()
  })

  it('refuse unknown options', () => {
    // @ts-expect-error: the reductions are mean, mean-active, sum and none
    contrastiveLoss(distance, isSimilar, { reduction: 'average' })
    // @ts-expect-error: only the discriminator's loss can detach its means
    relativisticLoss.generator(logits, logits, { detachMeans: true })
  })

  it('of triplets are not taken on pairs, nor those of pairs on triplets', () => {
    const batch = metricLoss({
      miner: mineTriplets,
      loss: ({ positiveDistance, negativeDistance }) =>
        tripletLoss(positiveDistance, negativeDistance, { reduction: 'none' }),
    })
    expectTypeOf(batch.value).returns.toEqualTypeOf<Scalar>()
    expectTypeOf(batch.mine).returns.resolves.toEqualTypeOf<BatchTriplets>()
    // @ts-expect-error: pairs have a distance and isSimilar
    metricLoss({ miner: minePairs, loss: ({ positiveDistance }) => positiveDistance })
    // @ts-expect-error: triplets have no isSimilar
    metricLoss({ miner: mineTriplets, loss: ({ isSimilar }) => isSimilar })
    // @ts-expect-error: a loss of pairs takes two tensors, not what was mined
    metricLoss({ miner: minePairs, loss: contrastiveLoss })
    // @ts-expect-error: the costs are gathered to one number
    metricLoss({ miner: minePairs, loss: ({ distance }) => distance, reduction: 'none' })
  })

  it("take a user's own feature extractor", () => {
    const own: FeatureExtractor = { name: 'edges', description: 'own', apply: (x) => x, dispose: () => {} }
    expectTypeOf(createPerceptualLoss(own)).returns.toEqualTypeOf<Scalar>()
  })

  it('are combined over a context of the caller', () => {
    interface Context {
      prediction: Tensor4D
    }
    const term: LossTerm<Context> = { name: 'own', weight: 1, fn: ({ prediction }) => l1Loss(prediction, images) }
    assertType<LossTerm<Context>[]>(mergeLossTerms([term], []))
    expectTypeOf(totalLoss([term], { prediction: images }).total).toEqualTypeOf<Scalar>()
    // @ts-expect-error: a term gives a scalar tensor, not a number
    assertType<LossTerm<Context>>({ name: 'own', weight: 1, fn: () => 1 })
  })
})
