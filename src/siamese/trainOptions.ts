import { ArgumentError, requireInteger } from '../errors.js'
import type { OnProgress } from '../training/index.js'
import type { BestEpoch, BestRule } from './bestEpoch.js'
import type { ImageLoader } from './imageLoader.js'
import type { PairStrategy } from './pairBatches.js'
import { requireLabels, requireZerosAndOnes } from './requireLabels.js'
import type { SiameseTrainerOptions, SiameseTrainerState } from './trainer.js'

/** One epoch of `trainSiamese`. */
export interface SiameseEpoch {
  /** The epoch, counted from 1. */
  readonly epoch: number
  /** Mean of the weighted loss over the epoch's pairs or triplets. */
  readonly loss: number
  /** Mean of each unweighted term by name, such as `bce` and `contrastive`. */
  readonly terms: Readonly<Record<string, number>>
  /** Share of the batches' images that the head classed rightly, under dropout and while learning: each counts as often as it was seen. */
  readonly accuracy: number
  /** Pairs, or triplets, that the loss was taken on. */
  readonly pairs: number
  /**
   * Images of the epoch's batches that were the anchor of no pair: `all-in-batch` and `hard`, for want of partners in their
   * batch; `semi-hard`, for want of a semi-hard triplet. 0 for `balanced`.
   */
  readonly skippedAnchors: number
  /** Where there are validation images: how the sigmoid head answered them, without dropout. */
  readonly validation?: SiameseValidation
  /** Duration in seconds. */
  readonly seconds: number
}

/** How the sigmoid head answered the validation images after an epoch; beside these, the caller's `metrics` by name. */
export interface SiameseValidation {
  /** Mean cross-entropy (`bce`), in nats. */
  readonly loss: number
  /** Share of right answers at threshold 0.5. */
  readonly accuracy: number
  /** ROC-AUC; NaN with one class only. */
  readonly auc: number
  readonly [metric: string]: number
}

/** Where training stands: what `resume` takes. */
export interface SiameseCheckpoint {
  /** Epochs done. */
  readonly epoch: number
  /** Network and optimizer. */
  readonly state: SiameseTrainerState
  /** The epochs so far. */
  readonly history: readonly SiameseEpoch[]
  /** The best epoch so far, with its weights; only with `best`. */
  readonly best?: BestEpoch
  /** What was done of the epoch after those; absent at a border between two epochs. */
  readonly begun?: SiameseBegunEpoch
}

/** A part of an epoch. */
export interface SiameseBegunEpoch {
  /** Steps done. */
  readonly steps: number
  /** Pairs that they saw. */
  readonly pairs: number
  /** Images that were the anchor of none. */
  readonly skippedAnchors: number
  /** Images that the head classed, each as often as it was seen: the two of each pair, or those of the batches. */
  readonly images: number
  /** Sums over these pairs of the loss and its terms, and over these images of the accuracy. */
  readonly sums: Readonly<Record<string, number>>
}

/** Options of `trainSiamese`. */
export interface TrainSiameseOptions extends SiameseTrainerOptions {
  /** Patient of each training image; needed where `samePatient` is not `allow`. */
  readonly groups?: readonly (string | number)[]
  /** The picture that each training image shows: augmented copies of one picture are never paired. Default: all differ. */
  readonly pictures?: readonly (string | number)[]
  /** Whether the two images of a pair may, must not or must be of one patient; default `allow`. */
  readonly samePatient?: 'allow' | 'forbid' | 'require'
  /**
   * Which pairs, or triplets, the loss is taken on; default `balanced`. The others pair the images of a batch among each other, so that
   * an image in several pairs counts as often in every term. Triplets bring the loss term `triplet` instead of `contrastive`. Hard and
   * semi-hard ones go by the embeddings of the step itself, with its dropout, and by `margin`; a batch without any semi-hard pair or
   * triplet takes its hard ones.
   */
  readonly pairs?: PairStrategy
  /**
   * Passes over the pairs; default 10 (the paper). Where images are paired within batches, passes over the larger class; with
   * `samePatient: 'require'` over the patients, each of which comes as often as the largest takes to show all its images: beside one
   * of 600 images, those of a patient with 6 come 100 times in an epoch.
   */
  readonly epochs?: number
  /**
   * Pairs in a batch; default 32 (the paper). Where images are paired within batches, the images of each class: as many images as
   * that many pairs hold, if the smaller class has them.
   */
  readonly batchSize?: number
  /** Ends each epoch after so many steps; default: all of the sampler's. */
  readonly stepsPerEpoch?: number
  /** Images to evaluate after every epoch; they are never learned from. */
  readonly validation?: {
    /** Loads validation images by index. */
    readonly images: ImageLoader
    /** Class of each: 0 benign, 1 malignant. */
    readonly labels: ArrayLike<number>
  }
  /**
   * Further metrics of the validation images, by name: functions of their classes (1 = malignant) and of the probabilities of malignant.
   */
  readonly metrics?: Readonly<Record<string, (labels: ArrayLike<number>, scores: ArrayLike<number>) => number>>
  /**
   * Keeps the weights of the epoch that is best on the validation images; the network holds them in the end. Of equal values the earlier
   * epoch stays, and NaN is never better. Default: the last epoch's weights stay.
   */
  readonly best?: BestRule
  /** Ends training once so many epochs have gone by without a better one; needs `best`. Default never. */
  readonly patience?: number
  /** Goes on after a checkpoint, exactly as if the run had not stopped. Give the same options. */
  readonly resume?: SiameseCheckpoint
  /** Called after every epoch; `checkpoint()` makes what `resume` takes. Awaited. */
  readonly onEpoch?: (epoch: SiameseEpoch, checkpoint: () => Promise<SiameseCheckpoint>) => void | Promise<void>
  /** Hand a checkpoint to `onSave` after a step that ends so many seconds after the last one; default never. */
  readonly saveSeconds?: number
  /** Receives checkpoints after `saveSeconds`, and what is not saved yet when the run is stopped. Awaited. */
  readonly onSave?: (checkpoint: SiameseCheckpoint) => void | Promise<void>
  /** Receives progress, stage `siamese`, in steps over all epochs. */
  readonly onProgress?: OnProgress
  /** Stops between steps. */
  readonly signal?: AbortSignal
}

/** What `trainSiamese` came to. */
export interface SiameseTraining {
  /** One entry for each epoch, those before `resume` included. */
  readonly history: readonly SiameseEpoch[]
  /** The epoch (from 1) whose weights the network holds: the best where `best` was given and had a number, else the last. */
  readonly keptEpoch: number
  /** The best epoch's value of the metric; only with `best`, where an epoch had a number. */
  readonly bestValue?: number
  /** Whether `patience` ended training before its last epoch. */
  readonly isStoppedEarly: boolean
}

/** The metrics of every validation. */
const ownMetrics = ['loss', 'accuracy', 'auc']

/** Throws for validation images without classes, and where best weights are asked for that no validation could tell. */
export function requireValidation({ best, patience, validation, metrics = {} }: TrainSiameseOptions): void {
  for (const name of Object.keys(metrics)) {
    if (ownMetrics.includes(name))
      throw new ArgumentError('options.metrics', `have other names than ${ownMetrics.join(', ')}`, name)
  }
  if (validation !== undefined) requireZerosAndOnes('options.validation.labels', validation.labels)
  if (patience !== undefined) {
    requireInteger('options.patience', patience, 1)
    if (best === undefined) throw new ArgumentError('options.patience', 'be given with options.best only', patience)
  }
  if (best === undefined) return
  if (validation === undefined)
    throw new ArgumentError('options.best', 'be given with options.validation only', best.metric)
  if (best.direction !== 'max' && best.direction !== 'min')
    throw new ArgumentError('options.best.direction', "be 'max' or 'min'", best.direction)
  const names = [...ownMetrics, ...Object.keys(metrics)]
  if (!names.includes(best.metric))
    throw new ArgumentError('options.best.metric', `be one of ${names.join(', ')}`, best.metric)
  if (best.metric === 'auc') requireLabels('options.validation.labels', validation.labels)
}
