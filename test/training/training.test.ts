import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import {
  chunkedGradients,
  cosineRate,
  createAdam,
  createMovingAverage,
  createNetwork,
  getWeights,
  multiStepRate,
  rateAt,
  setWeights,
  trackProgress,
  type NamedVariables,
} from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak } from '../helpers/tensors.js'
import adamReference from '../reference/training_adam.json'
import schedules from '../reference/training_schedules.json'

const variables = (): Map<string, tf.Variable> =>
  new Map<string, tf.Variable>([
    ['kernel', tf.variable(tf.tensor2d([0.3, -0.2, 0.5, 0.7, -0.4, 0.1], [3, 2]))],
    ['head', tf.variable(tf.tensor2d([0.6, -0.9], [2, 1]))],
    ['unused', tf.variable(tf.scalar(3))],
  ])
const disposeAll = (all: NamedVariables): void => all.forEach((variable) => variable.dispose())

describe.each(['cpu', 'wasm'] as const)('training on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  describe('chunkedGradients', () => {
    // A loss that does not decompose into a mean over examples: the mean of all outputs stands in every term.
    const run = (chunk: number, all: NamedVariables, inputs: tf.Tensor) =>
      chunkedGradients({
        variables: all,
        inputs,
        chunk,
        forward: (x) => tf.tanh(tf.matMul(x as tf.Tensor2D, all.get('kernel') as unknown as tf.Tensor2D)),
        loss: (y) => {
          const scores = tf.matMul(y as tf.Tensor2D, all.get('head') as unknown as tf.Tensor2D)
          return tf.mean(tf.square(tf.sub(scores, tf.square(tf.mean(scores))))) as tf.Scalar
        },
      })

    it.each([1, 2, 3, 5])('equals the unaccumulated batch with chunks of %i', async (chunk) => {
      const all = variables()
      const inputs = tf.tensor2d(
        Array.from({ length: 15 }, (_, i) => Math.sin(i * 1.7)),
        [5, 3],
      )
      const whole = run(5, all, inputs)
      const parts = run(chunk, all, inputs)
      expectClose(await parts.value.data(), await whole.value.data(), 1e-6)
      expectClose(await parts.outputs.data(), await whole.outputs.data(), 1e-6)
      expect([...parts.gradients.keys()].sort()).toEqual(['head', 'kernel'])
      for (const [name, gradient] of whole.gradients) {
        expectClose(await parts.gradients.get(name)!.data(), await gradient.data(), 1e-6)
      }
      disposeAll(all)
    })

    it('leaves only what it returns', async () => {
      const all = variables()
      const inputs = tf.ones([4, 3])
      for (const chunk of [1, 4]) {
        await expectNoLeak(() => {
          const { value, outputs, gradients } = run(chunk, all, inputs)
          return [value, outputs, ...gradients.values()]
        })
      }
      disposeAll(all)
      inputs.dispose()
    })
  })

  it.each([1, 2])('leaves nothing behind when the loss throws in the middle, chunks of %i', async (chunk) => {
    const all = variables()
    const inputs = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3])
    for (const failing of ['forward', 'loss']) {
      const before = tf.memory().numTensors
      const kernel = all.get('kernel') as unknown as tf.Tensor2D
      let calls = 0
      expect(() =>
        chunkedGradients({
          variables: all,
          inputs,
          chunk,
          forward: (x) => {
            const y = tf.softplus(tf.tanh(tf.matMul(x as tf.Tensor2D, kernel)))
            // In the second pass of the first chunk, where there is one.
            if (failing === 'forward' && ++calls > (chunk === 1 ? 2 : 0)) throw new Error('own forward')
            return y
          },
          loss: (y) => {
            const value = tf.mean(tf.sigmoid(y)) as tf.Scalar
            if (failing === 'loss') throw new Error('own loss')
            return value
          },
        }),
      ).toThrow(`own ${failing}`)
      expect(tf.memory().numTensors).toBe(before)
    }
    disposeAll(all)
    inputs.dispose()
  })

  describe('createAdam', () => {
    it('follows PyTorch over five steps', async () => {
      const weight = tf.variable(tf.tensor1d(adamReference.start))
      const all = new Map([['w', weight]])
      const adam = createAdam(all, adamReference.options)
      for (const [i, gradient] of adamReference.gradients.entries()) {
        const g = tf.tensor1d(gradient)
        adam.apply(new Map([['w', g]]), adamReference.rate)
        g.dispose()
        expectClose(await weight.data(), adamReference.weights[i]!, 1e-6)
      }
      expect(adam.step).toBe(5)
      adam.dispose()
      weight.dispose()
    })

    it('resumes to the same weights', async () => {
      const gradient = (i: number): Map<string, tf.Tensor> => new Map([['w', tf.tensor1d([Math.sin(i), Math.cos(i)])]])
      const straight = new Map([['w', tf.variable(tf.tensor1d([1, 2]))]])
      const adam = createAdam(straight)
      for (let i = 0; i < 4; i++) adam.apply(gradient(i), 0.1)
      const [weights, slots] = [await getWeights(straight), await adam.state()]
      const resumed = new Map([['w', tf.variable(tf.tensor1d([0, 0]))]])
      setWeights(resumed, weights, 'test')
      const second = createAdam(resumed)
      second.load(4, slots)
      for (let i = 4; i < 7; i++) {
        adam.apply(gradient(i), 0.1)
        second.apply(gradient(i), 0.1)
      }
      expect(await resumed.get('w')!.data()).toEqual(await straight.get('w')!.data())
      expect(second.step).toBe(7)
    })

    it('does not leak over steps', async () => {
      const all = variables()
      const adam = createAdam(all)
      const gradients = new Map([['kernel', tf.ones([3, 2])]])
      await expectNoLeak(() => adam.apply(gradients, 0.1))
    })
  })

  it('averages exponentially', async () => {
    const weight = tf.variable(tf.tensor1d([0, 4]))
    const average = createMovingAverage(new Map([['w', weight]]), 0.75)
    weight.assign(tf.tensor1d([4, 0]))
    average.update()
    expectClose((await average.state()).get('w')!.data, [1, 3])
    average.dispose()
  })
})

describe('setWeights', () => {
  afterEach(() => tf.disposeVariables())
  it('names every difference and writes nothing', async () => {
    const network = createNetwork(variables())
    const before = await getWeights(network.variables)
    const wrong = new Map([
      ['kernel', { shape: [2, 3], data: new Float32Array(6) }],
      ['head', { shape: [2, 1], data: new Float32Array(2) }],
      ['surplus', { shape: [1], data: new Float32Array(1) }],
    ])
    expect(() => setWeights(network.variables, wrong, 'weights.safetensors')).toThrowError(
      'weights.safetensors: the weights do not fit the network\n  kernel is [2, 3], the network has [3, 2]\n  missing unused []\n  unexpected surplus [1]',
    )
    expect(await getWeights(network.variables)).toEqual(before)
    expect(network.parameterCount).toBe(9)
    network.dispose()
    network.dispose()
  })
})

describe('schedules', () => {
  const near = (actual: number, expected: number): void =>
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(expected)))

  it.each(schedules.multiStep)("are PyTorch's at every iteration: milestones $milestones, gamma $gamma", (expected) => {
    const rate = multiStepRate(expected.initial, expected.milestones, expected.gamma)
    for (const [iteration, value] of expected.rates.entries()) {
      // Halving is exact, and 0.1 need not be.
      if (expected.gamma === 0.5) expect(rate(iteration)).toBe(value)
      else near(rate(iteration), value)
    }
  })

  it("are PyTorch's on both sides of ESRGAN's milestones", () => {
    const { initial, milestones, gamma, at, rates } = schedules.esrgan
    expect(at.map(multiStepRate(initial, milestones, gamma))).toEqual(rates)
  })

  it.each(schedules.cosine)("follow PyTorch's cosine to its end, and stay there: $steps iterations", (expected) => {
    const rate = cosineRate(expected.initial, expected.steps, expected.minimum)
    for (const [iteration, value] of expected.rates.entries()) near(rate(iteration), value)
    expect(rate(expected.steps)).toBe(expected.minimum)
    expect(rate(expected.steps * 3)).toBe(expected.minimum)
  })

  it('refuse what does not fit', () => {
    expect(() => multiStepRate(1, [5, 5])).toThrowError('milestones must increase')
    expect(() => multiStepRate(1, [1.5])).toThrowError('milestones must be an integer >= 0')
    expect(() => multiStepRate(NaN, [])).toThrowError('initial must be')
    expect(() => multiStepRate(1, [], -1)).toThrowError('gamma must be')
    expect(() => cosineRate(-1, 10)).toThrowError('initial must be')
    for (const steps of [0, -5, 1.5, NaN, Infinity]) {
      expect(() => cosineRate(1, steps)).toThrowError('steps must be an integer >= 1')
    }
    for (const minimum of [2, -1, NaN]) {
      expect(() => cosineRate(1, 10, minimum)).toThrowError('minimum must be a number in [0, 1]')
    }
    expect(rateAt((iteration) => iteration / 2, 3)).toBe(1.5)
    expect(() => rateAt((iteration) => 1 / (iteration - 7), 7)).toThrowError(
      'the learning rate at iteration 7 must be a finite number >= 0; received Infinity',
    )
    expect(() => rateAt(-1, 0)).toThrowError(ArgumentError)
  })
})

describe('trackProgress', () => {
  it('reports the rate of this run and the time left', () => {
    const events: number[] = []
    const report = trackProgress('psnr', 10, (event) => events.push(event.step, event.steps, event.secondsLeft), 4)
    report(4)
    report(10, { loss: 1 })
    expect(events).toEqual([4, 10, Infinity, 10, 10, 0])
  })
})
