import { ArgumentError, requireInteger } from '../errors.js'
import { createRandom } from '../random.js'
import { readPairRules, type PairRuleOptions } from './pairRules.js'
import { createPartners, shuffleInPlace } from './partners.js'

/** A batch of pairs, by the images' indices. */
export interface PairBatch {
  /** The anchors. */
  readonly a: Int32Array
  /** The partner of each anchor, never the anchor itself. */
  readonly b: Int32Array
  /** 1 where both have the same label, else 0: the opposite of the `y` in Hadsell, Chopra, LeCun (2006). */
  readonly isSimilar: Uint8Array
}

/** What {@link pairSampler} takes. */
export interface PairSamplerOptions extends PairRuleOptions {
  /** Pairs in a batch; the last batch of an epoch may be smaller. Default 32. */
  readonly batchSize?: number
  /** `balanced` (default): every image is the anchor of one similar and one dissimilar pair an epoch. */
  readonly strategy?: 'balanced'
  /** Equal seeds give equal pairs. Default 0. */
  readonly seed?: number
}

/** Draws pairs of images; see {@link pairSampler}. */
export interface PairSampler {
  /** Batches in an epoch. */
  readonly batchesPerEpoch: number
  /**
   * The batches of epoch `n` (from 0), each made when it is asked for: a function of (seed, n) alone, so that a resume
   * needs no state. It may be gone through again.
   */
  epoch(n: number): Iterable<PairBatch>
}

/**
 * Pairs for contrastive learning. Every image of `labels` is an anchor twice an epoch, in shuffled order: once with a
 * partner of its label, once with one of another, each drawn uniformly from all that qualify. Pairs of the two kinds
 * alternate, so every batch is balanced. Never an image with itself; pairs are drawn, never enumerated (BreaKHis at 40x
 * alone has 1.27 million). The work is O(images) an epoch, the memory about 40 bytes an image.
 *
 * @throws ArgumentError when a rule cannot be kept for some image (one label only, one image of a label, or under
 *   `forbid` and `require` no partner left; the image is named), or for options out of range.
 */
export function pairSampler(labels: ArrayLike<number>, options: PairSamplerOptions = {}): PairSampler {
  const { batchSize = 32, strategy = 'balanced', seed = 0 } = options
  requireInteger('options.batchSize', batchSize, 1)
  if (strategy !== 'balanced') throw new ArgumentError('options.strategy', "be 'balanced'", strategy)
  const partners = createPartners(readPairRules(labels, options), options, labels)
  const { order } = partners
  const pairs = 2 * order.length

  function* batches(n: number): Generator<PairBatch> {
    const random = createRandom(seed, 'pairs', n)
    const anchors = shuffleInPlace(random, Int32Array.from(order.keys()))
    for (let start = 0; start < pairs; start += batchSize) {
      const size = Math.min(batchSize, pairs - start)
      const batch: PairBatch = { a: new Int32Array(size), b: new Int32Array(size), isSimilar: new Uint8Array(size) }
      for (let k = 0; k < size; k++) {
        const place = anchors[(start + k) >> 1]!
        const isSimilar = (start + k) % 2 === 0
        batch.a[k] = order[place]!
        batch.b[k] = isSimilar ? partners.similar(random, place) : partners.dissimilar(random, place)
        batch.isSimilar[k] = isSimilar ? 1 : 0
      }
      yield batch
    }
  }

  return {
    batchesPerEpoch: Math.ceil(pairs / batchSize),
    epoch(n) {
      requireInteger('n', n, 0)
      return { [Symbol.iterator]: () => batches(n) }
    },
  }
}
