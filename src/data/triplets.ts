import { requireInteger } from '../errors.js'
import { createRandom } from '../random.js'
import { readPairRules, type PairRuleOptions } from './pairRules.js'
import { createPartners, shuffleInPlace } from './partners.js'

/** A batch of triplets, by the images' indices. */
export interface TripletBatch {
  /** The anchors. */
  readonly anchor: Int32Array
  /** An image of the anchor's label, never the anchor itself. */
  readonly positive: Int32Array
  /** An image of another label. */
  readonly negative: Int32Array
}

/** What {@link tripletSampler} takes. */
export interface TripletSamplerOptions extends PairRuleOptions {
  /** Triplets in a batch; the last batch of an epoch may be smaller. Default 32. */
  readonly batchSize?: number
  /** Equal seeds give equal triplets. Default 0. */
  readonly seed?: number
}

/** Draws triplets of images; see {@link tripletSampler}. */
export interface TripletSampler {
  /** Batches in an epoch. */
  readonly batchesPerEpoch: number
  /** The batches of epoch `n` (from 0), each made when it is asked for: a function of (seed, n) alone. */
  epoch(n: number): Iterable<TripletBatch>
}

/**
 * Random triplets for the triplet loss. Every image of `labels` is the anchor of one triplet an epoch, in shuffled order; its
 * positive and its negative are drawn uniformly and independently from all that qualify, by the same rules as in
 * {@link pairSampler}. Nothing is enumerated: O(images) an epoch.
 *
 * @throws ArgumentError as {@link pairSampler}
 */
export function tripletSampler(labels: ArrayLike<number>, options: TripletSamplerOptions = {}): TripletSampler {
  const { batchSize = 32, seed = 0 } = options
  requireInteger('options.batchSize', batchSize, 1)
  const partners = createPartners(readPairRules(labels, options), options, labels)
  const { order } = partners

  function* batches(n: number): Generator<TripletBatch> {
    const random = createRandom(seed, 'triplets', n)
    const anchors = shuffleInPlace(random, Int32Array.from(order.keys()))
    for (let start = 0; start < anchors.length; start += batchSize) {
      const places = anchors.subarray(start, start + batchSize)
      yield {
        anchor: places.map((place) => order[place]!),
        positive: places.map((place) => partners.similar(random, place)),
        negative: places.map((place) => partners.dissimilar(random, place)),
      }
    }
  }

  return {
    batchesPerEpoch: Math.ceil(order.length / batchSize),
    epoch(n) {
      requireInteger('n', n, 0)
      return { [Symbol.iterator]: () => batches(n) }
    },
  }
}
