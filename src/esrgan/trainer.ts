import { dispose, mean } from '@tensorflow/tfjs-core'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { repairBackend } from '../backend/index.js'
import { ArgumentError, WeightsError, requireInteger } from '../errors.js'
import { mergeLossTerms, type FeatureExtractor, type LossTerm } from '../losses/index.js'
import {
  areFinite,
  chunkedGradients,
  NonFiniteLossError,
  createAdam,
  createMovingAverage,
  getWeights,
  lossGradients,
  setWeights,
  weightDifferences,
  type Adam,
  type AdamOptions,
  type LossGradients,
  type MovingAverage,
  type NamedTensor,
  type NamedTensors,
} from '../training/index.js'
import type { Discriminator } from './discriminator.js'
import type { Generator } from './generator.js'
import { KeptValues } from './keptValues.js'
import { discriminatorLossTerms, ganLossTerms, psnrLossTerms } from './lossTerms.js'
import type { DiscriminatorContext, GANLossOptions, GeneratorContext } from './lossTerms.js'
import { expectedState, prefixed, under, withoutRun, type ESRGANTrainerState } from './trainerState.js'

/** Pairs of images: `hr` has `scale` times the height and width of `lr`; both RGB in [0, 1], `[batch, height, width, channels]`. */
export interface ESRGANBatch {
  /** Low resolution. */
  readonly lr: Tensor4D
  /** High resolution. */
  readonly hr: Tensor4D
}

/** The two stages of training: pixels only, then adversarial. */
export type ESRGANStage = 'psnr' | 'gan'

/** What {@link createESRGANTrainer} takes. */
export interface ESRGANTrainerOptions extends GANLossOptions {
  /** The network to train. Borrowed. */
  readonly generator: Generator
  /** Its adversary; needed by the GAN stage. Borrowed. */
  readonly discriminator?: Discriminator
  /** The features of the perceptual term; without them that term is left out. Borrowed. */
  readonly features?: FeatureExtractor
  /** Terms of the generator in the GAN stage: `perceptual`, `relativistic` and `l1` are replaced by name, others are added, weight 0 removes. */
  readonly losses?: readonly LossTerm<GeneratorContext>[]
  /** Terms of the generator in the PSNR stage; the default is `l1`. */
  readonly psnrLosses?: readonly LossTerm<GeneratorContext>[]
  /** Terms of the discriminator; the default is `relativistic`. */
  readonly discriminatorLosses?: readonly LossTerm<DiscriminatorContext>[]
  /**
   * How many images go through the generator at once; default the whole batch. The gradients equal those of the whole
   * batch: losses and batch normalisation always see all of it.
   */
  readonly microBatch?: number
  /** Decay of the moving average of the generator's weights, for example 0.999; default none. */
  readonly ema?: number
  /** Settings of both optimizers; defaults beta 0.9 and 0.999, epsilon 1e-8. */
  readonly adam?: AdamOptions
}

/** Trains a generator step by step. It owns its optimizers and averages, not the networks. */
export interface ESRGANTrainer {
  /** The present stage; the first `ganStep` begins the GAN stage with fresh optimizers and averages, and there is no way back. */
  readonly stage: ESRGANStage
  /** Steps done in the PSNR stage. */
  readonly psnrSteps: number
  /** Steps done in the GAN stage. */
  readonly ganSteps: number
  /**
   * One update of the generator by the pixel loss. Borrows the batch. Resolves to the value of each term and `total`.
   * @throws NonFiniteLossError when a loss or gradient is not finite; nothing was updated then
   */
  psnrStep(batch: ESRGANBatch, learningRate: number): Promise<Record<string, number>>
  /**
   * One update of the generator and one of the discriminator, which judges the output from before the generator's
   * update. Borrows the batch. Resolves to the value of each term (`perceptual`, `relativistic`, `l1`, `total`) and
   * those of the discriminator (`discriminator/relativistic`, `discriminator/total`), with its mean logits
   * `discriminator/real` and `discriminator/fake`.
   * @throws NonFiniteLossError when a loss or gradient is not finite; nothing was updated then
   */
  ganStep(batch: ESRGANBatch, learningRate: number): Promise<Record<string, number>>
  /**
   * Begins the GAN stage with fresh optimizers and averages, as the first `ganStep` would; in the GAN stage it does nothing.
   * @throws ArgumentError without a discriminator
   */
  beginGAN(): void
  /** The averaged weights of the generator, or undefined without `ema`. `setWeights` puts them into a generator. */
  emaWeights(): Promise<NamedTensors | undefined>
  /**
   * Runs the function while the generator holds its averaged weights, then puts the present ones back, exactly, also
   * when it throws. Without `ema` it only runs the function.
   */
  withAverage<T>(use: () => Promise<T>): Promise<T>
  /** A copy of everything that an exact continuation needs. */
  state(): Promise<ESRGANTrainerState>
  /**
   * Continues from a state: the next step equals the one that would have followed it.
   * @throws WeightsError listing every difference when the state belongs to other networks
   */
  load(state: ESRGANTrainerState): void
  /** Disposes optimizers and averages; calling it again does nothing. */
  dispose(): void
  /** The same as `dispose()`, for `using`. */
  [Symbol.dispose](): void
}

/**
 * The training steps of ESRGAN (Wang et al. 2018, section 3; order of operations as in BasicSR's `ESRGANModel`).
 * PSNR step: `l1`. GAN step: real, then generated images pass the discriminator (separately, in training mode); the
 * generator's gradient of `perceptual + 5e-3 relativistic + 1e-2 l1`; then real and the same generated images pass it
 * again for the discriminator's own gradient. Both updates are made at the end, and only if all is finite.
 *
 * Repairs the active backend for training (`repairBackend`). The caller disposes the trainer, and the networks.
 * @throws ArgumentError for an option out of range
 */
export function createESRGANTrainer(options: ESRGANTrainerOptions): ESRGANTrainer {
  const { generator, discriminator, features, microBatch, ema, adam } = options
  repairBackend()
  if (microBatch !== undefined) requireInteger('options.microBatch', microBatch, 1)
  const psnrTerms = mergeLossTerms(psnrLossTerms(), options.psnrLosses ?? [])
  const ganTerms = mergeLossTerms(ganLossTerms(features, options), options.losses ?? [])
  const discriminatorTerms = mergeLossTerms(discriminatorLossTerms(options), options.discriminatorLosses ?? [])

  let stage: ESRGANStage = 'psnr'
  const steps = { psnr: 0, gan: 0 }
  let generatorAdam: Adam = createAdam(generator.trainable, adam)
  let discriminatorAdam: Adam | undefined
  const createAverage = (): MovingAverage | undefined =>
    ema === undefined ? undefined : createMovingAverage(generator.trainable, ema)
  let average: MovingAverage | undefined
  try {
    average = createAverage()
  } catch (error) {
    generatorAdam.dispose()
    throw error
  }

  const requireDiscriminator = (): Discriminator => {
    if (discriminator === undefined)
      throw new ArgumentError('options.discriminator', 'be given for the GAN stage', undefined)
    return discriminator
  }

  /** Fresh optimizers and averages: the GAN stage is a training of its own, from the PSNR stage's weights. */
  function beginGAN(): void {
    if (stage === 'gan') return
    const opponent = requireDiscriminator()
    stage = 'gan'
    generatorAdam.dispose()
    average?.dispose()
    generatorAdam = createAdam(generator.trainable, adam)
    discriminatorAdam = createAdam(opponent.trainable, adam)
    average = createAverage()
  }

  function requireBatch({ lr, hr }: ESRGANBatch): void {
    const { scale, channels } = generator.config
    const [batch, height, width] = lr.shape
    const wanted = [batch, height * scale, width * scale, channels]
    if (hr.shape.join() !== wanted.join()) {
      throw new ArgumentError(
        'batch.hr',
        `have the shape [${wanted.join(', ')}], ${scale} times that of batch.lr`,
        hr.shape,
      )
    }
  }

  function generatorGradients(
    { lr, hr }: ESRGANBatch,
    kept: KeptValues,
    terms: readonly LossTerm<GeneratorContext>[],
    logits: (sr: Tensor4D) => { realLogits?: Tensor; fakeLogits?: Tensor },
  ): LossGradients & { readonly outputs: Tensor } {
    return chunkedGradients({
      variables: generator.trainable,
      inputs: lr,
      chunk: microBatch ?? lr.shape[0],
      forward: (part) => generator.apply(part as Tensor4D),
      loss: (outputs) => {
        const sr = outputs as Tensor4D
        const extractor = features === undefined ? {} : { features }
        return kept.total('', terms, { sr, hr, lr, stage, ...logits(sr), ...extractor })
      },
    })
  }

  /** Reads the losses, and throws unless they and all gradients are finite. */
  async function requireFinite(
    kept: KeptValues,
    gradients: ReadonlyMap<string, Tensor>[],
  ): Promise<Record<string, number>> {
    const values = await kept.read()
    if (!(await areFinite(values, gradients))) throw new NonFiniteLossError(stage, steps[stage], values)
    return values
  }

  async function psnrStep(batch: ESRGANBatch, learningRate: number): Promise<Record<string, number>> {
    if (stage === 'gan') throw new ArgumentError('psnrStep', 'not be called after the GAN stage has begun', stage)
    requireBatch(batch)
    const owned: Tensor[] = []
    const kept = new KeptValues()
    try {
      const { value, outputs, gradients } = generatorGradients(batch, kept, psnrTerms, () => ({}))
      owned.push(value, outputs, ...gradients.values())
      const values = await requireFinite(kept, [gradients])
      generatorAdam.apply(gradients, learningRate)
      average?.update()
      steps.psnr++
      return values
    } finally {
      dispose(owned)
      dispose(kept.tensors)
    }
  }

  async function ganStep(batch: ESRGANBatch, learningRate: number): Promise<Record<string, number>> {
    const opponent = requireDiscriminator()
    requireBatch(batch)
    beginGAN()
    const owned: Tensor[] = []
    const kept = new KeptValues()
    const statistics = [...opponent.variables.values()].filter(({ trainable }) => !trainable)
    const before = statistics.map((variable) => variable.clone())
    const judge = (images: Tensor4D): Tensor => opponent.apply(images, { training: true })
    let isDone = false
    try {
      const realLogits = judge(batch.hr)
      owned.push(realLogits)
      const forGenerator = generatorGradients(batch, kept, ganTerms, (sr) => ({ realLogits, fakeLogits: judge(sr) }))
      owned.push(forGenerator.value, forGenerator.outputs, ...forGenerator.gradients.values())

      const sr = forGenerator.outputs as Tensor4D
      const forDiscriminator = lossGradients(opponent.trainable, () => {
        const context = { sr, hr: batch.hr, realLogits: judge(batch.hr), fakeLogits: judge(sr) }
        kept.set('discriminator/real', mean(context.realLogits))
        kept.set('discriminator/fake', mean(context.fakeLogits))
        return kept.total('discriminator/', discriminatorTerms, context)
      })
      owned.push(forDiscriminator.value, ...forDiscriminator.gradients.values())

      const values = await requireFinite(kept, [forGenerator.gradients, forDiscriminator.gradients])
      generatorAdam.apply(forGenerator.gradients, learningRate)
      discriminatorAdam!.apply(forDiscriminator.gradients, learningRate)
      average?.update()
      steps.gan++
      isDone = true
      return values
    } finally {
      // A refused step leaves the running statistics as they were, too.
      if (!isDone) statistics.forEach((variable, i) => variable.assign(before[i]!))
      dispose([...before, ...owned])
      dispose(kept.tensors)
    }
  }

  const disposeAll = (): void => {
    generatorAdam.dispose()
    discriminatorAdam?.dispose()
    average?.dispose()
  }

  return {
    get stage() {
      return stage
    },
    get psnrSteps() {
      return steps.psnr
    },
    get ganSteps() {
      return steps.gan
    },
    psnrStep,
    ganStep,
    beginGAN,
    emaWeights: async () => average?.state(),
    async withAverage(use) {
      if (average === undefined) return use()
      const variables = [...generator.trainable.values()]
      const present = variables.map((variable) => variable.clone())
      try {
        average.copyTo(generator.trainable)
        return await use()
      } finally {
        variables.forEach((variable, i) => variable.assign(present[i]!))
        dispose(present)
      }
    },
    async state() {
      const tensors = new Map<string, NamedTensor>([
        ...prefixed('generator', await getWeights(generator.variables)),
        ...prefixed('generator-adam', await generatorAdam.state()),
        ...(average === undefined ? [] : prefixed('ema', await average.state())),
        ...(discriminatorAdam === undefined
          ? []
          : [
              ...prefixed('discriminator', await getWeights(requireDiscriminator().variables)),
              ...prefixed('discriminator-adam', await discriminatorAdam.state()),
            ]),
      ])
      return {
        tensors,
        meta: {
          stage,
          psnrSteps: steps.psnr,
          ganSteps: steps.gan,
          generatorUpdates: generatorAdam.step,
          discriminatorUpdates: discriminatorAdam?.step ?? 0,
        },
      }
    },
    load({ tensors, meta }) {
      if (stage === 'gan' && meta.stage === 'psnr') {
        throw new ArgumentError('state', 'be of the GAN stage, which this trainer has begun', meta.stage)
      }
      const differences = weightDifferences(
        expectedState(generator, meta.stage === 'gan' ? requireDiscriminator() : undefined, ema !== undefined),
        withoutRun(tensors),
      )
      if (differences.length > 0) {
        throw new WeightsError('training state', 'it belongs to other networks or options', differences)
      }
      if (meta.stage === 'gan') beginGAN()
      setWeights(generator.variables, under('generator', tensors), 'training state')
      generatorAdam.load(meta.generatorUpdates, under('generator-adam', tensors))
      average?.load(under('ema', tensors))
      if (discriminatorAdam !== undefined) {
        setWeights(requireDiscriminator().variables, under('discriminator', tensors), 'training state')
        discriminatorAdam.load(meta.discriminatorUpdates, under('discriminator-adam', tensors))
      }
      steps.psnr = meta.psnrSteps
      steps.gan = meta.ganSteps
    },
    dispose: disposeAll,
    [Symbol.dispose]: disposeAll,
  }
}
