import { ArgumentError, requireInteger, requireRange } from '../errors.js'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'
import { createBestEpochKeeper, type BestEpoch, type BestRule } from './bestEpoch.js'
import { evaluateSiamese } from './evaluate.js'
import type { ImageLoader } from './imageLoader.js'
import type { SiameseNetwork } from './network.js'
import { requireSiameseMemory } from './memory.js'
import { createPairBatches, givesTriplets, type PairStrategy } from './pairBatches.js'
import { requireLabels } from './requireLabels.js'
import { createSiameseTrainer, type SiameseTrainerOptions, type SiameseTrainerState } from './trainer.js'

/** One epoch of {@link trainSiamese}. */
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

/** Options of {@link trainSiamese}. */
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

/** What {@link trainSiamese} came to. */
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

/** Throws where best weights are asked for that no validation could tell. */
function requireBest({ best, patience, validation, metrics = {} }: TrainSiameseOptions): void {
  for (const name of Object.keys(metrics)) {
    if (['loss', 'accuracy', 'auc'].includes(name))
      throw new ArgumentError('options.metrics', 'have other names than loss, accuracy and auc', name)
  }
  if (patience !== undefined) {
    requireInteger('options.patience', patience, 1)
    if (best === undefined) throw new ArgumentError('options.patience', 'be given with options.best only', patience)
  }
  if (best === undefined) return
  if (validation === undefined)
    throw new ArgumentError('options.best', 'be given with options.validation only', best.metric)
  if (best.direction !== 'max' && best.direction !== 'min')
    throw new ArgumentError('options.best.direction', "be 'max' or 'min'", best.direction)
  const names = ['loss', 'accuracy', 'auc', ...Object.keys(metrics)]
  if (!names.includes(best.metric))
    throw new ArgumentError('options.best.metric', `be one of ${names.join(', ')}`, best.metric)
  if (best.metric === 'auc') requireLabels('options.validation.labels', validation.labels)
}

/**
 * Trains a Siamese network with the paper's settings: 10 epochs, batches of 32 balanced pairs, Adam 1e-4 (epsilon 1e-7),
 * contrastive margin 1, loss `bce + lambda * contrastive` (of triplets `bce + lambda * triplet`) or what `losses` makes of it.
 * Deterministic for a seed on one backend.
 *
 * @returns the history, one entry for each epoch (those before `resume` included), and which epoch's weights the network holds. It is
 *   trained in place.
 * @throws ArgumentError for options out of range; OutOfMemoryError where wasm certainly cannot hold a step (`estimateSiameseMemory`);
 * BackendFailedError when the device is lost; the signal's
 * reason when aborted (the network then keeps the last step's weights).
 */
export async function trainSiamese(options: TrainSiameseOptions): Promise<SiameseTraining> {
  const {
    network,
    labels,
    groups,
    samePatient = 'allow',
    pairs: strategy = 'balanced',
    epochs = 10,
    batchSize = 32,
    stepsPerEpoch,
    validation,
  } = options
  const { resume, onEpoch, onSave, onProgress, signal, pictures, saveSeconds = Infinity, seed = 0 } = options
  requireInteger('options.epochs', epochs, 1)
  if (stepsPerEpoch !== undefined) requireInteger('options.stepsPerEpoch', stepsPerEpoch, 1)
  if (saveSeconds !== Infinity) requireRange('options.saveSeconds', saveSeconds, 0, Infinity)
  requireLabels('options.labels', labels)
  if (validation !== undefined && validation.labels.length === 0)
    throw new ArgumentError('options.validation.labels', 'hold at least one label', [])
  requireBest(options)
  const batches = createPairBatches(labels, {
    strategy,
    batchSize,
    epochs,
    samePatient,
    seed,
    ...(stepsPerEpoch === undefined ? {} : { stepsPerEpoch }),
    ...(options.margin === undefined ? {} : { margin: options.margin }),
    ...(groups === undefined ? {} : { groups }),
    ...(pictures === undefined ? {} : { pictures }),
  })
  const steps = Math.min(batches.batchesPerEpoch, stepsPerEpoch ?? Infinity)
  // No more images at once than training takes.
  const judgedAtOnce = Math.min(batchSize, 2 * (options.microBatch ?? batchSize))
  const { widths } = network.encoder
  if (widths !== undefined) {
    const { inputShape, embeddingSize } = network
    requireSiameseMemory({ inputShape, widths, embeddingSize, batchSize, microBatch: options.microBatch ?? batchSize })
  }
  const trainer = createSiameseTrainer({
    embeddingLoss: givesTriplets(strategy) ? 'triplet' : 'contrastive',
    ...options,
  })
  try {
    const history: SiameseEpoch[] = [...(resume?.history ?? [])]
    if (resume !== undefined) trainer.load(resume.state)
    const { best: rule, patience = Infinity, metrics = {} } = options
    const keeper = rule && createBestEpochKeeper(network, rule, patience, resume?.best)
    const bestSoFar = (): { best?: BestEpoch } => (keeper?.best === undefined ? {} : { best: keeper.best })
    const done = resume?.epoch ?? 0
    let begun = resume?.begun
    const stepsDone = steps * done + (begun?.steps ?? 0)
    const report = trackProgress('siamese', steps * epochs, onProgress, stepsDone)
    let savedAt = Date.now()
    let isSaved = true
    const noteSaved = (): void => {
      savedAt = Date.now()
      isSaved = true
    }
    let isStoppedEarly = false
    for (let epoch = done; epoch < epochs; epoch++) {
      isStoppedEarly = keeper?.isOver(epoch) === true
      if (isStoppedEarly) break
      const started = Date.now()
      const sums: Record<string, number> = { ...begun?.sums }
      let pairs = begun?.pairs ?? 0
      let seen = begun?.images ?? 0
      let skippedAnchors = begun?.skippedAnchors ?? 0
      const first = begun?.steps ?? 0
      begun = undefined
      const save = async (stepsOfEpoch: number): Promise<void> => {
        const part =
          stepsOfEpoch === 0
            ? {}
            : { begun: { steps: stepsOfEpoch, pairs, images: seen, skippedAnchors, sums: { ...sums } } }
        await onSave?.({ epoch, state: await trainer.state(), history: [...history], ...bestSoFar(), ...part })
        noteSaved()
      }
      let i = -1
      for (const [{ batch, made }, next] of withNext(batches.epoch(epoch), steps)) {
        if (++i < first) continue
        await breathe()
        if (signal?.aborted === true) {
          if (!isSaved) await save(i)
          signal.throwIfAborted()
        }
        const values = await trainer.train(batch, next?.batch)
        isSaved = false
        const { pairs: count, skipped } = made()
        const classed = 'images' in batch ? batch.images.length : 2 * count
        for (const [name, value] of Object.entries(values))
          sums[name] = (sums[name] ?? 0) + value * (name === 'accuracy' ? classed : count)
        pairs += count
        seen += classed
        skippedAnchors += skipped
        report(steps * epoch + i + 1, values)
        if (i + 1 < steps && Date.now() - savedAt >= saveSeconds * 1000) await save(i + 1)
      }
      const { loss, accuracy, ...terms } = Object.fromEntries(
        Object.entries(sums).map(([name, sum]) => [name, sum / (name === 'accuracy' ? seen : pairs)]),
      )
      const judged =
        validation &&
        (await judge(network, validation, metrics, { batchSize: judgedAtOnce, ...(signal ? { signal } : {}) }).catch(
          async (error: unknown) => {
            if (signal?.aborted === true && !isSaved) await save(steps)
            throw error
          },
        ))
      if (judged !== undefined) await keeper?.offer(epoch + 1, judged)
      const entry: SiameseEpoch = {
        epoch: epoch + 1,
        loss: loss!,
        terms,
        accuracy: accuracy!,
        pairs,
        skippedAnchors,
        ...(judged === undefined ? {} : { validation: judged }),
        seconds: (Date.now() - started) / 1000,
      }
      history.push(entry)
      await onEpoch?.(entry, async () => {
        const checkpoint = { epoch: epoch + 1, state: await trainer.state(), history: [...history], ...bestSoFar() }
        noteSaved()
        return checkpoint
      })
    }
    keeper?.restore()
    const { best } = bestSoFar()
    return {
      history,
      keptEpoch: best?.epoch ?? history.length,
      ...(best === undefined ? {} : { bestValue: best.value }),
      isStoppedEarly,
    }
  } finally {
    trainer.dispose()
  }
}

/** Every metric of the validation images. */
async function judge(
  network: SiameseNetwork,
  { images, labels }: NonNullable<TrainSiameseOptions['validation']>,
  metrics: NonNullable<TrainSiameseOptions['metrics']>,
  rest: { batchSize: number; signal?: AbortSignal },
): Promise<SiameseValidation> {
  const { loss, imageAccuracy, auc, probabilities } = await evaluateSiamese(network, { images, labels, ...rest })
  const own = Object.entries(metrics).map(([name, metric]) => [name, metric(labels, probabilities)] as const)
  return { loss, accuracy: imageAccuracy, auc, ...Object.fromEntries(own) }
}

/** Each of the first `count` items with the one after it. */
function* withNext<T>(items: Iterable<T>, count: number): Generator<readonly [item: T, next: T | undefined]> {
  let last: { readonly item: T } | undefined
  let taken = 0
  for (const item of items) {
    if (last !== undefined) yield [last.item, item]
    last = { item }
    if (++taken === count) break
  }
  if (last !== undefined) yield [last.item, undefined]
}
