import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { expectTypeOf, it } from 'vitest'
import { contrastiveLoss, l1Loss, type Reduced } from '../../src/losses/index.js'

declare const x: Tensor
declare const distance: Tensor1D

it('gives a scalar unless each element is asked for', () => {
  expectTypeOf(() => l1Loss(x, x)).returns.toEqualTypeOf<Scalar>()
  expectTypeOf(() => l1Loss(x, x, { reduction: 'sum' })).returns.toEqualTypeOf<Scalar>()
  expectTypeOf(() => l1Loss(x, x, { reduction: 'none' })).returns.toEqualTypeOf<Tensor>()
  expectTypeOf(() => contrastiveLoss(distance, distance, { margin: 2 })).returns.toEqualTypeOf<Scalar>()
  expectTypeOf<Reduced<'none'>>().toEqualTypeOf<Tensor>()
})
