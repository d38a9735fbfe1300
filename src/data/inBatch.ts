import { ArgumentError } from '../errors.js'
import { mayDissimilar, maySimilar, readPairRules, type PairRuleOptions, type PairRules } from './pairRules.js'
import type { PairBatch } from './pairs.js'
import type { TripletBatch } from './triplets.js'

/** Pairs within one batch: places in the batch, not indices into the whole set. */
export interface BatchPairs extends PairBatch {
  /** Images that the rules leave without a pair. */
  readonly skipped: number
}

/** Triplets within one batch: places in the batch, not indices into the whole set. */
export interface BatchTriplets extends TripletBatch {
  /** Images that are the anchor of no triplet. */
  readonly skipped: number
}

/** More pairs or triplets than this are refused: a batch of 256 images, half and half, makes 4.1 million triplets. */
const most = 2 ** 22

/** More images than this are no batch: in-batch work is quadratic in them. */
const mostImages = 10_000

/** The rules of one batch, whose arrays hold an entry for each of its images. */
export function readBatchRules(labels: ArrayLike<number>, options: PairRuleOptions): PairRules {
  if (labels.length > mostImages) {
    throw new ArgumentError('labels', `be those of one batch, at most ${mostImages} images`, labels.length)
  }
  return readPairRules(labels, options)
}

/**
 * All unordered pairs of a batch that the rules allow, `a < b`, rising: `n (n - 1) / 2` of n images where all are allowed.
 *
 * @param labels of the batch's images, as `groups` and `pictures` are; name copies of one image in `pictures`, and
 *   an image that the batch holds twice is not paired with itself.
 * @throws ArgumentError for more than 4,194,304 pairs, or options out of range
 */
export function pairsInBatch(labels: ArrayLike<number>, options: PairRuleOptions = {}): BatchPairs {
  const rules = readBatchRules(labels, options)
  const n = labels.length
  if ((n * (n - 1)) / 2 > most) {
    throw new ArgumentError('labels', `be those of one batch that makes at most ${most} pairs`, `${n} labels`)
  }
  const each = (visit: (i: number, j: number, isSimilar: boolean) => void): void => {
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        if (maySimilar(rules, i, j)) visit(i, j, true)
        else if (mayDissimilar(rules, i, j)) visit(i, j, false)
      }
    }
  }
  let count = 0
  each(() => count++)
  const pairs = { a: new Int32Array(count), b: new Int32Array(count), isSimilar: new Uint8Array(count) }
  const isPaired = new Uint8Array(n)
  let k = 0
  each((i, j, isSimilar) => {
    pairs.a[k] = i
    pairs.b[k] = j
    pairs.isSimilar[k++] = isSimilar ? 1 : 0
    isPaired[i] = isPaired[j] = 1
  })
  return { ...pairs, skipped: isPaired.reduce((left, paired) => left - paired, n) }
}

/** The places that may be the positive, and those that may be the negative, of the anchor at place `a`. */
export function partnersInBatch(rules: PairRules, a: number): { positives: number[]; negatives: number[] } {
  const positives: number[] = []
  const negatives: number[] = []
  for (let j = 0; j < rules.labels.length; j++) {
    if (maySimilar(rules, a, j)) positives.push(j)
    else if (mayDissimilar(rules, a, j)) negatives.push(j)
  }
  return { positives, negatives }
}

/** All triplets of a batch that the rules allow and that `isWanted`, by rising anchor, positive and negative. */
export function collectTriplets(
  rules: PairRules,
  isWanted: (anchor: number, positive: number, negative: number) => boolean,
): BatchTriplets {
  const n = rules.labels.length
  let count = 0
  let anchors = 0
  const each = (visit: (a: number, p: number, q: number) => void): void => {
    for (let a = 0; a < n; a++) {
      const { positives, negatives } = partnersInBatch(rules, a)
      for (const p of positives) for (const q of negatives) if (isWanted(a, p, q)) visit(a, p, q)
    }
  }
  let last = -1
  each((a) => {
    if (++count > most) {
      throw new ArgumentError('labels', `be those of one batch that makes at most ${most} triplets`, `${n} labels`)
    }
    if (a !== last) anchors++
    last = a
  })
  const triplets = { anchor: new Int32Array(count), positive: new Int32Array(count), negative: new Int32Array(count) }
  let k = 0
  each((a, p, q) => {
    triplets.anchor[k] = a
    triplets.positive[k] = p
    triplets.negative[k++] = q
  })
  return { ...triplets, skipped: n - anchors }
}

/**
 * All triplets of a batch that the rules allow, by rising anchor, positive and negative: two classes of m images make
 * `2 m^2 (m - 1)`.
 *
 * @param labels of the batch's images, as in {@link pairsInBatch}
 * @throws ArgumentError for more than 4,194,304 triplets, or options out of range
 */
export function tripletsInBatch(labels: ArrayLike<number>, options: PairRuleOptions = {}): BatchTriplets {
  return collectTriplets(readBatchRules(labels, options), () => true)
}
