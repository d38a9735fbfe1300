import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { createRandom } from '../../src/random.js'
import {
  createConvEncoder,
  createSiamese,
  createSiameseTrainer,
  defaultWidths,
  evaluateSiamese,
  layersEncoder,
  loadSiamese,
  predictSiamese,
  saveSiamese,
  trainSiamese,
  type SiameseCheckpoint,
  type ImageLoader,
  type SiameseNetwork,
} from '../../src/siamese/index.js'
import { getWeights, NonFiniteLossError } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const size = 16
const inputShape = [size, size, 3] as const

/** Pictures with vertical (0) or horizontal (1) stripes of random phase: equal colours, another texture. */
function stripes(count: number, seed: number): { images: ImageLoader; labels: number[] } {
  const labels = Array.from({ length: count }, (_, i) => i % 2)
  const images: ImageLoader = (indices) => {
    const data = new Float32Array(indices.length * size * size * 3)
    Array.from(indices).forEach((index, k) => {
      const random = createRandom(seed, 'stripes', index)
      const phase = random.integer(4)
      for (let i = 0; i < size * size; i++) {
        const place = labels[index] === 1 ? Math.floor(i / size) : i % size
        const value = (((place + phase) >> 1) & 1 ? 0.7 : 0.3) + random.normal(0, 0.05)
        for (let c = 0; c < 3; c++) data[(k * size * size + i) * 3 + c] = value
      }
    })
    return tf.tensor4d(data, [indices.length, size, size, 3])
  }
  return { images, labels }
}

const data = stripes(24, 1)
const make = (options = {}): SiameseNetwork =>
  createSiamese({ inputShape, widths: [8, 8], embeddingSize: 8, seed: 5, ...options })
const pairs = { a: [0, 1, 2, 3, 4], b: [2, 4, 4, 6, 8], isSimilar: [1, 0, 1, 0, 1] }

async function flat(network: SiameseNetwork): Promise<number[]> {
  return [...(await getWeights(network.variables)).values()].flatMap((weight) => [...weight.data])
}

beforeAll(() => useBackend('wasm'))

describe('createSiamese', () => {
  it('sizes its encoder for the input', () => {
    expect([64, 128, 256, 896].map((n) => defaultWidths([n, n, 3]))).toEqual([
      [16, 32, 64],
      [16, 32, 64, 128],
      [16, 32, 64, 128, 128],
      [16, 32, 64, 128, 128, 128],
    ])
    using network = createSiamese({ inputShape: [64, 64, 3] })
    // Convolutions 448 + 4640 + 18496, embedding 64 x 128 + 128, head 129.
    expect(network.parameterCount).toBe(448 + 4640 + 18496 + 8320 + 129)
  })

  it('starts from its seed alone', async () => {
    using one = make()
    using two = make()
    using other = make({ seed: 6 })
    expect(await flat(one)).toEqual(await flat(two))
    expect(await flat(one)).not.toEqual(await flat(other))
  })

  it('drops features by (seed, step, place), the twins alike, and none without a key', async () => {
    using network = make()
    const x = await data.images([0, 0, 0, 0])
    const rows = (key?: { seed: number; step: number; start?: number; period?: number }): number[][] =>
      tf.tidy(() => network.embed(x, key === undefined ? {} : { dropout: key }).arraySync())
    const plain = rows()
    expectClose(plain[0]!, plain[3]!, 1e-6)
    const masked = rows({ seed: 1, step: 0, period: 2 })
    expectClose(masked[0]!, masked[2]!, 1e-6)
    expectClose(masked[1]!, masked[3]!, 1e-6)
    expect(masked[0]).not.toEqual(masked[1])
    expect(rows({ seed: 1, step: 0, period: 2 })).toEqual(masked)
    expect(rows({ seed: 1, step: 1, period: 2 })).not.toEqual(masked)
    expectClose(rows({ seed: 1, step: 0, start: 1 })[0]!, masked[1]!, 1e-6)
    x.dispose()
  })

  it('gives every image the same embedding alone as in a batch', async () => {
    using network = make()
    const batch = await data.images([0, 1, 2])
    const single = await data.images([1])
    const [together, alone] = tf.tidy(() => [
      network.embed(batch).arraySync()[1]!,
      network.embed(single).arraySync()[0]!,
    ])
    expectClose(alone, together, 1e-5)
    tf.dispose([batch, single])
  })

  it('refuses bad options', () => {
    expect(() => createSiamese({})).toThrow('options.inputShape')
    expect(() => createSiamese({ inputShape: [16, 16, 1] })).toThrow('options.inputShape')
    expect(() => make({ dropout: 1 })).toThrow('options.dropout')
    expect(() => make({ metric: 'manhattan' })).toThrow('options.metric')
    expect(() => createConvEncoder({ inputShape, widths: [0] })).toThrow('options.widths[0]')
  })

  it('disposes its variables, once', () => {
    const before = tf.memory().numTensors
    const network = make()
    network.dispose()
    network.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('createSiameseTrainer', () => {
  it('gives the same step in micro-batches as in one', async () => {
    const after: number[][] = []
    const reports: Record<string, number>[] = []
    for (const microBatch of [undefined, 1, 2]) {
      using network = make()
      using trainer = createSiameseTrainer({
        network,
        ...data,
        seed: 3,
        learningRate: 1e-3,
        epsilon: 1e-3,
        ...(microBatch === undefined ? {} : { microBatch }),
      })
      reports.push(await trainer.train(pairs))
      await trainer.train(pairs)
      after.push(await flat(network))
    }
    expectClose(after[1]!, after[0]!, 2e-6)
    expectClose(after[2]!, after[0]!, 2e-6)
    expectClose(Object.values(reports[1]!), Object.values(reports[0]!), 1e-5)
    expect(Object.keys(reports[0]!)).toEqual(['loss', 'bce', 'contrastive', 'accuracy'])
    expect(reports[0]!['loss']).toBeCloseTo(reports[0]!['bce']! + reports[0]!['contrastive']!, 5)
  })

  it('takes a loss of the caller, beside the defaults or instead of one', async () => {
    using network = make()
    using trainer = createSiameseTrainer({
      network,
      ...data,
      losses: [
        { name: 'contrastive', weight: 0, fn: () => tf.scalar(0) },
        { name: 'small', weight: 0.5, fn: ({ embeddingsA }) => tf.mean(tf.square(embeddingsA)) },
      ],
    })
    const report = await trainer.train(pairs)
    expect(Object.keys(report)).toEqual(['loss', 'bce', 'small', 'accuracy'])
    expect(report['loss']).toBeCloseTo(report['bce']! + 0.5 * report['small']!, 5)
  })

  it.each([undefined, 2])(
    'refuses a step whose loss is not finite and changes nothing, micro-batch %s',
    async (microBatch) => {
      const network = make()
      const trainer = createSiameseTrainer({
        network,
        ...data,
        losses: [{ name: 'own', weight: 1, fn: ({ distance }) => tf.mean(tf.log(tf.sub(distance, 1e3))) }],
        ...(microBatch === undefined ? {} : { microBatch }),
      })
      const before = [await flat(network), tf.memory().numTensors]
      await expect(trainer.train(pairs)).rejects.toThrow(NonFiniteLossError)
      await expect(trainer.train(pairs)).rejects.toThrow(
        'siamese step 0: loss is NaN, own is NaN. The step was not applied',
      )
      expect([await flat(network), tf.memory().numTensors]).toEqual(before)
      expect(trainer.step).toBe(0)
      trainer.dispose()
      network.dispose()
    },
  )

  it('resumes exactly from its state', async () => {
    using straight = make()
    using first = createSiameseTrainer({ network: straight, ...data, seed: 2 })
    await first.train(pairs)
    const state = await first.state()
    const expected = await first.train(pairs)

    using again = make({ seed: 99 })
    using second = createSiameseTrainer({ network: again, ...data, seed: 2 })
    second.load(state)
    expect(second.step).toBe(1)
    expect(await second.train(pairs)).toEqual(expected)
    expect(await flat(again)).toEqual(await flat(straight))
  })

  it('keeps the number of tensors flat, also when the loader gives a wrong shape', async () => {
    using network = make()
    for (const microBatch of [2, 8]) {
      using trainer = createSiameseTrainer({ network, ...data, microBatch })
      await trainer.train(pairs)
      await expectNoLeak(() => trainer.train(pairs).then(() => undefined))
    }
    using broken = createSiameseTrainer({ network, labels: data.labels, images: () => tf.zeros([1, 2, 2, 3]) })
    await expectNoLeakWhenThrowing(() => broken.train(pairs), 'images must give a tensor of shape [10, 16, 16, 3]')
    using failing = createSiameseTrainer({
      network,
      ...data,
      microBatch: 2,
      losses: [
        {
          name: 'own',
          weight: 1,
          fn: () => {
            throw new Error('own loss')
          },
        },
      ],
    })
    await expectNoLeakWhenThrowing(() => failing.train(pairs), 'own loss')
  })

  it('refuses labels that are not of two classes', () => {
    using network = make()
    expect(() => createSiameseTrainer({ network, images: data.images, labels: [0, 0] })).toThrow('hold both classes')
    expect(() => createSiameseTrainer({ network, images: data.images, labels: [0, 2] })).toThrow('options.labels[1]')
  })
})

describe('trainSiamese', () => {
  const settings = { ...data, epochs: 4, batchSize: 12, learningRate: 5e-3, seed: 4 }

  it('learns a texture that colour does not show', async () => {
    using network = make()
    const validation = stripes(16, 2)
    const events: number[] = []
    const { history } = await trainSiamese({
      ...settings,
      epochs: 8,
      network,
      validation,
      onProgress: ({ step }) => events.push(step),
    })
    expect(history).toHaveLength(8)
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss)
    expect(history.at(-1)!.validation!.auc).toBeGreaterThan(0.95)
    expect(events.at(-1)).toBe(events.length)
    const result = await evaluateSiamese(network, validation)
    expect(result).toMatchObject({ n: 16, threshold: 0.5, auc: history.at(-1)!.validation!.auc })
    expect(result.loss).toBeCloseTo(history.at(-1)!.validation!.loss, 6)
    expect([...(await predictSiamese(network, { images: validation.images, count: 16 }))]).toEqual([
      ...result.probabilities,
    ])
  })

  it('judges the validation images with no more of them at once than training takes', async () => {
    const sizes: number[] = []
    const network = make()
    await trainSiamese({
      network,
      ...data,
      epochs: 1,
      batchSize: 8,
      microBatch: 2,
      validation: {
        labels: data.labels,
        images: (indices) => {
          sizes.push(indices.length)
          return data.images(indices)
        },
      },
    })
    expect(Math.max(...sizes)).toBe(4)
    network.dispose()
  })

  it('goes on after a checkpoint as if it had not stopped', async () => {
    using straight = make()
    const checkpoints: SiameseCheckpoint[] = []
    const { history: whole } = await trainSiamese({
      ...settings,
      network: straight,
      onEpoch: async (_epoch, checkpoint) => void checkpoints.push(await checkpoint()),
    })
    using again = make({ seed: 77 })
    const { history: rest } = await trainSiamese({ ...settings, network: again, resume: checkpoints[1]! })
    const bare = (history: typeof whole): object[] => history.map((entry) => ({ ...entry, seconds: 0 }))
    expect(bare(rest)).toEqual(bare(whole))
    expect(await flat(again)).toEqual(await flat(straight))
  })

  it('resumes in the middle of an epoch as if it had not stopped', async () => {
    using straight = make()
    const { history: whole } = await trainSiamese({ ...settings, network: straight })
    const bare = (history: typeof whole): object[] => history.map((entry) => ({ ...entry, seconds: 0 }))
    const saved: SiameseCheckpoint[] = []
    using stopped = make()
    const stop = new AbortController()
    await expect(
      trainSiamese({
        ...settings,
        network: stopped,
        signal: stop.signal,
        saveSeconds: 0,
        onSave: (checkpoint) => void saved.push(checkpoint),
        onProgress: ({ step }) => step === 2 && stop.abort(),
      }),
    ).rejects.toThrow('abort')
    expect(saved.some(({ begun }) => begun !== undefined)).toBe(true)
    for (const checkpoint of saved) {
      using again = make({ seed: 77 })
      const { history: rest } = await trainSiamese({ ...settings, network: again, resume: checkpoint })
      expect(bare(rest)).toEqual(bare(whole))
      expect(await flat(again)).toEqual(await flat(straight))
    }
  })

  it.each([
    [undefined, 'balanced'],
    [2, 'balanced'],
    [undefined, 'hard'],
    [2, 'all-in-batch'],
  ] as const)('tells the loader what comes next: micro-batches of %s, %s pairs', async (microBatch, pairs) => {
    const asked: { indices: number[]; next: number[] }[] = []
    const noting =
      (part: string, load: ImageLoader): ImageLoader =>
      (indices, next = []) => {
        if (part === 'train') asked.push({ indices: Array.from(indices), next: Array.from(next) })
        else judged.push({ indices: Array.from(indices), next: Array.from(next) })
        return load(indices)
      }
    const judged: typeof asked = []
    using network = make()
    await trainSiamese({
      ...settings,
      epochs: 1,
      network,
      pairs,
      images: noting('train', data.images),
      validation: { images: noting('validation', data.images), labels: data.labels },
      ...(microBatch === undefined ? {} : { microBatch }),
    })
    for (const calls of [asked, judged]) {
      expect(calls.length).toBeGreaterThan(1)
      calls.forEach(({ next }, i) => expect(next).toEqual(calls[i + 1]?.indices ?? []))
    }
  })

  it.each(['at the end of an epoch', 'while the validation images are judged'])(
    'stopped %s saves what goes on as if it had not stopped',
    async (when) => {
      const all = { ...settings, validation: data }
      using straight = make()
      const { history: whole } = await trainSiamese({ ...all, network: straight })
      const bare = (history: typeof whole): object[] => history.map((entry) => ({ ...entry, seconds: 0 }))
      const stop = new AbortController()
      const saved: SiameseCheckpoint[] = []
      const images: ImageLoader = (indices) => {
        if (when.startsWith('while')) stop.abort()
        return data.images(indices)
      }
      using stopped = make()
      await expect(
        trainSiamese({
          ...all,
          network: stopped,
          validation: { images, labels: data.labels },
          signal: stop.signal,
          onSave: (checkpoint) => void saved.push(checkpoint),
          onEpoch: () => stop.abort(),
        }),
      ).rejects.toThrow('abort')
      expect(saved).toHaveLength(1)
      using again = make({ seed: 77 })
      expect(bare((await trainSiamese({ ...all, network: again, resume: saved[0]! })).history)).toEqual(bare(whole))
      expect(await flat(again)).toEqual(await flat(straight))
    },
  )

  it('saves by the clock over epochs that nobody has saved', async () => {
    using network = make()
    const saved: number[] = []
    const onSave = ({ epoch }: SiameseCheckpoint): void => void saved.push(epoch)
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      // Each epoch takes four minutes; nothing is saved after the last step of one.
      const onEpoch = (): void => void vi.setSystemTime(Date.now() + 240_000)
      await trainSiamese({ ...settings, epochs: 4, network, saveSeconds: 300, onSave, onEpoch })
    } finally {
      vi.useRealTimers()
    }
    expect(saved).toEqual([2])
  })

  it('stops on a signal between steps and leaves nothing behind', async () => {
    using network = make()
    const stop = new AbortController()
    const run = (): Promise<unknown> =>
      trainSiamese({ ...settings, network, signal: stop.signal, onProgress: ({ step }) => step === 2 && stop.abort() })
    await expectNoLeakWhenThrowing(run, 'abort')
    expect(stop.signal.aborted).toBe(true)
    await expect(run()).rejects.toThrow('abort')
  })
})

describe('layersEncoder', () => {
  it('trains any layers model, its frozen layers apart', async () => {
    const model = sequential({
      layers: [
        layers.conv2d({ inputShape: [size, size, 3], filters: 4, kernelSize: 3, strides: 2, trainable: false }),
        layers.batchNormalization(),
        layers.conv2d({ filters: 6, kernelSize: 3, activation: 'relu' }),
      ],
    })
    const frozen = model.layers[0]!.getWeights()[0]!.dataSync().slice()
    const moved = model.layers[2]!.getWeights()[0]!.dataSync().slice()
    const network = createSiamese({ encoder: layersEncoder(model), embeddingSize: 4 })
    expect(network.encoder.features).toBe(6)
    expect(network.variables.size).toBe(8 + 4)
    expect(network.trainable.size).toBe(4 + 4)
    using trainer = createSiameseTrainer({ network, ...data, learningRate: 1e-2 })
    await trainer.train(pairs)
    expect(model.layers[0]!.getWeights()[0]!.dataSync()).toEqual(frozen)
    expect(model.layers[2]!.getWeights()[0]!.dataSync()).not.toEqual(moved)
    const bytes = await saveSiamese(network)
    expect(() => loadSiamese(bytes)).toThrow('pass it as options.encoder')
    using loaded = loadSiamese(bytes, { encoder: layersEncoder(model) }).network
    expect(await flat(loaded)).toEqual(await flat(network))
    network.dispose()
    expect(model.layers[0]!.getWeights()[0]!.isDisposed).toBe(false)
    model.dispose()
  })

  it('refuses models of another kind', () => {
    const model = sequential({ layers: [layers.dense({ inputShape: [4], units: 2 })] })
    expect(() => layersEncoder(model)).toThrow(ArgumentError)
    model.dispose()
  })
})
