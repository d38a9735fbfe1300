import * as tf from '@tensorflow/tfjs-core'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { createDiscriminator, type Discriminator } from '../../src/esrgan/index.js'
import { getWeights, lossGradients } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import { expectSummary, fillByFormula, formulaImages, toTorch, weightedSum, type Summary } from './reference.js'

const expected = (
  JSON.parse(readFileSync(new URL('../reference/esrgan_networks.json', import.meta.url), 'utf8')) as {
    discriminator: {
      options: { patchSize: number; features: number }
      batch: number
      train: number[]
      eval: number[]
      inputGradient: Summary
      gradients: Record<string, Summary>
      running: Record<string, number[]>
    }
  }
).discriminator
const flattened = { height: 4, width: 4, channels: 4 * expected.options.features }

describe.each(['wasm', 'cpu'] as const)('discriminator on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  const prepared = (): Discriminator => {
    const discriminator = createDiscriminator(expected.options)
    fillByFormula(discriminator, 0.2, flattened)
    return discriminator
  }
  const images = (): tf.Tensor4D => formulaImages([expected.batch, 32, 32, 3])

  it('equals PyTorch in training and evaluation, with running statistics', async () => {
    using discriminator = prepared()
    const x = images()
    const before = discriminator.apply(x)
    const train = discriminator.apply(x, { training: true })
    expectClose(await train.data(), expected.train, 1e-4)
    const weights = await getWeights(discriminator.variables)
    for (const [name, values] of Object.entries(expected.running)) expectClose(weights.get(name)!.data, values, 1e-5)
    const evaluated = discriminator.apply(x)
    expectClose(await evaluated.data(), expected.eval, 1e-5)
    expect(await before.data()).not.toEqual(await evaluated.data())
    expect(discriminator.variables.size - discriminator.trainable.size).toBe(Object.keys(expected.running).length)
    tf.dispose([x, before, train, evaluated])
  })

  it('has the gradients of PyTorch in training', async () => {
    using discriminator = prepared()
    const x = images()
    const judge = (input: tf.Tensor): tf.Scalar =>
      weightedSum(discriminator.apply(input as tf.Tensor4D, { training: true }))
    const dx = tf.grad(judge)(x)
    expectSummary(await dx.data(), expected.inputGradient, 1e-3)
    const { value, gradients } = lossGradients(discriminator.trainable, () => judge(x))
    expect([...gradients.keys()].toSorted()).toEqual(Object.keys(expected.gradients).toSorted())
    for (const [name, gradient] of gradients) {
      const data = Float32Array.from(await gradient.data())
      expectSummary(toTorch(name, { shape: gradient.shape, data }, flattened), expected.gradients[name]!, 1e-3)
    }
    tf.dispose([x, dx, value, ...gradients.values()])
  })

  it('leaves no tensor behind', async () => {
    await expectNoLeak(() => {
      using discriminator = prepared()
      const x = images()
      const { value, gradients } = lossGradients(discriminator.trainable, () =>
        tf.mean(discriminator.apply(x, { training: true })),
      )
      return [x, value, ...gradients.values(), discriminator.apply(x)]
    })
  })
})

describe('createDiscriminator', () => {
  beforeAll(() => useBackend('wasm'))

  it('has the published number of parameters', () => {
    using at128 = createDiscriminator()
    expect(at128.parameterCount).toBe(14_499_401)
    at128.dispose()
    using at256 = createDiscriminator({ patchSize: 256 })
    expect(at256.parameterCount).toBe(21_055_049)
  })

  it.each([32, 64, 128])('judges patches of %s pixels', (patchSize) => {
    using discriminator = createDiscriminator({ patchSize, features: 2 })
    tf.tidy(() => {
      expect(discriminator.apply(tf.zeros([2, patchSize, patchSize, 3])).shape).toEqual([2, 1])
    })
    const outputs = [...discriminator.variables].filter(
      ([name]) => name.startsWith('conv') && name.endsWith('_1.weight'),
    )
    expect(outputs.map(([, { shape }]) => shape[3])).toEqual([2, 4, 8, 16, 16].slice(0, Math.log2(patchSize) - 2))
  })

  it.each([16, 48, 100, 32.5, NaN])('refuses patches of %s pixels', (patchSize) => {
    expect(() => createDiscriminator({ patchSize })).toThrow(/power of two >= 32/)
  })

  it('refuses images of another size, without a leak', async () => {
    using discriminator = createDiscriminator({ patchSize: 32, features: 2 })
    const x = tf.zeros<tf.Rank.R4>([1, 64, 64, 3])
    expect(() => discriminator.apply(x)).toThrow(ArgumentError)
    await expectNoLeakWhenThrowing(() => discriminator.apply(x), 'images must')
    x.dispose()
  })
})
