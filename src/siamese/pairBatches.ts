import { ArgumentError, requireInteger } from '../errors.js'
import {
  minePairs,
  mineTriplets,
  mPerClassSampler,
  pairSampler,
  pairsInBatch,
  tripletSampler,
  tripletsInBatch,
  type MPerClassSamplerOptions,
  type PairRuleOptions,
} from '../data/index.js'
import { hasPairs, mayLackPairs } from './pairable.js'
import type { Pairs, Triplets } from '../losses/index.js'
import { tripletImages, type SiameseBatch } from './batch.js'
import { requireLabels } from './requireLabels.js'

/**
 * Which pairs, or triplets, a network is trained on.
 *
 * - `balanced`: each image is the anchor of one similar and one dissimilar pair an epoch (`pairSampler`).
 * - `balanced-triplets`: each image is the anchor of one triplet an epoch (`tripletSampler`).
 * - The others take batches of as many different images, half of each class (`mPerClassSampler`), and pair them among each other:
 *   `all-in-batch` in every allowed way (`pairsInBatch`), `hard` and `semi-hard` by their distances (`minePairs`); `all-triplets`,
 *   `hard-triplets` and `semi-hard-triplets` in the same ways to triplets (`tripletsInBatch`, `mineTriplets`).
 */
export type PairStrategy =
  | 'balanced'
  | 'all-in-batch'
  | 'hard'
  | 'semi-hard'
  | 'balanced-triplets'
  | 'all-triplets'
  | 'hard-triplets'
  | 'semi-hard-triplets'

/** The strategies by name. */
export const pairStrategies: readonly PairStrategy[] = [
  'balanced',
  'all-in-batch',
  'hard',
  'semi-hard',
  'balanced-triplets',
  'all-triplets',
  'hard-triplets',
  'semi-hard-triplets',
]

/** Throws unless this is a strategy. */
export function requireStrategy(argument: string, strategy: PairStrategy): void {
  if (!pairStrategies.includes(strategy))
    throw new ArgumentError(argument, `be one of ${pairStrategies.join(', ')}`, strategy)
}

/** Whether a strategy gives triplets, not pairs alone. */
export const givesTriplets = (strategy: PairStrategy): boolean => strategy.endsWith('-triplets')

/** What {@link createPairBatches} takes. */
export interface PairBatchesOptions extends PairRuleOptions {
  /** Default `balanced`. */
  readonly strategy?: PairStrategy
  /** Pairs of `balanced`, triplets of `balanced-triplets`, else images of each class, if the smaller one has them; default 32. */
  readonly batchSize?: number
  /** How many epochs will be asked for. Where a batch may lack pairs or triplets, the batches of all these are drawn and checked at once. Default 10. */
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
  readonly batch: SiameseBatch
  /** What came of it. Known after training. */
  made(): {
    /** How many pairs, or triplets, it made. */
    readonly pairs: number
    /** How many of its images were the anchor of no pair or triplet that the strategy looks for. */
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

/** Pairs or triplets in a batch of the given size, each image an anchor once or twice an epoch. */
function balancedBatches(labels: ArrayLike<number>, options: PairBatchesOptions): PairBatches {
  const { strategy, batchSize = 32, seed = 0, groups, pictures, samePatient = 'allow' } = options
  const rules = {
    batchSize,
    samePatient,
    seed,
    ...(groups === undefined ? {} : { groups }),
    ...(pictures === undefined ? {} : { pictures }),
  }
  if (strategy === 'balanced-triplets') {
    const sampler = tripletSampler(labels, rules)
    function* triplets(n: number): Generator<EpochBatch> {
      for (const batch of sampler.epoch(n))
        yield { batch: tripletImages(batch), made: () => ({ pairs: batch.anchor.length, skipped: 0 }) }
    }
    return { batchesPerEpoch: sampler.batchesPerEpoch, epoch: triplets }
  }
  const sampler = pairSampler(labels, rules)
  function* pairs(n: number): Generator<EpochBatch> {
    for (const batch of sampler.epoch(n)) yield { batch, made: () => ({ pairs: batch.a.length, skipped: 0 }) }
  }
  return { batchesPerEpoch: sampler.batchesPerEpoch, epoch: pairs }
}

/** Strategies that choose among the pairs of a batch by their distances, and the miner's name of the choice. */
const mined: Partial<Record<PairStrategy, 'hard' | 'semi-hard'>> = {
  hard: 'hard',
  'semi-hard': 'semi-hard',
  'hard-triplets': 'hard',
  'semi-hard-triplets': 'semi-hard',
}

/** A batch of images, and what the strategy pairs among them. */
function inBatch(labels: ArrayLike<number>, images: Int32Array, options: PairBatchesOptions): EpochBatch {
  const { strategy = 'balanced', margin = 1 } = options
  const classes = Array.from(images, (i) => labels[i]!)
  const rules = rulesOf(options, images)
  const choice = mined[strategy]
  if (choice === undefined) {
    if (strategy === 'all-triplets') {
      const triplets = tripletsInBatch(classes, rules)
      const made = { pairs: triplets.anchor.length, skipped: triplets.skipped }
      return { batch: { images, triplets }, made: () => made }
    }
    const pairs = pairsInBatch(classes, rules)
    return { batch: { images, pairs }, made: () => ({ pairs: pairs.a.length, skipped: pairs.skipped }) }
  }
  let made = { pairs: 0, skipped: 0 }
  /** What the miner finds, or the hard ones where it finds nothing. */
  const find = <T extends { readonly skipped: number }>(
    mine: (choice: 'hard' | 'semi-hard') => T,
    size: (found: T) => number,
  ): T => {
    const wanted = mine(choice)
    const found = size(wanted) > 0 ? wanted : mine('hard')
    made = { pairs: size(found), skipped: wanted.skipped }
    return found
  }
  const batch: SiameseBatch = givesTriplets(strategy)
    ? {
        images,
        triplets: (distances): Triplets =>
          find(
            (by) => mineTriplets(distances, classes, { ...rules, strategy: by, margin }),
            ({ anchor }) => anchor.length,
          ),
      }
    : {
        images,
        pairs: (distances): Pairs =>
          find(
            (by) => minePairs(distances, classes, { ...rules, strategy: by, margin }),
            ({ a }) => a.length,
          ),
      }
  return { batch, made: () => made }
}

/**
 * What `trainSiamese` feeds its trainer: the batches of every epoch by the strategy, functions of the seed and the epoch. Mined pairs
 * and triplets are made by the trainer's distances, of a batch without any semi-hard one the hard ones.
 *
 * @param labels 0 or 1, both there
 * @throws ArgumentError where the rules leave an image, or a batch that will be asked for, without pairs
 */
export function createPairBatches(labels: ArrayLike<number>, options: PairBatchesOptions = {}): PairBatches {
  const { strategy = 'balanced', batchSize = 32, epochs = 10, stepsPerEpoch = Infinity, seed = 0 } = options
  requireLabels('labels', labels)
  requireStrategy('options.pairs', strategy)
  requireInteger('options.batchSize', batchSize, 1)
  if (strategy === 'balanced' || strategy === 'balanced-triplets') return balancedBatches(labels, options)
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
    for (const images of sampler.epoch(n)) yield inBatch(labels, images, options)
  }
  return { batchesPerEpoch: sampler.batchesPerEpoch, epoch: batches }
}
