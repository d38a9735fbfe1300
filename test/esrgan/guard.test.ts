import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createDiscriminator,
  createRRDBGenerator,
  DivergenceError,
  trainESRGAN,
  type Discriminator,
  type ESRGANTrainerState,
  type TrainESRGANOptions,
  type TrainESRGANResult,
} from '../../src/esrgan/index.js'
import { isFiniteState, suspicion } from '../../src/esrgan/guard.js'
import { getWeights, NonFiniteLossError, type NamedTensor, type ProgressEvent } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import { trainingBatch } from './batches.js'

type Rest = Partial<Omit<TrainESRGANOptions, 'generator' | 'discriminator' | 'batch'>> & {
  /** Called before a batch is drawn. */
  before?: (stage: string, step: number, discriminator: Discriminator) => void
}
type Outcome = TrainESRGANResult & { weights: [string, NamedTensor][]; events: string[] }

const outline = ({ stage, step, notice }: ProgressEvent): string =>
  `${stage} ${step}${notice === undefined ? '' : ' !'}`

async function run({ before, onProgress, ...options }: Rest): Promise<Outcome> {
  using generator = createRRDBGenerator({ blocks: 1, features: 4, growth: 2, seed: 1 })
  using discriminator = createDiscriminator({ patchSize: 32, features: 2 })
  const events: string[] = []
  const result = await trainESRGAN({
    generator,
    discriminator,
    psnrSteps: 0,
    ganSteps: 0,
    psnrRate: 1e-3,
    ganRate: 1e-3,
    ...options,
    batch: (step, stage) => {
      before?.(stage, step, discriminator)
      return trainingBatch(step, stage)
    },
    onProgress: (event) => {
      events.push(outline(event))
      onProgress?.(event)
    },
  })
  const weights = [...(await getWeights(generator.variables)), ...(await getWeights(discriminator.variables))]
  return { ...result, weights, events }
}

/** A JSON round trip, as a file would make it. */
const stored = ({ tensors, meta }: ESRGANTrainerState): ESRGANTrainerState => ({
  tensors,
  meta: JSON.parse(JSON.stringify(meta)) as ESRGANTrainerState['meta'],
})

/** A pixel loss that is NaN when told to. */
function failing(): { psnrLosses: NonNullable<TrainESRGANOptions['psnrLosses']>; isBroken: boolean } {
  const state = {
    isBroken: false,
    psnrLosses: [
      {
        name: 'l1',
        weight: 1,
        fn: ({ sr, hr }: { sr: tf.Tensor; hr: tf.Tensor }) =>
          tf.mul(tf.mean(tf.abs(tf.sub(sr, hr))), state.isBroken ? NaN : 1) as tf.Scalar,
      },
    ],
  }
  return state
}

beforeAll(() => useBackend('wasm'))

describe('the divergence guard', () => {
  it('goes back after a loss that is not finite, with half the rate, and says so', async () => {
    const rates: number[] = []
    const notices: ProgressEvent[] = []
    const term = failing()
    let isFirst = true
    const result = await run({
      psnrSteps: 6,
      psnrLosses: term.psnrLosses,
      psnrRate: (step) => {
        rates.push(step)
        return 1e-3
      },
      guard: { every: 2 },
      before: (_, step) => {
        term.isBroken = isFirst && step === 5
        if (term.isBroken) isFirst = false
      },
      onProgress: (event) => event.notice !== undefined && notices.push(event),
    })
    expect(result.events).toEqual(['1', '2', '3', '4', '5', '4 !', '5', '6'].map((step) => `psnr ${step}`))
    expect(rates).toEqual([0, 1, 2, 3, 4, 5, 4, 5])
    expect(result.rollBacks).toEqual([
      { stage: 'psnr', step: 5, to: 4, reason: 'l1 is NaN, total is NaN', rateFactor: 0.5 },
    ])
    expect(notices).toMatchObject([
      {
        notice:
          'training diverged with 5 steps done (l1 is NaN, total is NaN): back to the weights of 4 steps, learning rate times 0.5',
      },
    ])
    // What a run with that rate from there on would have come to.
    const plain = await run({ psnrSteps: 6, guard: false, psnrRate: (step) => (step < 4 ? 1e-3 : 0.5e-3) })
    expect(plain.weights).toEqual(result.weights)
  })

  it('goes back after a real explosion of the weights, until the rate is low enough', async () => {
    // Ten times the parameter is what each of the first steps changes it by.
    const { rollBacks, last } = await run({ psnrSteps: 8, psnrRate: 1e12, guard: { every: 4, rateFactor: 1e-15 } })
    expect(rollBacks).toHaveLength(1)
    expect(rollBacks[0]).toMatchObject({ stage: 'psnr', to: 0, rateFactor: 1e-15 })
    expect(last['l1']).toBeLessThan(1)
  })

  it('goes back after a last step that leaves weights which are not finite', async () => {
    // In float32 this rate is infinite; the loss of the step itself is as good as any.
    const { rollBacks, weights } = await run({
      psnrSteps: 3,
      psnrRate: (step) => (step < 2 ? 1e-3 : 1e39),
      guard: { rateFactor: 1e-42 },
    })
    expect(rollBacks).toEqual([
      {
        stage: 'psnr',
        step: 3,
        to: 0,
        reason: 'a weight or a value of the optimizer is not finite',
        rateFactor: 1e-42,
      },
    ])
    expect(isFiniteState(new Map(weights))).toBe(true)
  })

  it('goes back when the discriminator collapses: its weights, its running statistics, its optimizer and the averages', async () => {
    let isFirst = true
    const reasons: string[] = []
    const result = await run({
      ganSteps: 6,
      ema: 0.9,
      guard: { every: 2, patience: 2 },
      before: (_, step, discriminator) => {
        if (step !== 3 || !isFirst) return
        isFirst = false
        const weight = discriminator.variables.get('linear2.weight')!
        tf.tidy(() => weight.assign(tf.mul(weight, 1e6)))
      },
    })
    for (const { reason } of result.rollBacks) reasons.push(reason)
    expect(result.events).toEqual(['1', '2', '3', '4', '2 !', '3', '4', '5', '6'].map((step) => `gan ${step}`))
    expect(reasons[0]).toMatch(/^the discriminator's (loss is|logits explode).*mean logits.*in 2 steps in a row$/)
    const plain = await run({ ganSteps: 6, ema: 0.9, guard: false, ganRate: (step) => (step < 2 ? 1e-3 : 0.5e-3) })
    expect(plain.weights).toEqual(result.weights)
    expect(plain.ema).toEqual(result.ema)
  })

  it('gives up after so many roll-backs, with the last good weights in the networks', async () => {
    const term = failing()
    using generator = createRRDBGenerator({ blocks: 1, features: 4, growth: 2, seed: 1 })
    let good: unknown
    const outcome = trainESRGAN({
      generator,
      psnrSteps: 9,
      ganSteps: 0,
      psnrLosses: term.psnrLosses,
      guard: { every: 2, maxRollBacks: 3 },
      batch: async (step, stage) => {
        term.isBroken = step === 3
        if (step === 2) good = await getWeights(generator.variables)
        return trainingBatch(step, stage)
      },
    })
    const error = (await outcome.catch((thrown: unknown) => thrown)) as DivergenceError
    expect(error).toBeInstanceOf(DivergenceError)
    expect(error.message).toBe(
      'psnr stage: training diverged again, after 3 roll-backs to lower learning rates: l1 is NaN, total is NaN, with 3 ' +
        'steps done. The networks hold the weights of 2 steps. Lower the learning rate, or look at the batches',
    )
    expect(error).toMatchObject({ name: 'DivergenceError', stage: 'psnr', step: 3 })
    expect(error.rollBacks.map(({ rateFactor }) => rateFactor)).toEqual([0.5, 0.25, 0.125])
    expect(error.cause).toBeInstanceOf(NonFiniteLossError)
    expect(await getWeights(generator.variables)).toEqual(good)
  })

  // With these numbers the small discriminator, trained far too fast, wins against the generator by itself.
  const winning: Rest = {
    psnrSteps: 2,
    ganSteps: 12,
    ganRate: 1e-2,
    ema: 0.9,
    guard: { every: 4, patience: 3, minimumLoss: 0.02, rateFactor: 0.1 },
    validation: { every: 3, validate: (_, { step }) => ({ psnr: (7 * step) % 10 }) },
  }

  it('goes on the same after any interruption: before, between and after suspicious steps and the roll-back', async () => {
    const whole = await run(winning)
    const back = whole.events.findIndex((event) => event.endsWith('!'))
    expect(back).toBeGreaterThan(4)
    expect(whole.rollBacks[0]!.to).toBeLessThan(whole.rollBacks[0]!.step - 2)
    for (const at of [2, back - 3, back - 2, back, back + 1]) {
      let state: ESRGANTrainerState | undefined
      let seen = 0
      const controller = new AbortController()
      const stopped = run({
        ...winning,
        signal: controller.signal,
        onSave: (saved) => void (state = stored(saved)),
        onProgress: () => seen++ === at && controller.abort(new Error('stop')),
      })
      await expect(stopped).rejects.toThrow('stop')
      const resumed = await run({ ...winning, resume: state! })
      expect([...whole.events.slice(0, at + 1), ...resumed.events]).toEqual(whole.events)
      expect({ ...resumed, events: [] }).toEqual({ ...whole, events: [] })
    }
  })

  it('stores the state to go back to only where it is another one', async () => {
    const saved: ESRGANTrainerState[] = []
    await run({ psnrSteps: 4, saveEvery: 1, guard: { every: 2 }, onSave: (state) => void saved.push(state) })
    const hasGood = ({ tensors }: ESRGANTrainerState): boolean =>
      [...tensors.keys()].some((name) => name.startsWith('run/good/'))
    expect(saved.map(hasGood)).toEqual([true, false, true, false])
    expect(saved.map(({ meta }) => meta.run!.good?.psnrSteps)).toEqual([0, undefined, 2, undefined])
  })

  it('loads states that other runs made without it, and the other way round', async () => {
    const states: ESRGANTrainerState[] = []
    await run({ psnrSteps: 1, guard: false, onSave: (state) => void states.push(stored(state)) })
    const onSave = (state: ESRGANTrainerState): void => void states.push(stored(state))
    const guarded = await run({ psnrSteps: 3, resume: states[0]!, guard: { every: 2 }, onSave })
    expect((await run({ psnrSteps: 3, guard: false })).weights).toEqual(guarded.weights)
    const [{ tensors, meta }] = [states[0]!]
    const { run: _, ...counters } = meta
    await run({ psnrSteps: 3, resume: { tensors, meta: counters } })
    await run({ psnrSteps: 4, guard: false, resume: states[1]! })
  })

  it('does not blame training for a batch that is not finite, and does nothing when it is off', async () => {
    using generator = createRRDBGenerator({ blocks: 1, features: 4, growth: 2 })
    const spoilt = trainESRGAN({
      generator,
      psnrSteps: 1,
      ganSteps: 0,
      batch: () =>
        tf.tidy(() => ({ lr: tf.fill<tf.Rank.R4>([1, 8, 8, 3], NaN), hr: tf.zeros<tf.Rank.R4>([1, 32, 32, 3]) })),
    })
    await expect(spoilt).rejects.toThrow(NonFiniteLossError)
    const term = failing()
    term.isBroken = true
    await expect(run({ psnrSteps: 1, psnrLosses: term.psnrLosses, guard: false })).rejects.toThrow(
      /psnr step 0: l1 is NaN/,
    )
    expect((await run({ ...winning, guard: false })).rollBacks).toEqual([])
    expect((await run({ ...winning, guard: { patience: Infinity, minimumLoss: 0.02 } })).rollBacks).toEqual([])
    expect((await run({ ...winning, guard: {} })).rollBacks).toEqual([])
  })

  it('leaves no tensor behind', async () => {
    await expectNoLeak(async () => void (await run(winning)))
    const term = failing()
    term.isBroken = true
    const always: Rest = { psnrSteps: 1, psnrLosses: term.psnrLosses, guard: { maxRollBacks: 1 } }
    await expectNoLeakWhenThrowing(() => run(always), /training diverged again, after 1 roll-backs/)
  })

  it('refuses what does not fit', async () => {
    for (const [guard, message] of [
      [{ every: 0 }, /options.guard.every/],
      [{ patience: 0 }, /options.guard.patience/],
      [{ minimumLoss: -1 }, /options.guard.minimumLoss/],
      [{ maximumLogit: NaN }, /options.guard.maximumLogit/],
      [{ rateFactor: 0 }, /options.guard.rateFactor must be a number in \(0, 1\]/],
      [{ rateFactor: 2 }, /options.guard.rateFactor/],
      [{ maxRollBacks: 0.5 }, /options.guard.maxRollBacks/],
    ] as const) {
      await expect(run({ psnrSteps: 1, guard })).rejects.toThrow(message)
    }
  })
})

describe('suspicion', () => {
  const criterion = { minimumLoss: 1e-5, maximumLogit: 1000 }
  const step = (loss: number, real: number, fake: number): Record<string, number> => ({
    'discriminator/relativistic': loss,
    'discriminator/real': real,
    'discriminator/fake': fake,
  })

  it('finds nothing in steps of published logs of ESRGAN', () => {
    for (const values of [step(1.5e-3, -14.7, -21.7), step(0.43, -10.4, -12.7), step(0.02, 36.1, 32.6)]) {
      expect(suspicion(values, criterion)).toBeUndefined()
    }
  })

  it('finds a discriminator that has won, and logits that explode, together or apart', () => {
    expect(suspicion(step(1e-8, -26.4, -45.2), criterion)).toBe(
      "the discriminator's loss is 1.00e-8 (mean logits -26.4 of real, -45.2 of generated images)",
    )
    expect(suspicion(step(0.69, 2000, 2000), criterion)).toMatch(/logits explode/)
    expect(suspicion(step(900, -1, 1001), criterion)).toMatch(/logits explode/)
    expect(suspicion({ 'discriminator/real': -1e9 }, criterion)).toBe("the discriminator's logits explode")
    expect(suspicion({ l1: 0 }, criterion)).toBeUndefined()
  })
})

describe('isFiniteState', () => {
  it.each([
    [[0, -1, 3e38], true],
    [[0, NaN, 1], false],
    [[Infinity], false],
    [[-Infinity, Infinity], false],
  ])('%j: %s', (values, isFinite) => {
    const tensors = new Map([
      ['a', { shape: [1], data: new Float32Array(1) }],
      ['b', { shape: [values.length], data: Float32Array.from(values) }],
    ])
    expect(isFiniteState(tensors)).toBe(isFinite)
  })
})
