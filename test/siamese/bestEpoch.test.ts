import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/random.js'
import {
  createSiamese,
  evaluateSiamese,
  trainSiamese,
  type ImageLoader,
  type SiameseCheckpoint,
  type SiameseNetwork,
  type TrainSiameseOptions,
} from '../../src/siamese/index.js'
import { cosineRate, getWeights, multiStepRate } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'

const size = 16
const inputShape = [size, size, 3] as const

/** Waves of random direction, length, phase and colour; image i is always the same. */
const waves =
  (seed: number): ImageLoader =>
  (indices) => {
    const data = new Float32Array(indices.length * size * size * 3)
    Array.from(indices).forEach((index, k) => {
      const random = createRandom(seed, 'waves', index)
      const [u, v, phase] = [random.normal(0, 0.8), random.normal(0, 0.8), random.uniform(0, 6)]
      const colour = [random.uniform(), random.uniform(), random.uniform()]
      for (let i = 0; i < size * size; i++) {
        const wave = Math.sin(u * Math.floor(i / size) + v * (i % size) + phase)
        for (let c = 0; c < 3; c++) data[(k * size * size + i) * 3 + c] = 0.5 + 0.4 * wave * (colour[c]! - 0.3)
      }
    })
    return tf.tensor4d(data, [indices.length, size, size, 3])
  }

/** Stripes that stand (0) or lie (1). */
const stripes =
  (seed: number, labels: readonly number[]): ImageLoader =>
  (indices) => {
    const data = new Float32Array(indices.length * size * size * 3)
    Array.from(indices).forEach((index, k) => {
      const random = createRandom(seed, 'stripes', index)
      const phase = random.integer(4)
      for (let i = 0; i < size * size; i++) {
        const place = labels[index] === 1 ? Math.floor(i / size) : i % size
        const value = (((place + phase) >> 1) & 1 ? 0.7 : 0.3) + random.normal(0, 0.05)
        data.fill(value, (k * size * size + i) * 3, (k * size * size + i + 1) * 3)
      }
    })
    return tf.tensor4d(data, [indices.length, size, size, 3])
  }

const make = (options = {}): SiameseNetwork =>
  createSiamese({ inputShape, widths: [8, 8], embeddingSize: 8, seed: 5, ...options })
const flat = async (network: SiameseNetwork): Promise<number[]> =>
  [...(await getWeights(network.variables)).values()].flatMap((weight) => [...weight.data])

beforeAll(() => useBackend('wasm'))

describe('trainSiamese learns what is there, and nothing else', () => {
  it('overfits 32 images with labels at random to 100 %', async () => {
    const random = createRandom(7, 'labels')
    const labels = random.shuffle(Array.from({ length: 32 }, (_, i) => i % 2))
    using network = make({ widths: [16, 32], embeddingSize: 16, dropout: 0 })
    const images = waves(1)
    await trainSiamese({ network, images, labels, epochs: 120, batchSize: 16, learningRate: 5e-3, seed: 1 })
    const { imageAccuracy, loss } = await evaluateSiamese(network, { images, labels })
    expect(imageAccuracy).toBe(1)
    expect(loss).toBeLessThan(0.2)
  })

  it('gives chance on new images where the training labels are shuffled, and not where they are true', async () => {
    const labels = Array.from({ length: 40 }, (_, i) => i % 2)
    const fresh = Array.from({ length: 200 }, (_, i) => i % 2)
    const auc: number[] = []
    for (const given of [labels, createRandom(3, 'shuffled').shuffle(labels)]) {
      using network = make()
      const images = stripes(1, labels)
      await trainSiamese({ network, images, labels: given, epochs: 8, batchSize: 20, learningRate: 5e-3, seed: 4 })
      auc.push((await evaluateSiamese(network, { images: stripes(2, fresh), labels: fresh })).auc)
    }
    expect(auc[0]).toBeGreaterThan(0.95)
    // Which way the stripes run says nothing of the shuffled labels; how they run may, by chance.
    expect(Math.abs(auc[1]! - 0.5)).toBeLessThan(0.25)
  })
})

describe('best weights and early stopping', () => {
  const labels = Array.from({ length: 16 }, (_, i) => i % 2)
  const images = stripes(1, labels)
  const base: Omit<TrainSiameseOptions, 'network'> = {
    images,
    labels,
    validation: { images: stripes(2, labels), labels },
    epochs: 6,
    batchSize: 16,
    learningRate: 5e-3,
    seed: 4,
  }
  /** A metric that gives these numbers, epoch by epoch. */
  const scripted = (values: readonly number[]) => {
    let epoch = 0
    return { script: () => values[epoch++]! }
  }

  it.each([
    ['max', [1, 3, 2, 3, 0, 2], 2, 3],
    ['min', [1, 3, 2, 0.5, 0.5, 2], 4, 0.5],
    ['max', [NaN, NaN, -1, NaN, -2, NaN], 3, -1],
  ] as const)('keeps the %s of %j: epoch %i', async (direction, values, epoch, value) => {
    using network = make()
    const weights: number[][] = []
    const result = await trainSiamese({
      ...base,
      network,
      metrics: scripted(values),
      best: { metric: 'script', direction },
      onEpoch: async () => void weights.push(await flat(network)),
    })
    expect(result).toMatchObject({ keptEpoch: epoch, bestValue: value, isStoppedEarly: false })
    expect(result.history.map(({ validation }) => validation!['script'])).toEqual([...values])
    expect(await flat(network)).toEqual(weights[epoch - 1])
  })

  it('keeps the last epoch without a rule, and where no epoch has a number', async () => {
    using network = make()
    expect(await trainSiamese({ ...base, epochs: 2, network })).toMatchObject({ keptEpoch: 2, isStoppedEarly: false })
    using other = make()
    const result = await trainSiamese({
      ...base,
      epochs: 2,
      network: other,
      metrics: { never: () => NaN },
      best: { metric: 'never', direction: 'max' },
    })
    expect(result.keptEpoch).toBe(2)
    expect(result).not.toHaveProperty('bestValue')
    expect(await flat(other)).toEqual(await flat(network))
  })

  it('stops after so many epochs without a better one, also when it is resumed', async () => {
    const settings = { ...base, best: { metric: 'script', direction: 'max' } as const, patience: 2 }
    const values = [1, 3, 2, 2.5, 9, 9]
    using network = make()
    const checkpoints: SiameseCheckpoint[] = []
    const whole = await trainSiamese({
      ...settings,
      network,
      metrics: scripted(values),
      onEpoch: async (_, checkpoint) => void checkpoints.push(await checkpoint()),
    })
    expect(whole).toMatchObject({ keptEpoch: 2, bestValue: 3, isStoppedEarly: true })
    expect(whole.history).toHaveLength(4)
    const bare = ({ history, ...rest }: typeof whole): object => ({
      ...rest,
      history: history.map((entry) => ({ ...entry, seconds: 0 })),
    })
    for (const [i, resume] of checkpoints.entries()) {
      using again = make({ seed: 77 })
      const rest = await trainSiamese({ ...settings, network: again, metrics: scripted(values.slice(i + 1)), resume })
      expect(bare(rest)).toEqual(bare(whole))
      expect(await flat(again)).toEqual(await flat(network))
    }
  })

  it("gives the caller's metrics the classes and the probabilities", async () => {
    using network = make()
    const seen: { labels: number[]; scores: number[] }[] = []
    const { history } = await trainSiamese({
      ...base,
      epochs: 1,
      network,
      metrics: {
        own: (given, scores) => {
          seen.push({ labels: Array.from(given), scores: Array.from(scores) })
          return 0.25
        },
      },
    })
    const { probabilities } = await evaluateSiamese(network, base.validation!)
    expect(seen).toEqual([{ labels, scores: [...probabilities] }])
    expect(Object.keys(history[0]!.validation!)).toEqual(['loss', 'accuracy', 'auc', 'own'])
  })

  it.each([
    [{ patience: 2 }, 'options.patience must be given with options.best only'],
    [{ best: { metric: 'f1', direction: 'max' } }, 'options.best.metric must be one of loss, accuracy, auc'],
    [{ best: { metric: 'auc', direction: 'up' } }, "options.best.direction must be 'max' or 'min'"],
    [{ best: { metric: 'auc', direction: 'max' }, validation: undefined }, 'options.best must be given with'],
    [
      { best: { metric: 'auc', direction: 'max' }, validation: { images, labels: [1, 1] } },
      'options.validation.labels must hold both classes',
    ],
    [{ best: { metric: 'auc', direction: 'max' }, patience: 0 }, 'options.patience must be an integer >= 1'],
    [{ metrics: { auc: () => 1 } }, 'options.metrics must have other names'],
    [{ metrics: { own: () => '1' } }, 'the result of options.metrics.own must be a number; received "1"'],
    [{ metrics: { own: async () => 1 } }, 'the result of options.metrics.own must be a number; received Promise'],
    [{ validation: { images, labels: [1, 2] } }, 'options.validation.labels[1] must be 0 or 1; received 2'],
    [{ validation: { images, labels: [true, false] } }, 'options.validation.labels[0] must be 0 or 1; received true'],
  ])('refuses %j', async (more, message) => {
    using network = make()
    await expect(trainSiamese({ ...base, network, ...more } as TrainSiameseOptions)).rejects.toThrow(message)
  })
})

describe('learning rate schedules', () => {
  it('move the weights by the rate of the step', async () => {
    const labels = [0, 1, 0, 1, 0, 1]
    const images = stripes(1, labels)
    const run = async (learningRate: TrainSiameseOptions['learningRate'], epochs: number): Promise<number[]> => {
      using network = make()
      await trainSiamese({
        network,
        images,
        labels,
        epochs,
        batchSize: 12,
        seed: 1,
        ...(learningRate === undefined ? {} : { learningRate }),
      })
      return await flat(network)
    }
    // One step an epoch: after the milestone nothing moves.
    expect(await run(multiStepRate(1e-3, [2], 0), 5)).toEqual(await run(1e-3, 2))
    expect(await run(cosineRate(1e-3, 3), 9)).toEqual(await run(cosineRate(1e-3, 3), 3))
    expect(await run(undefined, 2)).toEqual(await run(1e-4, 2))
  })
})
