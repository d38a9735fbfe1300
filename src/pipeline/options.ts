import { fillModes } from '../backend/index.js'
import { ArgumentError, requireInteger, requireRange } from '../errors.js'
import type { ImageSource, Magnification, SplitName, Store } from '../data/index.js'
import { drawAugmentation, drawDegradation, magnifications as known, splitNames } from '../data/index.js'
import type { DiscriminatorContext, GeneratorContext } from '../esrgan/index.js'
import type { FeatureExtractor, LossTerm } from '../losses/index.js'
import { createRandom } from '../random.js'
import type { Arm } from './resultTypes.js'
import { pairStrategies, type SiameseContext } from '../siamese/index.js'
import type { OnProgress } from '../training/index.js'
import {
  presets,
  type AugmentationSettings,
  type ESRGANSettings,
  type PipelineSettings,
  type PresetName,
  type SiameseSettings,
} from './presets.js'

/** Extra or replacing loss terms: a default term's name replaces it, weight 0 removes it, a new name is added. */
export interface PipelineLosses {
  /** Terms of the generator in the PSNR stage; the default is `l1`. */
  readonly psnr?: readonly LossTerm<GeneratorContext>[]
  /** Terms of the generator in the GAN stage; the defaults are `perceptual`, `relativistic`, `l1`. */
  readonly generator?: readonly LossTerm<GeneratorContext>[]
  /** Terms of the discriminator; the default is `relativistic`. */
  readonly discriminator?: readonly LossTerm<DiscriminatorContext>[]
  /** Terms of the Siamese network; the defaults are `bce` and `contrastive`. */
  readonly siamese?: readonly LossTerm<SiameseContext>[]
}

/** What {@link trainPipeline} takes. */
export interface PipelineOptions {
  /** Where the images come from. */
  readonly data: ImageSource
  /** The settings to start from; default `quick`. */
  readonly preset?: PresetName
  /** Changes to the preset's ESRGAN half. */
  readonly esrgan?: Partial<ESRGANSettings>
  /** Changes to the preset's Siamese half. */
  readonly siamese?: Partial<SiameseSettings>
  /** Changes to the preset's balancing augmentation. */
  readonly augmentation?: Partial<AugmentationSettings>
  /** Side of the square low-resolution input in pixels; default the preset's. */
  readonly inputSize?: number
  /** How images are resized to it; default `bilinear` (antialiased). */
  readonly resize?: PipelineSettings['resize']
  /** Share of the test set in (0, 1); default the preset's. An official fold says itself what is tested, and takes none. */
  readonly testFraction?: number
  /**
   * Share of the training side, in [0, 1), that is held back to choose by: the Youden threshold, with `siamese.keep: 'best'`
   * the weights. Divided as the split divides (an official fold's training side by patient); default the preset's. 0: there
   * is none, the curves per epoch are measured on the test side, and nothing is chosen.
   */
  readonly validationFraction?: number
  /**
   * How the data are divided, as `splitRecords` says: `patient` (default) keeps every patient on one side, `accession`
   * all patient ids of one accession; `image` is the paper's; `official:1` to `official:5` are BreaKHis' own folds. Of
   * several, each is trained and evaluated by itself, and the first is the one of the main results.
   */
  readonly split?: SplitName | readonly SplitName[]
  /**
   * What makes the Siamese network's input, each with a network of its own on the same split, pairs and seeds; default
   * `['esrgan']`. The main results are those of `esrgan`, or of the last one where it is not among them.
   */
  readonly ablation?: readonly Arm[]
  /** Only images of these magnifications; default all. */
  readonly magnifications?: readonly Magnification[]
  /** The features of the perceptual loss; default a small frozen random network, which the report names. Borrowed. */
  readonly features?: FeatureExtractor
  /** Extra or replacing loss terms. */
  readonly losses?: PipelineLosses
  /** The tfjs backend to switch to, by its registered name; default the active one. */
  readonly backend?: string
  /** Where super-resolved images and training states are kept; default in memory. */
  readonly store?: Store
  /** Go on from the state that a stopped run with the same data, settings and seed left in `store`; default false. */
  readonly resume?: boolean
  /** Limits the steps and the images of every stage: a rehearsal of the whole path. Default no limit. */
  readonly maxSteps?: number
  /** What an image that cannot be read does: stop the run (default), or be skipped and listed in the report. */
  readonly onCorrupt?: 'stop' | 'skip'
  /**
   * Bytes of images to keep in memory: decoded originals, later super-resolved ones. With less, images are read more
   * often; results do not change. Default 768 MiB.
   */
  readonly cacheBytes?: number
  /** Equal seeds give equal runs on one backend; default 1. */
  readonly seed?: number
  /** Receives progress of every stage. */
  readonly onProgress?: OnProgress
  /** Stops the run between two steps; the state is in `store` then. */
  readonly signal?: AbortSignal
}

/** Which networks a run trains. */
export interface RunPlan {
  /** The ways to divide the data, the main one first. */
  readonly splits: readonly SplitName[]
  /** The ways to make the input, the main one first, the others in the caller's order. */
  readonly arms: readonly Arm[]
}

/** Every {@link Arm}. */
export const armNames: readonly Arm[] = ['none', 'bicubic', 'psnr', 'esrgan']

/** Reads `split` and `ablation`, and checks them. */
export function planRuns({ split = 'patient', ablation = ['esrgan'] }: PipelineOptions): RunPlan {
  const splits = typeof split === 'string' ? [split] : split
  const requireDistinct = <T>(name: string, values: readonly T[], known: readonly T[]): void => {
    if (!Array.isArray(values) || values.length === 0) throw new ArgumentError(name, 'name at least one', values)
    for (const value of values) {
      if (!known.includes(value)) throw new ArgumentError(name, `be one of ${known.join(', ')}`, value)
    }
    const twice = values.find((value, i) => values.indexOf(value) < i)
    if (twice !== undefined) throw new ArgumentError(name, 'name each only once', twice)
  }
  requireDistinct('options.split', splits, splitNames)
  requireDistinct('options.ablation', ablation, armNames)
  const main = ablation.includes('esrgan') ? 'esrgan' : ablation.at(-1)!
  return { splits, arms: [main, ...ablation.filter((arm) => arm !== main)] }
}

/** The default of `cacheBytes`. */
export const defaultCacheBytes: number = 768 * 2 ** 20

/** The preset with the caller's changes. Checks every value that the stages do not check themselves. */
export function resolveSettings(options: PipelineOptions): PipelineSettings {
  const { preset = 'quick', magnifications, onCorrupt = 'stop', maxSteps, seed = 1 } = options
  if (!(preset in presets)) throw new ArgumentError('options.preset', "be 'paper' or 'quick'", preset)
  const { splits } = planRuns(options)
  if (splits.every((split) => split.startsWith('official:')) && options.testFraction !== undefined) {
    throw new ArgumentError(
      'options.testFraction',
      `be left out: ${splits[0]} says itself what is tested`,
      options.testFraction,
    )
  }
  if (onCorrupt !== 'stop' && onCorrupt !== 'skip') {
    throw new ArgumentError('options.onCorrupt', "be 'stop' or 'skip'", onCorrupt)
  }
  for (const magnification of magnifications ?? []) {
    if (!known.includes(magnification)) {
      throw new ArgumentError('options.magnifications', `hold only ${known.join(', ')}`, magnification)
    }
  }
  if (maxSteps !== undefined) requireInteger('options.maxSteps', maxSteps, 1)
  if (options.cacheBytes !== undefined) requireInteger('options.cacheBytes', options.cacheBytes, 0)
  if (!Number.isInteger(seed)) throw new ArgumentError('options.seed', 'be an integer', seed)
  const base = presets[preset]
  const settings: PipelineSettings = {
    testFraction: options.testFraction ?? base.testFraction,
    validationFraction: options.validationFraction ?? base.validationFraction,
    inputSize: options.inputSize ?? base.inputSize,
    resize: options.resize ?? base.resize,
    augmentation: { ...base.augmentation, ...options.augmentation },
    esrgan: { ...base.esrgan, ...options.esrgan },
    siamese: { ...base.siamese, ...options.siamese },
  }
  requireInteger('options.inputSize', settings.inputSize, 8)
  if (settings.resize !== 'bilinear' && settings.resize !== 'nearest') {
    throw new ArgumentError('options.resize', "be 'bilinear' or 'nearest'", settings.resize)
  }
  const { augmentation, esrgan, siamese, validationFraction } = settings
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new ArgumentError('options.validationFraction', 'be a number in [0, 1)', validationFraction)
  }
  // Drawn once for nothing: what is out of range shows now, not after hours.
  drawAugmentation(createRandom(seed), augmentation)
  drawDegradation(createRandom(seed), esrgan.degradation)
  const { fillMode, fillValue = 0, centre = 'keras3' } = augmentation
  if (!fillModes.includes(fillMode)) {
    throw new ArgumentError('options.augmentation.fillMode', `be one of ${fillModes.join(', ')}`, fillMode)
  }
  if (!Number.isFinite(fillValue)) {
    throw new ArgumentError('options.augmentation.fillValue', 'be a finite number', fillValue)
  }
  if (centre !== 'keras3' && centre !== 'keras1') {
    throw new ArgumentError('options.augmentation.centre', "be 'keras3' or 'keras1'", centre)
  }
  for (const name of ['psnrSteps', 'ganSteps'] as const) {
    requireInteger(`options.esrgan.${name}`, esrgan[name], 0)
  }
  for (const name of ['batchSize', 'microBatch', 'validateEvery', 'saveEvery', 'evaluationImages'] as const) {
    requireInteger(`options.esrgan.${name}`, esrgan[name], 1)
  }
  for (const name of ['epochs', 'batchSize', 'microBatch', 'embeddingSize'] as const) {
    requireInteger(`options.siamese.${name}`, siamese[name], 1)
  }
  requireRange('options.siamese.lambda', siamese.lambda, 0, Infinity)
  if (!pairStrategies.includes(siamese.pairs)) {
    throw new ArgumentError('options.siamese.pairs', `be one of ${pairStrategies.join(', ')}`, siamese.pairs)
  }
  if (!['allow', 'forbid', 'require'].includes(siamese.samePatient)) {
    throw new ArgumentError('options.siamese.samePatient', "be 'allow', 'forbid' or 'require'", siamese.samePatient)
  }
  if (siamese.keep !== 'last' && siamese.keep !== 'best') {
    throw new ArgumentError('options.siamese.keep', "be 'last' or 'best'", siamese.keep)
  }
  if (siamese.patience !== undefined) requireInteger('options.siamese.patience', siamese.patience, 1)
  if (validationFraction === 0 && (siamese.keep === 'best' || siamese.patience !== undefined)) {
    throw new ArgumentError(
      'options.validationFraction',
      'be above 0 where weights are chosen or training is stopped by validation (siamese.keep, siamese.patience)',
      0,
    )
  }
  return maxSteps === undefined
    ? settings
    : {
        ...settings,
        esrgan: {
          ...esrgan,
          psnrSteps: Math.min(esrgan.psnrSteps, maxSteps),
          ganSteps: Math.min(esrgan.ganSteps, maxSteps),
          evaluationImages: Math.min(esrgan.evaluationImages, maxSteps),
        },
        siamese: { ...siamese, epochs: Math.min(siamese.epochs, maxSteps) },
      }
}
