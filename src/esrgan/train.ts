import { dispose } from '@tensorflow/tfjs-core'
import { ArgumentError, requireInteger, requireRange } from '../errors.js'
import { breathe, multiStepRate, rateAt, trackProgress, type NonFiniteLossError } from '../training/index.js'
import type { LearningRate, NamedTensors, OnProgress } from '../training/index.js'
import { createBestKeeper, type ESRGANBestByStage } from './best.js'
import type { DivergenceGuardOptions, RollBack } from './guard.js'
import { requireTrainingMemory } from './memoryCheck.js'
import type { MemoryEstimate } from '../training/memoryLayers.js'
import { createDiscriminator, type Discriminator } from './discriminator.js'
import { createDivergenceGuard, divergenceOf } from './rollBack.js'
import { createESRGANTrainer, type ESRGANBatch, type ESRGANStage, type ESRGANTrainerOptions } from './trainer.js'
import type { ESRGANTrainerState } from './trainerState.js'
import { createValidator, type ESRGANValidation } from './validate.js'

/** What {@link trainESRGAN} takes. */
export interface TrainESRGANOptions extends ESRGANTrainerOptions {
  /**
   * The training pairs of a step, counted from 0 within its stage. A pure function of its arguments makes a resumed
   * run equal an uninterrupted one. The loop disposes what it returns.
   */
  readonly batch: (step: number, stage: ESRGANStage) => ESRGANBatch | Promise<ESRGANBatch>
  /** Steps of the PSNR stage; 0 leaves it out. ESRGAN's is 1,000,000. */
  readonly psnrSteps: number
  /** Steps of the GAN stage; 0 leaves it out. ESRGAN's is 400,000. */
  readonly ganSteps: number
  /** Learning rate of the PSNR stage; default 2e-4, halved every 200,000 steps. */
  readonly psnrRate?: LearningRate
  /** Learning rate of the GAN stage, for both networks; default 1e-4, halved at 50,000, 100,000, 200,000 and 300,000. */
  readonly ganRate?: LearningRate
  /** Measure the generator on held-out images while it trains, and keep the weights that were best; default never. */
  readonly validation?: ESRGANValidation
  /**
   * When training diverges (a value that is not finite, or the discriminator's collapse), go back to the last good
   * weights and optimizer state with a lower learning rate; these are the settings, and false turns it off.
   */
  readonly guard?: DivergenceGuardOptions | false
  /** Seed of the discriminator that is made where none is given; default 0. */
  readonly seed?: number
  /** A state to go on from, instead of the networks' present weights. */
  readonly resume?: ESRGANTrainerState
  /** Hand a state to `onSave` every so many steps; default only at the end of a stage and when the run is stopped. */
  readonly saveEvery?: number
  /** Hand a state to `onSave` also after a step that ends so many seconds after the last one; default never. A lost device or a full memory costs no more than that. */
  readonly saveSeconds?: number
  /** Receives states, after `onProgress` has seen the step. It is awaited: the next step begins when it is done. */
  readonly onSave?: (state: ESRGANTrainerState) => void | Promise<void>
  /**
   * Receives the losses of every step, with rate and time left; stages `psnr` and `gan`. What validation measured
   * stands among the values as `validation/psnr` and so on. A roll-back is an event with a `notice`; its `step` is the
   * one that training went back to, and the steps after it are reported again.
   */
  readonly onProgress?: OnProgress
  /** Receives the memory that a stage is expected to take, before its first step. */
  readonly onEstimate?: (stage: ESRGANStage, estimate: MemoryEstimate) => void
  /** Stops the run between two steps; its state goes to `onSave` first. */
  readonly signal?: AbortSignal
}

/** What {@link trainESRGAN} resolves to. The generator that was passed in holds the final weights. */
export interface TrainESRGANResult {
  /** Steps done in the PSNR stage, with those of earlier runs. */
  readonly psnrSteps: number
  /** Steps done in the GAN stage, with those of earlier runs. */
  readonly ganSteps: number
  /** The losses of the last step of this run; empty where there was nothing left to do. */
  readonly last: Readonly<Record<string, number>>
  /** The averaged weights of the generator, where `ema` was given. */
  readonly ema?: NamedTensors
  /** The weights of each stage that validation found best. The generator itself holds the last ones. */
  readonly best: ESRGANBestByStage
  /** Every return to earlier weights, with those of earlier runs. */
  readonly rollBacks: readonly RollBack[]
}

const defaultPSNRRate = multiStepRate(2e-4, [200_000, 400_000, 600_000, 800_000])
const defaultGANRate = multiStepRate(1e-4, [50_000, 100_000, 200_000, 300_000])

/**
 * Trains the generator in place: the PSNR stage, then the GAN stage from its weights (ESRGAN, Wang et al. 2018,
 * section 4.1). For the weights after the PSNR stage (to compare, or for `interpolateWeights`) call it twice, first
 * with `ganSteps: 0` and then with `psnrSteps: 0`.
 *
 * Between steps it lets timers and the page run. Equal seeds and batches give equal runs on one backend, whether
 * interrupted or not.
 *
 * @throws ArgumentError for an option out of range
 * @throws OutOfMemoryError before the first step, where the wasm heap certainly cannot hold a step of either stage
 * @throws DivergenceError when training diverges again and again; the networks hold the last good weights then
 * @throws NonFiniteLossError naming the step: without `guard` when training diverges, always where the batch is to blame
 * @throws BackendFailedError when the device is lost: go on in a new process, with `resume` and the last saved state
 * @throws WeightsError when `resume` belongs to other networks
 * @throws the signal's reason when it is aborted
 */
export async function trainESRGAN(options: TrainESRGANOptions): Promise<TrainESRGANResult> {
  const {
    generator,
    batch,
    psnrSteps,
    ganSteps,
    resume,
    saveEvery,
    saveSeconds = Infinity,
    onSave,
    onProgress,
    signal,
    validation,
    guard: guardOptions = {},
    seed = 0,
  } = options
  const { psnrRate = defaultPSNRRate, ganRate = defaultGANRate } = options
  requireInteger('options.psnrSteps', psnrSteps, 0)
  requireInteger('options.ganSteps', ganSteps, 0)
  if (saveEvery !== undefined) requireInteger('options.saveEvery', saveEvery, 1)
  if (saveSeconds !== Infinity) requireRange('options.saveSeconds', saveSeconds, 0, Infinity)
  signal?.throwIfAborted()

  /** The shape of the GAN stage's high-resolution images, which its first batch tells. */
  let ganShape: ESRGANBatch['hr']['shape'] | undefined
  if (ganSteps > 0) {
    const first = await batch(0, 'gan')
    ganShape = first.hr.shape
    dispose([first.lr, first.hr])
  }
  let own: Discriminator | undefined
  if (options.discriminator === undefined && ganShape !== undefined) {
    const [, height, width] = ganShape
    if (height !== width)
      throw new ArgumentError('options.batch', 'give square patches to the discriminator', [height, width])
    own = createDiscriminator({ patchSize: height, channels: generator.config.channels, seed })
  }
  const discriminator = options.discriminator ?? own
  try {
    using trainer = createESRGANTrainer({ ...options, ...(discriminator === undefined ? {} : { discriminator }) })
    if (resume !== undefined) trainer.load(resume)
    const guard = guardOptions === false ? undefined : createDivergenceGuard(trainer, guardOptions, resume)
    const measure = validation === undefined ? undefined : createValidator(generator, validation)
    const keeper = createBestKeeper(generator, validation ?? {}, resume)
    let savedAt = Date.now()
    const save = async (): Promise<void> => {
      if (onSave !== undefined) {
        const state = await trainer.state()
        const best = keeper.state()
        const { tensors: good, ...guarded } = guard?.addTo(state) ?? { tensors: [], rollBacks: [], suspicious: 0 }
        await onSave({
          tensors: new Map([...state.tensors, ...good, ...best.tensors]),
          meta: { ...state.meta, run: { ...guarded, best: best.meta } },
        })
      }
      savedAt = Date.now()
    }
    const estimate = (stage: ESRGANStage, [batchSize, height, width]: ESRGANBatch['hr']['shape']): MemoryEstimate =>
      requireTrainingMemory({
        stage,
        generator: generator.config,
        ...(discriminator === undefined ? {} : { discriminator: discriminator.config }),
        features: options.features?.convolutions ?? [],
        patchSize: stage === 'gan' ? discriminator!.config.patchSize : Math.round(Math.sqrt(height * width)),
        batchSize,
        ...(options.microBatch === undefined ? {} : { microBatch: options.microBatch }),
        ema: options.ema !== undefined,
      })
    // What cannot fit is refused now, not after days in an earlier stage.
    if (ganShape !== undefined && trainer.ganSteps < ganSteps) estimate('gan', ganShape)
    let last: Record<string, number> = {}
    const run = async (stage: ESRGANStage, steps: number, rate: LearningRate): Promise<void> => {
      const done = (): number => (stage === 'psnr' ? trainer.psnrSteps : trainer.ganSteps)
      if (done() >= steps) return
      if (stage === 'gan') trainer.beginGAN()
      await guard?.begin(stage)
      const report = trackProgress(stage, steps, onProgress, done())
      let saved = done()
      let isAnnounced = false
      while (done() < steps) {
        await breathe()
        if (signal?.aborted === true) {
          if (saved !== done()) await save()
          signal.throwIfAborted()
        }
        const at = done()
        const pairs = await batch(at, stage)
        let trouble: string | undefined
        let cause: unknown
        try {
          if (!isAnnounced) {
            const expected = estimate(stage, pairs.hr.shape)
            options.onEstimate?.(stage, expected)
            isAnnounced = true
          }
          const learningRate = rateAt(rate, at) * (guard?.rateFactor(stage) ?? 1)
          last = await (stage === 'psnr' ? trainer.psnrStep : trainer.ganStep)(pairs, learningRate)
          trouble = await guard?.judge(stage, last, done() === steps)
        } catch (error) {
          if (guard === undefined) throw error
          cause = await divergenceOf(error, pairs)
          trouble = (cause as NonFiniteLossError).problem
        } finally {
          dispose([pairs.lr, pairs.hr])
        }
        if (trouble !== undefined) {
          const { step, to, rateFactor } = guard!.rollBack(stage, trouble, cause)
          const back = `back to the weights of ${to} steps, learning rate times ${rateFactor}`
          report(to, undefined, `training diverged with ${step} steps done (${trouble}): ${back}`)
          saved = -1
          continue
        }
        if (validation !== undefined && (done() % validation.every === 0 || done() === steps)) {
          await trainer.withAverage(async () => {
            const values = await measure!({ stage, step: done() })
            await keeper.offer(stage, done(), values)
            for (const [name, value] of Object.entries(values)) last[`validation/${name}`] = value
          })
        }
        report(done(), last)
        const isDue = saveEvery !== undefined && done() % saveEvery === 0
        if (isDue || done() === steps || Date.now() - savedAt >= saveSeconds * 1000) {
          await save()
          saved = done()
        }
      }
    }
    if (trainer.stage === 'psnr') await run('psnr', psnrSteps, psnrRate)
    await run('gan', ganSteps, ganRate)
    const ema = await trainer.emaWeights()
    return {
      psnrSteps: trainer.psnrSteps,
      ganSteps: trainer.ganSteps,
      last,
      ...(ema === undefined ? {} : { ema }),
      best: keeper.best,
      rollBacks: guard?.rollBacks ?? [],
    }
  } finally {
    own?.dispose()
  }
}
