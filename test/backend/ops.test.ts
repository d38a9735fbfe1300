import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { maxPool2x2, pixelUnshuffle, softplus, upsampleNearest2x } from '../../src/backend/index.js'
import { useBackend } from '../helpers/backend.js'
import { checkGradient, expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const random = (shape: number[], seed = 1): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed)

describe.each(['cpu', 'wasm'] as const)('operations on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  describe('upsampleNearest2x', () => {
    it('repeats every pixel', async () => {
      const y = tf.tidy(() => upsampleNearest2x(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])))
      expect(y.shape).toEqual([1, 4, 4, 1])
      expectClose(await y.data(), [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4], 0)
      y.dispose()
    })
    it('has the right gradient for a batch of 2 with 3 channels', async () => {
      const x = random([2, 2, 3, 3])
      const weights = random([2, 4, 6, 3], 2)
      await checkGradient((t) => tf.mul(upsampleNearest2x(t as tf.Tensor4D), weights), x)
      await expectNoLeak(() => tf.grad((t) => tf.square(upsampleNearest2x(t as tf.Tensor4D)))(x))
      await expectNoLeak(() => upsampleNearest2x(x as tf.Tensor4D))
      tf.dispose([x, weights])
    })
    it('refuses other ranks', async () => {
      const x = tf.zeros([2, 2]) as tf.Tensor as tf.Tensor4D
      expect(() => upsampleNearest2x(x)).toThrow(ArgumentError)
      await expectNoLeakWhenThrowing(() => upsampleNearest2x(x), 'x must have the shape')
      x.dispose()
    })
  })

  describe('pixelUnshuffle', () => {
    it("orders channels as PyTorch's PixelUnshuffle", async () => {
      const x = tf.reshape(tf.range(0, 2 * 4 * 4 * 3), [2, 4, 4, 3]) as tf.Tensor4D
      const y = pixelUnshuffle(x, 2)
      expect(y.shape).toEqual([2, 2, 2, 12])
      const values = await y.data()
      const expected: number[] = []
      for (let b = 0; b < 2; b++)
        for (let h = 0; h < 2; h++)
          for (let w = 0; w < 2; w++)
            for (let c = 0; c < 3; c++)
              for (let i = 0; i < 2; i++)
                for (let j = 0; j < 2; j++) expected.push(((b * 4 + h * 2 + i) * 4 + w * 2 + j) * 3 + c)
      expectClose(values, expected, 0)
      tf.dispose([x, y])
    })
    it('has a gradient and leaves nothing behind', async () => {
      const x = random([1, 4, 4, 2])
      const weights = random([1, 2, 2, 8], 2)
      await checkGradient((t) => tf.mul(pixelUnshuffle(t as tf.Tensor4D, 2), weights), x)
      await expectNoLeak(() => pixelUnshuffle(x as tf.Tensor4D, 2))
      tf.dispose([x, weights])
    })
    it('refuses sizes that are no multiple', async () => {
      const x = tf.zeros<tf.Rank.R4>([1, 3, 4, 1])
      await expectNoLeakWhenThrowing(() => pixelUnshuffle(x, 2), 'multiples of 2')
      x.dispose()
    })
  })

  describe('maxPool2x2', () => {
    it('takes the maximum and leaves out an odd edge', async () => {
      const x = tf.tensor4d([-5, -1, 9, -2, -3, 9, 9, 9, 9], [1, 3, 3, 1])
      const y = maxPool2x2(x)
      expect(y.shape).toEqual([1, 1, 1, 1])
      expectClose(await y.data(), [-1], 0)
      tf.dispose([x, y])
    })
    it('sends the gradient to the first maximum, also of negative windows, batches and channels', async () => {
      const x = tf.sub(random([3, 6, 5, 4]), 3)
      const weights = random([3, 3, 2, 4], 2)
      await checkGradient((t) => tf.mul(maxPool2x2(t as tf.Tensor4D), weights), x, { step: 1e-3 })
      await expectNoLeak(() => tf.grad((t) => maxPool2x2(t as tf.Tensor4D))(x))
      const equalValues = tf.tensor4d([1, 1, 1, 1], [1, 2, 2, 1])
      const gradient = tf.grad((t) => maxPool2x2(t as tf.Tensor4D))(equalValues)
      expectClose(await gradient.data(), [1, 0, 0, 0], 0)
      tf.dispose([x, weights, equalValues, gradient])
    })
    it('refuses images below 2x2', async () => {
      const x = tf.zeros<tf.Rank.R4>([1, 1, 4, 1])
      await expectNoLeakWhenThrowing(() => maxPool2x2(x), 'at least 2x2')
      x.dispose()
    })
  })

  describe('softplus', () => {
    it('is stable and exact', async () => {
      const x = tf.tensor1d([-100, -20, -1, 0, 1, 20, 100])
      const y = softplus(x)
      expectClose(
        await y.data(),
        [0, Math.log1p(Math.exp(-20)), Math.log1p(Math.exp(-1)), Math.LN2, 1 + Math.log1p(Math.exp(-1)), 20, 100],
        1e-6,
      )
      const gradient = tf.grad((t) => softplus(t))(x)
      expectClose(await gradient.data(), [0, 2.0611537e-9, 0.26894142, 0.5, 0.73105858, 1, 1], 1e-6)
      await expectNoLeak(() => tf.grad((t) => softplus(t))(x))
      tf.dispose([x, y, gradient])
    })
  })
})
