import { ArgumentError, requireRange } from '../errors.js'
import { collectTriplets, partnersInBatch, readBatchRules, type BatchPairs, type BatchTriplets } from './inBatch.js'
import type { PairRuleOptions, PairRules } from './pairRules.js'

/** What {@link minePairs} takes. */
export interface MinePairsOptions extends PairRuleOptions {
  /** `hard` (default) or `semi-hard`. */
  readonly strategy?: 'hard' | 'semi-hard'
  /** Width of the semi-hard band, in the distances' units; > 0, default 1. Nothing to `hard`. */
  readonly margin?: number
}

/** What {@link mineTriplets} takes. */
export interface MineTripletsOptions extends PairRuleOptions {
  /** `all`, `hard` (default) or `semi-hard`. */
  readonly strategy?: 'all' | 'hard' | 'semi-hard'
  /** Width of the semi-hard band, in the distances' units; > 0, default 1. Nothing to `all` and `hard`. */
  readonly margin?: number
}

/** Throws unless the distances are an n x n matrix of numbers. */
function requireDistances(distances: ArrayLike<number>, n: number): void {
  if (distances.length !== n * n) {
    throw new ArgumentError('distances', `hold ${n} x ${n} numbers, row by row`, `${distances.length} numbers`)
  }
  for (let k = 0; k < distances.length; k++) {
    if (typeof distances[k] !== 'number' || Number.isNaN(distances[k])) {
      throw new ArgumentError(`distances[${Math.floor(k / n)} * ${n} + ${k % n}]`, 'be a number', distances[k])
    }
  }
}

/** The first of `places` with the largest value; -1 of none. */
function argmax(places: readonly number[], value: (place: number) => number): number {
  let best = -1
  for (const place of places) if (best === -1 || value(place) > value(best)) best = place
  return best
}

/** A positive and a negative of one anchor. */
type Choice = readonly [positive: number, negative: number]

/** The anchor's farthest positive and nearest negative. */
function hardest(rules: PairRules, row: (place: number) => number, anchor: number): Choice | undefined {
  const { positives, negatives } = partnersInBatch(rules, anchor)
  const choice = [argmax(positives, row), argmax(negatives, (place) => -row(place))] as const
  return choice.includes(-1) ? undefined : choice
}

/** Of the anchor's semi-hard triplets one with the farthest positive, and with it the nearest negative. */
function hardestSemiHard(
  rules: PairRules,
  row: (place: number) => number,
  anchor: number,
  margin: number,
): Choice | undefined {
  const { positives, negatives } = partnersInBatch(rules, anchor)
  const nearest = positives.map((p) =>
    argmax(
      negatives.filter((q) => row(p) < row(q) && row(q) < row(p) + margin),
      (q) => -row(q),
    ),
  )
  const positive = argmax(
    positives.filter((_, k) => nearest[k] !== -1),
    row,
  )
  return positive === -1 ? undefined : [positive, nearest[positives.indexOf(positive)]!]
}

/** The choice of every anchor that has one, by rising anchor. */
function choices(n: number, choose: (anchor: number) => Choice | undefined): [number, Choice][] {
  return Array.from({ length: n }, (_, anchor) => [anchor, choose(anchor)] as const).filter(
    (each): each is [number, Choice] => each[1] !== undefined,
  )
}

/** Throws unless the margin is a finite number > 0. */
function requireMargin(margin: number): void {
  requireRange('options.margin', margin, 0, Infinity)
  if (margin === 0) throw new ArgumentError('options.margin', 'be > 0', margin)
}

/**
 * Pairs of a batch by their distances: one similar and one dissimilar pair of every anchor that has partners of both kinds, in
 * turns. `d(a, x)` is row a of the matrix; ties go to the first image.
 *
 * - `hard`: the farthest positive and the nearest negative (Hermans, Beyer, Leibe 2017, "batch hard"; the pairs of
 *   pytorch-metric-learning's `BatchHardMiner`).
 * - `semi-hard`: of the anchor's semi-hard triplets, `d(a,p) < d(a,n) < d(a,p) + margin` (Schroff, Kalenichenko, Philbin 2015),
 *   the one with the farthest positive and then the nearest negative. That is pytorch-metric-learning's `BatchEasyHardMiner` with a
 *   hard positive and a semi-hard negative, within the margin; but an anchor whose farthest positive has no such negative takes its
 *   next one, instead of being left out.
 *
 * @param distances n x n, row by row, of any metric; borrowed.
 * @param labels of the n images, as in {@link pairsInBatch}
 * @returns places in the batch; `skipped` counts the anchors without such a choice.
 * @throws ArgumentError for a distance that is not a number, a matrix of another size, or options out of range
 */
export function minePairs(
  distances: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: MinePairsOptions = {},
): BatchPairs {
  const { strategy = 'hard', margin = 1 } = options
  if (strategy !== 'hard' && strategy !== 'semi-hard') {
    throw new ArgumentError('options.strategy', "be 'hard' or 'semi-hard'", strategy)
  }
  requireMargin(margin)
  const rules = readBatchRules(labels, options)
  const n = labels.length
  requireDistances(distances, n)
  const chosen = choices(n, (anchor) => {
    const row = (place: number): number => distances[anchor * n + place]!
    return strategy === 'hard' ? hardest(rules, row, anchor) : hardestSemiHard(rules, row, anchor, margin)
  })
  return {
    a: Int32Array.from(chosen.flatMap(([anchor]) => [anchor, anchor])),
    b: Int32Array.from(chosen.flatMap(([, choice]) => choice)),
    isSimilar: Uint8Array.from(chosen.flatMap(() => [1, 0])),
    skipped: n - chosen.length,
  }
}

/**
 * Triplets of a batch by their distances. `d(a, x)` is row a of the matrix; ties go to the first image.
 *
 * - `all`: every triplet that the rules allow, as {@link tripletsInBatch}.
 * - `hard`: one of each anchor, its farthest positive and its nearest negative (Hermans, Beyer, Leibe 2017, "batch hard").
 * - `semi-hard`: all with `d(a,p) < d(a,n) < d(a,p) + margin` (Schroff, Kalenichenko, Philbin 2015, who measure squared Euclidean
 *   distances: give the ones that the loss has). Both bounds are strict.
 *
 * @param distances n x n, row by row, of any metric; borrowed.
 * @param labels of the n images, as in {@link pairsInBatch}
 * @returns places in the batch; `skipped` counts the images that are the anchor of no triplet.
 * @throws ArgumentError for a distance that is not a number, a matrix of another size, more than 4,194,304 triplets, or options out of range
 */
export function mineTriplets(
  distances: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: MineTripletsOptions = {},
): BatchTriplets {
  const { strategy = 'hard', margin = 1 } = options
  if (!['all', 'hard', 'semi-hard'].includes(strategy)) {
    throw new ArgumentError('options.strategy', "be 'all', 'hard' or 'semi-hard'", strategy)
  }
  requireMargin(margin)
  const rules = readBatchRules(labels, options)
  const n = labels.length
  requireDistances(distances, n)
  const d = (a: number, x: number): number => distances[a * n + x]!
  if (strategy === 'all') return collectTriplets(rules, () => true)
  if (strategy === 'semi-hard') {
    return collectTriplets(rules, (a, p, q) => d(a, p) < d(a, q) && d(a, q) < d(a, p) + margin)
  }
  const chosen = choices(n, (anchor) => hardest(rules, (place) => d(anchor, place), anchor))
  return {
    anchor: Int32Array.from(chosen, ([anchor]) => anchor),
    positive: Int32Array.from(chosen, ([, [positive]]) => positive),
    negative: Int32Array.from(chosen, ([, [, negative]]) => negative),
    skipped: n - chosen.length,
  }
}
