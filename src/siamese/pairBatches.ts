import { ArgumentError, requireInteger } from '../errors.js'
import {
  minePairs,
  mPerClassSampler,
  pairSampler,
  pairsInBatch,
  type MPerClassSamplerOptions,
  type PairRuleOptions,
} from '../data/index.js'
import { hasPairs, mayLackPairs } from './pairable.js'
import type { PairedImages, Pairs } from './batch.js'
import { requireLabels } from './requireLabels.js'

/**
 * Which pairs a network is trained on.
 *
 * - `balanced`: each image is the anchor of one similar and one dissimilar pair an epoch (`pairSampler`).
 * - The others take batches of as many different images, half of each class (`mPerClassSampler`), and pair them among each other:
 *   `all-in-batch` in every allowed way (`pairsInBatch`), `hard` and `semi-hard` by their distances (`minePairs`).
 */
export type PairStrategy = 'balanced' | 'all-in-batch' | 'hard' | 'semi-hard'

/** The strategies by name. */
export const pairStrategies: readonly PairStrategy[] = ['balanced', 'all-in-batch', 'hard', 'semi-hard']

/** What {@link createPairBatches} takes. */
export interface PairBatchesOptions extends PairRuleOptions {
  /** Default `balanced`. */
  readonly strategy?: PairStrategy
  /** Pairs of `balanced`, else images of each class, if the smaller one has them; default 32. */
  readonly batchSize?: number
  /** How many epochs will be asked for. Where a batch may lack pairs, the batches of all these are drawn and checked at once. Default 10. */
  readonly epochs?: number
  /** How many batches of each epoch will be asked for; default all. */
  readonly stepsPerEpoch?: number
  /** Width of the semi-hard band, in the network's distances; default 1. */
  readonly margin?: number
  /** Equal seeds give equal batches. Default 0. */
  readonly seed?: number
}

/** A batch to train on. */
export interface EpochBatch {
  /** What the trainer takes. */
  readonly batch: Pairs | PairedImages
  /** What came of it. Known after training. */
  made(): {
    /** How many pairs it made. */
    readonly pairs: number
    /** How many of its images were the anchor of no pair that the strategy looks for. */
    readonly skipped: number
  }
}

/** The batches of all epochs, functions of the seed and the epoch. */
export interface PairBatches {
  /** Batches in an epoch. */
  readonly batchesPerEpoch: number
  /** The batches of epoch `n` (from 0), each made when it is asked for. */
  epoch(n: number): Iterable<EpochBatch>
}

/** The options' rules for the images of one batch. */
function rulesOf({ groups, pictures, samePatient = 'allow' }: PairRuleOptions, images: Int32Array): PairRuleOptions {
  return {
    samePatient,
    ...(groups === undefined ? {} : { groups: Array.from(images, (i) => groups[i]!) }),
    pictures: pictures === undefined ? images : Array.from(images, (i) => pictures[i]!),
  }
}

/** What a batch takes of each class: at most `batchSize` images; under `require` two of each of its patients. */
function classShare(
  labels: ArrayLike<number>,
  batchSize: number,
  { groups, samePatient }: PairRuleOptions,
): MPerClassSamplerOptions {
  const ofClass = (label: number): number[] => [...Array(labels.length).keys()].filter((i) => labels[i] === label)
  if (samePatient !== 'require' || groups === undefined) {
    return { perClass: Math.min(batchSize, ...[0, 1].map((label) => ofClass(label).length)) }
  }
  requireInteger('options.batchSize', batchSize, 2)
  const patients = [0, 1].map((label) => new Set(ofClass(label).map((i) => groups[i])).size)
  return { perClass: 2 * Math.min(Math.floor(batchSize / 2), ...patients), perGroup: 2, groups }
}

/**
 * What `trainSiamese` feeds its trainer: the batches of every epoch by the strategy, functions of the seed and the epoch. Mined pairs
 * are made by the trainer's distances, of a batch without any semi-hard pair the hard ones.
 *
 * @param labels 0 or 1, both there
 * @throws ArgumentError where the rules leave an image, or a batch that will be asked for, without pairs
 */
export function createPairBatches(labels: ArrayLike<number>, options: PairBatchesOptions = {}): PairBatches {
  const { strategy = 'balanced', batchSize = 32, epochs = 10, stepsPerEpoch = Infinity, margin = 1, seed = 0 } = options
  requireLabels('labels', labels)
  if (!pairStrategies.includes(strategy)) {
    throw new ArgumentError('options.pairs', `be one of ${pairStrategies.join(', ')}`, strategy)
  }
  requireInteger('options.batchSize', batchSize, 1)
  if (strategy === 'balanced') {
    const { groups, pictures, samePatient = 'allow' } = options
    const sampler = pairSampler(labels, {
      batchSize,
      samePatient,
      seed,
      ...(groups === undefined ? {} : { groups }),
      ...(pictures === undefined ? {} : { pictures }),
    })
    function* batches(n: number): Generator<EpochBatch> {
      for (const batch of sampler.epoch(n)) yield { batch, made: () => ({ pairs: batch.a.length, skipped: 0 }) }
    }
    return { batchesPerEpoch: sampler.batchesPerEpoch, epoch: batches }
  }
  // Rules that no pairing can keep are refused as they are there, with the image's name.
  pairSampler(
    labels,
    rulesOf(
      options,
      Int32Array.from({ length: labels.length }, (_, i) => i),
    ),
  )
  const share = classShare(labels, batchSize, options)
  const sampler = mPerClassSampler(labels, { ...share, seed })
  const steps = Math.min(stepsPerEpoch, sampler.batchesPerEpoch)
  const mine = (
    images: Int32Array,
    distances: ArrayLike<number>,
    of: 'hard' | 'semi-hard',
  ): ReturnType<typeof minePairs> =>
    minePairs(
      distances,
      Array.from(images, (i) => labels[i]!),
      { ...rulesOf(options, images), strategy: of, margin },
    )

  // Whether a batch holds an anchor with partners depends on no distance: known before anything is trained.
  const { perClass } = share
  for (let n = 0; n < epochs && mayLackPairs(labels, perClass, options); n++) {
    let step = 0
    for (const images of sampler.epoch(n)) {
      if (step++ === steps) break
      if (hasPairs(labels, images, options)) continue
      throw new ArgumentError(
        'options.batchSize',
        `be so large that every batch holds an image with partners of both kinds; batch ${step} of epoch ${n + 1} does not`,
        batchSize,
      )
    }
  }

  function* batches(n: number): Generator<EpochBatch> {
    for (const images of sampler.epoch(n)) {
      if (strategy === 'all-in-batch') {
        const pairs = pairsInBatch(
          Array.from(images, (i) => labels[i]!),
          rulesOf(options, images),
        )
        yield { batch: { images, pairs }, made: () => ({ pairs: pairs.a.length, skipped: pairs.skipped }) }
        continue
      }
      let made = { pairs: 0, skipped: 0 }
      const pairs = (distances: Float32Array): Pairs => {
        const wanted = mine(images, distances, strategy as 'hard' | 'semi-hard')
        const found = wanted.a.length > 0 ? wanted : mine(images, distances, 'hard')
        made = { pairs: found.a.length, skipped: wanted.skipped }
        return found
      }
      yield { batch: { images, pairs }, made: () => made }
    }
  }
  return { batchesPerEpoch: sampler.batchesPerEpoch, epoch: batches }
}
