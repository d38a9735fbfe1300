import * as tf from '@tensorflow/tfjs-core'
import {
  areFinite,
  chunkedGradients,
  createAdam,
  createMovingAverage,
  getWeights,
  setWeights,
} from '../../../src/training/index.js'
import golden from '../../reference/training_adam.json' with { type: 'json' }
import type { Comparison, ConformanceCase } from '../case.js'
import { adagrad, adam, momentum, rmsprop, sgd, updated, type Update } from '../truth/optimizers.js'
import { at, build, mapped, slope, uniform, values, zipped, type Values } from '../truth/values.js'
import { compare, read, tensorOf } from './statement.js'

const start = uniform('weights', [5, 9])
const gradients = [0, 1, 2].map((step) =>
  mapped(uniform(`gradient ${step}`, [5, 9], 0.1, 2), (x) => (step === 1 ? -x : x)),
)
const truth = (update: Update): number[] =>
  updated(
    start.data,
    gradients.map(({ data }) => data),
    update,
  )

/** Three steps of one of tfjs's own optimizers. */
const stock = (name: string, create: () => tf.Optimizer, update: Update): ConformanceCase => ({
  name: `three steps of ${name}`,
  group: 'optimizer',
  tolerance: 5e-5,
  async run() {
    const weight = tf.tidy(() => tf.variable(tensorOf(start)))
    const optimizer = create()
    for (const gradient of gradients) {
      const tensor = tensorOf(gradient)
      optimizer.applyGradients({ [weight.name]: tensor })
      tensor.dispose()
    }
    optimizer.dispose()
    // tfjs's momentum forgets the scalar that SGD keeps for the learning rate.
    tf.dispose((optimizer as { c?: tf.Tensor }).c ?? [])
    return { weights: { actual: await read(weight), expected: truth(update) } }
  },
})

const stockCases: ConformanceCase[] = [
  stock('tf.train.sgd', () => tf.train.sgd(0.1), sgd(0.1)),
  stock('tf.train.momentum', () => tf.train.momentum(0.1, 0.9), momentum(0.1, 0.9, false)),
  stock("tf.train.momentum, Nesterov's", () => tf.train.momentum(0.1, 0.9, true), momentum(0.1, 0.9, true)),
  stock('tf.train.rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0, 1e-7), rmsprop(0.01, 0.9, 0, 1e-7, false)),
  stock(
    'tf.train.rmsprop, centred, with momentum',
    () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-8, true),
    rmsprop(0.01, 0.9, 0.5, 1e-8, true),
  ),
  stock('tf.train.adagrad', () => tf.train.adagrad(0.1, 0.1), adagrad(0.1, 0.1)),
  stock('tf.train.adam', () => tf.train.adam(0.01, 0.9, 0.999, 1e-7), adam(0.01, 0.9, 0.999, 1e-7)),
]

type Named = Map<string, tf.Variable>

const variablesOf = (arrays: readonly Values[]): Named =>
  new Map(arrays.map((array, i) => [`w${i}`, tf.tidy(() => tf.variable(tensorOf(array)))]))

/** Applies one gradient to each variable. */
function apply(own: ReturnType<typeof createAdam>, gradient: readonly Values[], rate: number): void {
  const tensors = new Map(gradient.map((each, i) => [`w${i}`, tensorOf(each)]))
  own.apply(tensors, rate)
  tf.dispose([...tensors.values()])
}

const row = (numbers: readonly number[]): Values => values([numbers.length], numbers)

const ownAdam = (name: string, resumeAfter?: number): ConformanceCase => ({
  name,
  group: 'optimizer',
  tolerance: 1e-6,
  async run() {
    const variables = variablesOf([row(golden.start)])
    let optimizer = createAdam(variables, golden.options)
    const found: Record<string, Comparison> = {}
    for (const [i, gradient] of golden.gradients.entries()) {
      if (i === resumeAfter) {
        const slots = await optimizer.state()
        optimizer.dispose()
        optimizer = createAdam(variables, golden.options)
        optimizer.load(i, slots)
      }
      apply(optimizer, [row(gradient)], golden.rate)
      const { data } = (await getWeights(variables)).get('w0')!
      found[`step ${i + 1}`] = { actual: data, expected: golden.weights[i]! }
    }
    optimizer.dispose()
    tf.dispose([...variables.values()])
    return found
  },
})

const shapes = [[1], [7], [3, 3, 6, 19], [2, 2]]

/** Sizes that no vector width divides, one variable without a gradient. */
const manyVariables: ConformanceCase = {
  name: 'four steps of createAdam on variables of odd sizes',
  group: 'optimizer',
  tolerance: 1e-6,
  async run() {
    const first = shapes.map((shape, i) => uniform(`adam ${i}`, shape))
    const steps = [0, 1, 2, 3].map((step) => shapes.map((shape, i) => uniform(`adam ${i}, step ${step}`, shape, -2, 1)))
    const variables = variablesOf(first)
    const optimizer = createAdam(variables)
    for (const gradient of steps) apply(optimizer, gradient.slice(0, 3), 0.02)
    optimizer.dispose()
    const expected = first.map(({ data }, i) =>
      i === 3
        ? data
        : updated(
            data,
            steps.map((gradient) => gradient[i]!.data),
            adam(0.02, 0.9, 0.999, 1e-8),
          ),
    )
    return compare(Object.fromEntries(variables), Object.fromEntries(expected.map((numbers, i) => [`w${i}`, numbers])))
  },
}

const movingAverage: ConformanceCase = {
  name: 'exponential moving average, saved and loaded in between',
  group: 'optimizer',
  tolerance: 1e-6,
  async run() {
    const later = [uniform('average 1', [5, 9]), uniform('average 2', [5, 9])]
    const variables = variablesOf([start])
    let average = createMovingAverage(variables, 0.9)
    for (const weights of later) {
      const saved = await average.state()
      average.dispose()
      average = createMovingAverage(variables, 0.9)
      average.load(saved)
      setWeights(variables, new Map([['w0', { shape: [5, 9], data: Float32Array.from(weights.data) }]]), 'test')
      average.update()
    }
    const { data } = (await average.state()).get('w0')!
    average.dispose()
    tf.dispose([...variables.values()])
    const expected = later.reduce(
      (mean, { data: weights }) => mean.map((m, i) => 0.9 * m + 0.1 * weights[i]!),
      start.data,
    )
    return { average: { actual: data, expected } }
  },
}

/** tanh(x w), and as its loss the sum of the head-weighted squares of each output's distance to the batch's mean. */
function batchLoss(x: Values, w: Values, head: Values): Values {
  const [n, outputs] = [x.shape[0]!, w.shape[1]!]
  const y = build([n, outputs], (i, k) => {
    let sum = 0
    for (let j = 0; j < w.shape[0]!; j++) sum += at(x, i, j) * at(w, j, k)
    return Math.tanh(sum)
  })
  const mean = build([outputs], (k) => Array.from({ length: n }, (_, i) => at(y, i, k)).reduce((a, b) => a + b, 0) / n)
  const squares = zipped(
    zipped(y, mean, (a, b) => (a - b) ** 2),
    head,
    (a, b) => a * b,
  )
  return values([], [squares.data.reduce((a, b) => a + b, 0)])
}

const chunked = (chunk: number): ConformanceCase => ({
  name: `chunkedGradients, ${chunk} of 5 at once, of a loss over the whole batch`,
  group: 'optimizer',
  tolerance: 1e-5,
  async run() {
    const inputs = [uniform('chunk x', [5, 4]), uniform('chunk w', [4, 3]), uniform('chunk head', [3])] as const
    const x = tensorOf(inputs[0])
    const variables = variablesOf(inputs.slice(1))
    const [w, head] = [...variables.values()] as [tf.Variable, tf.Variable]
    const {
      value,
      outputs,
      gradients: found,
    } = chunkedGradients({
      variables,
      inputs: x,
      chunk,
      forward: (part) => tf.tidy(() => tf.tanh(tf.matMul(part as tf.Tensor2D, w as unknown as tf.Tensor2D))),
      loss: (y) => tf.tidy(() => tf.sum(tf.mul(tf.square(tf.sub(y, tf.mean(y, 0))), head))),
    })
    tf.dispose([x, outputs, ...variables.values()])
    const one = values([], [1])
    return compare(
      { value, ...Object.fromEntries(found) },
      {
        value: batchLoss(...inputs).data,
        w0: slope((...all) => batchLoss(all[0]!, all[1]!, all[2]!), inputs, 1, one).data,
        w1: slope((...all) => batchLoss(all[0]!, all[1]!, all[2]!), inputs, 2, one).data,
      },
    )
  },
})

/** A step is refused where any of many gradients is not finite. */
const finiteness: ConformanceCase = {
  name: 'areFinite sees a NaN and an infinity among many numbers',
  group: 'optimizer',
  tolerance: 0,
  async run() {
    const answers: number[] = []
    for (const odd of [0.5, NaN, Infinity, -Infinity]) {
      const numbers = Float32Array.from({ length: 1000 }, (_, i) => (i === 777 ? odd : i / 1000))
      const gradient = new Map([
        ['a', tf.ones([3])],
        ['b', tf.tensor(numbers, [10, 100])],
      ])
      answers.push((await areFinite({ loss: 1 }, [gradient])) ? 1 : 0)
      tf.dispose([...gradient.values()])
    }
    return { answers: { actual: answers, expected: [1, 0, 0, 0] } }
  },
}

/** Optimizers and what surrounds a step of training. */
export const optimizerCases: readonly ConformanceCase[] = [
  ownAdam("five steps of createAdam, PyTorch's"),
  ownAdam('five steps of createAdam, saved and loaded after two', 2),
  manyVariables,
  ...stockCases,
  movingAverage,
  chunked(2),
  chunked(5),
  finiteness,
]
