import * as tf from '@tensorflow/tfjs-core'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { createRRDBGenerator, type GeneratorOptions } from '../../src/esrgan/index.js'
import { bicubicUpsample } from '../../src/data/index.js'
import { getWeights, lossGradients } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import {
  expectSummary,
  fillByFormula,
  formulaImages,
  relativeL2,
  toTorch,
  weightedSum,
  type Summary,
} from './reference.js'

interface Case {
  options: GeneratorOptions
  input: [number, number, number]
  output: number[]
  inputGradient: number[]
  gradients: Record<string, Summary>
}

const cases = (
  JSON.parse(readFileSync(new URL('../reference/esrgan_networks.json', import.meta.url), 'utf8')) as {
    generators: Case[]
  }
).generators

const tiny = { blocks: 1, features: 4, growth: 2 } as const

// PyTorch's outputs and gradients tell all of these apart, which other ports got wrong: LeakyReLU after conv5, none
// after conv_hr, plain ReLU, transposed-convolution upsampling, a residual added twice.
describe.each(['wasm', 'cpu'] as const)('RRDB generator on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  describe.each([false, true])('with checkpoint %s', (checkpoint) => {
    it.each(cases)('equals PyTorch for $options, forward and backward', async ({ options, input, ...expected }) => {
      using generator = createRRDBGenerator({ ...options, checkpoint })
      fillByFormula(generator, 0.3)
      const x = formulaImages([...input, 3])
      const y = generator.apply(x)
      expectClose(await y.data(), expected.output, 1e-5)

      const dx = tf.grad((images) => weightedSum(generator.apply(images as tf.Tensor4D)))(x)
      expectSummary(await dx.data(), expected.inputGradient, 1e-4)

      const { value, gradients } = lossGradients(generator.trainable, () => weightedSum(generator.apply(x)))
      expect([...gradients.keys()].toSorted()).toEqual(Object.keys(expected.gradients).toSorted())
      for (const [name, gradient] of gradients) {
        const data = Float32Array.from(await gradient.data())
        expectSummary(toTorch(name, { shape: gradient.shape, data }), expected.gradients[name]!, 1e-4)
      }
      tf.dispose([x, y, dx, value, ...gradients.values()])
    })
  })

  it.each([1, 2, 4] as const)('gives %s times the size', (scale) => {
    using generator = createRRDBGenerator({ ...tiny, scale })
    tf.tidy(() => {
      expect(generator.apply(tf.zeros([2, 4, 8, 3])).shape).toEqual([2, 4 * scale, 8 * scale, 3])
    })
  })

  it('is bicubic upsampling when untrained with bicubicSkip', async () => {
    using generator = createRRDBGenerator({ ...tiny, bicubicSkip: true })
    const x = formulaImages([1, 5, 4, 3])
    const y = generator.apply(x)
    const bicubic = bicubicUpsample(x, 4)
    expectClose(await y.data(), await bicubic.data(), 1e-6)
    tf.dispose([x, y, bicubic])
  })

  it('has the gradients of plain blocks with checkpointed ones, three of them and more', async () => {
    const x = formulaImages([2, 5, 6, 3])
    const gradientsOf = async (checkpoint: boolean): Promise<Map<string, Float32Array>> => {
      using generator = createRRDBGenerator({ blocks: 3, features: 8, growth: 4, seed: 2, checkpoint })
      const { value, gradients } = lossGradients(generator.trainable, () => weightedSum(generator.apply(x)))
      const read = new Map<string, Float32Array>()
      for (const [name, gradient] of gradients) read.set(name, await gradient.data<'float32'>())
      tf.dispose([value, ...gradients.values()])
      return read
    }
    const plain = await gradientsOf(false)
    expect(plain.size).toBe(2 * (3 * 15 + 6))
    const checkpointed = await gradientsOf(true)
    for (const [name, gradient] of plain) {
      expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0)
      expect(relativeL2(checkpointed.get(name)!, gradient), name).toBeLessThan(1e-6)
    }
    x.dispose()
  })

  it('leaves no tensor behind', async () => {
    await expectNoLeak(() => {
      using generator = createRRDBGenerator({ ...tiny, scale: 2, checkpoint: true, bicubicSkip: true })
      const x = tf.zeros<tf.Rank.R4>([1, 4, 4, 3])
      const y = generator.apply(x)
      const { value, gradients } = lossGradients(generator.trainable, () => tf.mean(generator.apply(x)))
      generator.dispose()
      return [x, y, value, ...gradients.values()]
    })
    await expectNoLeakWhenThrowing(() => {
      using generator = createRRDBGenerator(tiny)
      const x = tf.zeros<tf.Rank.R4>([1, 4, 4, 2])
      try {
        generator.apply(x)
      } finally {
        x.dispose()
      }
    }, 'images must have the shape')
  })
})

describe('createRRDBGenerator', () => {
  beforeAll(() => useBackend('wasm'))
  afterAll(() => expect(tf.memory().numTensors).toBe(0))

  it('has the published number of parameters', () => {
    const count = (options: GeneratorOptions): number => {
      using generator = createRRDBGenerator(options)
      return generator.parameterCount
    }
    {
      using generator = createRRDBGenerator()
      expect(generator.parameterCount).toBe(16_697_987)
      expect([...generator.variables.keys()].filter((name) => name.endsWith('.weight'))).toHaveLength(351)
    }
    expect(count({ blocks: 6 })).toBe(4_467_779)
    expect(count({ blocks: 6, scale: 2 }) - count({ blocks: 6 })).toBe(16_703_171 - 16_697_987)
    expect(count({ blocks: 2 }) - count({ blocks: 1 })).toBe(3 * 239_808)
  })

  it('scales the weights of dense blocks by 0.1, not their variance, and keeps their tails', async () => {
    using generator = createRRDBGenerator({ blocks: 1, seed: 3 })
    const weights = await getWeights(generator.variables)
    const at = (name: string): Float32Array => weights.get(name)!.data
    const kernel = at('body.0.rdb2.conv5.weight')
    const deviation = Math.sqrt(kernel.reduce((sum, value) => sum + value * value, 0) / kernel.length)
    const expected = 0.1 * Math.sqrt(2 / (9 * 192))
    expect(Math.abs(deviation / expected - 1)).toBeLessThan(0.01)
    // A truncated normal would stop at two deviations.
    expect(Math.max(...kernel)).toBeGreaterThan(3.5 * expected)
    expect(at('body.0.rdb2.conv5.bias').every((value) => value === 0)).toBe(true)
    const bound = 1 / Math.sqrt(9 * 64)
    const outside = at('conv_up1.weight')
    expect(Math.max(...outside)).toBeLessThanOrEqual(bound)
    expect(Math.max(...outside)).toBeGreaterThan(0.99 * bound)
    const square = outside.reduce((sum, value) => sum + value * value, 0) / outside.length
    expect(Math.abs(square / (bound ** 2 / 3) - 1)).toBeLessThan(0.02)
    expect(at('conv_up1.bias').some((value) => value !== 0)).toBe(true)
  })

  it('takes less than half the memory for a checkpointed block', async () => {
    const x = tf.zeros<tf.Rank.R4>([1, 24, 24, 3])
    const peak = async (blocks: number, checkpoint: boolean): Promise<number> => {
      using generator = createRRDBGenerator({ blocks, features: 8, growth: 4, checkpoint })
      const before = tf.memory().numBytes
      const { peakBytes } = await tf.profile(() => {
        const { value, gradients } = lossGradients(generator.trainable, () => tf.mean(generator.apply(x)))
        tf.dispose([value, ...gradients.values()])
      })
      return peakBytes - before
    }
    const more = async (checkpoint: boolean): Promise<number> =>
      (await peak(12, checkpoint)) - (await peak(6, checkpoint))
    expect((await more(true)) / (await more(false))).toBeLessThan(0.5)
    x.dispose()
  })

  it('is a function of the seed', async () => {
    const first = async (seed: number): Promise<number> => {
      using generator = createRRDBGenerator({ ...tiny, seed })
      return (await getWeights(generator.variables)).get('body.0.rdb1.conv1.weight')!.data[0]!
    }
    expect(await first(1)).toBe(await first(1))
    expect(await first(1)).not.toBe(await first(2))
  })

  it.each<[GeneratorOptions, RegExp]>([
    [{ blocks: 0 }, /options.blocks/],
    [{ features: 1.5 }, /options.features/],
    [{ growth: -1 }, /options.growth/],
    [{ scale: 3 as 4 }, /options.scale/],
    [{ channels: 0 }, /options.channels/],
    [{ residualScale: NaN }, /options.residualScale/],
  ])('refuses %j', (options, message) => {
    expect(() => createRRDBGenerator(options)).toThrow(ArgumentError)
    expect(() => createRRDBGenerator(options)).toThrow(message)
  })

  it('refuses images that do not fit', () => {
    using generator = createRRDBGenerator({ ...tiny, scale: 2 })
    tf.tidy(() => {
      expect(() => generator.apply(tf.zeros([1, 3, 4, 3]))).toThrow(/multiples of 2/)
      expect(() => generator.apply(tf.zeros([1, 4, 4, 1]))).toThrow(ArgumentError)
      expect(() => generator.apply(tf.zeros<tf.Rank>([4, 4, 3]) as tf.Tensor4D)).toThrow(ArgumentError)
    })
  })

  it('may be disposed twice', () => {
    const generator = createRRDBGenerator(tiny)
    generator.dispose()
    generator.dispose()
  })
})
