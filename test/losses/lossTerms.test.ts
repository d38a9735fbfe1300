import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { l1Loss, mergeLossTerms, totalLoss, type LossTerm } from '../../src/losses/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

interface Context {
  x: tf.Tensor
}
const term = (name: string, weight = 1, value = 1): LossTerm<Context> => ({
  name,
  weight,
  fn: ({ x }) => tf.mul<tf.Scalar>(tf.sum(x), value),
})

describe('mergeLossTerms', () => {
  const defaults = [term('perceptual', 1), term('adversarial', 5e-3), term('l1', 1e-2)]

  it('replaces in place, adds at the end, removes by weight 0', () => {
    const own = [term('mine', 2), term('adversarial', 3), term('l1', 0), term('unknown', 0)]
    const merged = mergeLossTerms(defaults, own)
    expect(merged.map(({ name, weight }) => [name, weight])).toEqual([
      ['perceptual', 1],
      ['adversarial', 3],
      ['mine', 2],
    ])
    expect(merged[1]!.fn).toBe(own[1]!.fn)
    expect(mergeLossTerms(defaults, [])).toEqual(defaults)
  })

  it('refuses terms that cannot be told apart or weighed', () => {
    const refused = (own: unknown, message: string): void => {
      const run = (): unknown => mergeLossTerms(defaults, own as LossTerm<Context>[])
      expect(run).toThrow(ArgumentError)
      expect(run).toThrow(message)
    }
    refused([term('a'), term('a')], 'losses[1].name must be unique among the terms; received "a"')
    refused([term('a', NaN)], 'losses[0].weight must be a finite number (term "a"); received NaN')
    refused([term('a', Infinity)], 'losses[0].weight must be a finite number (term "a"); received Infinity')
    refused([{ ...term('a'), weight: '1' }], 'losses[0].weight must be a finite number (term "a"); received "1"')
    refused([term('')], 'losses[0].name must be a string that is not empty; received ""')
    refused([{ name: 'a', weight: 1 }], 'losses[0].fn must be a function (term "a"); received undefined')
  })
})

describe('totalLoss', () => {
  beforeAll(() => useBackend('cpu'))

  it('adds up the weighted terms and names the unweighted values', async () => {
    const before = tf.memory().numTensors
    const x = tf.tensor1d([1, 2])
    const { total, values } = tf.tidy(() => totalLoss([term('a', 2), term('b', -0.5, 10)], { x }))
    expectClose(await total.data(), [2 * 3 - 0.5 * 30])
    expect(Object.keys(values)).toEqual(['a', 'b'])
    expectClose([...(await values['a']!.data()), ...(await values['b']!.data())], [3, 30])
    tf.dispose([x, total, values])
    expect(tf.memory().numTensors).toBe(before)
  })

  it('is differentiable, with a loss of the caller', async () => {
    const x = tf.tensor1d([1, 2])
    const target = tf.tensor1d([0, 5])
    const terms: LossTerm<Context>[] = [term('a', 3), { name: 'own', weight: 4, fn: (c) => l1Loss(c.x, target) }]
    const gradient = tf.grad((y) => totalLoss(terms, { x: y }).total)(x)
    expectClose(await gradient.data(), [3 + 2, 3 - 2])
    tf.dispose([x, target, gradient])
  })

  it('refuses what is no sum of scalars', async () => {
    const x = tf.tensor1d([1, 2])
    const refused = async (terms: unknown, message: string): Promise<void> => {
      const run = (): unknown => tf.tidy(() => totalLoss(terms as LossTerm<Context>[], { x }))
      expect(run).toThrow(ArgumentError)
      await expectNoLeakWhenThrowing(run, message)
    }
    const returning = (fn: () => unknown): unknown => [{ name: 'own', weight: 1, fn }]
    await refused([], 'terms must hold at least one loss term; received []')
    await refused([term('a'), term('a')], 'terms[1].name must be unique among the terms; received "a"')
    await refused([term('a', NaN)], 'terms[0].weight must be a finite number (term "a"); received NaN')
    await refused(
      returning(() => tf.square(x)),
      'the result of loss term "own" must be a scalar tensor (shape []); received "shape [2]"',
    )
    await refused(
      returning(() => 3),
      'the result of loss term "own" must be a scalar tensor (shape []); received 3',
    )
    await refused(
      returning(() => undefined),
      'the result of loss term "own" must be a scalar tensor (shape []); received undefined',
    )
    x.dispose()
  })
})
