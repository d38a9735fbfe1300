import type { Random } from '../random.js'
import { totalCounts, type ClassCounts } from './recordGroups.js'

/** At most as many rounds of moving and exchanging groups. */
const rounds = 16

/** With how many others, drawn at random, an exchange is tried for each group and round. */
const partners = 64

/**
 * Deals whole groups into folds so that each class is spread evenly. First as scikit-learn's `StratifiedGroupKFold`
 * does: large groups before small ones, each to the fold that has least of its classes; groups of about one size (within
 * a factor of two) in random order, so that seeds differ. Then single groups are moved, and pairs exchanged, while that
 * lowers the spread: the sum over the classes of the variance of the folds' shares. Time is linear in the groups, times
 * the folds, but for the sorting by size.
 *
 * Every class is in every fold if it is in at least as many groups.
 *
 * @returns the fold of each group, from 0.
 */
export function balancedFolds(counts: readonly ClassCounts[], folds: number, random: Random): Int32Array {
  const totals = totalCounts(counts)
  // Shares of the classes: what is evened out.
  const shares = counts.map(([benign, malignant]): ClassCounts => [benign / totals[0], malignant / totals[1]])
  const magnitude = shares.map(([benign, malignant]) => Math.floor(Math.log2(Math.max(benign, malignant))))
  const order = random.shuffle(counts.map((_, g) => g)).sort((a, b) => magnitude[b]! - magnitude[a]!)
  const state: Folds = {
    shares,
    sums: Array.from({ length: folds }, (): [number, number] => [0, 0]),
    foldOf: new Int32Array(counts.length).fill(-1),
  }
  for (const g of order) place(state, g, emptiest(state, g))
  const smallFirst = order.toReversed()
  for (let round = 0; round < rounds; round++) {
    const before = spread(state)
    for (const g of smallFirst) if (!moveIfBetter(state, g)) exchangeIfBetter(state, g, random)
    // What is left are trifles, or nothing.
    if (!(spread(state) < 0.9 * before)) break
  }
  fillFolds(counts, folds, state.foldOf, order)
  return state.foldOf
}

interface Folds {
  /** Each group's share of the classes. */
  readonly shares: readonly ClassCounts[]
  /** Each fold's. */
  readonly sums: readonly [number, number][]
  /** The fold of each group; -1 where it has none yet. */
  readonly foldOf: Int32Array
}

/** Puts a group into a fold, out of the one it is in. */
function place({ shares, sums, foldOf }: Folds, g: number, fold: number): void {
  const [benign, malignant] = shares[g]!
  const from = sums[foldOf[g]!]
  if (from !== undefined) {
    from[0] -= benign
    from[1] -= malignant
  }
  sums[fold]![0] += benign
  sums[fold]![1] += malignant
  foldOf[g] = fold
}

/** The fold with least of the group's classes, weighed by how much of each the group has. */
function emptiest({ shares, sums }: Folds, g: number): number {
  const [benign, malignant] = shares[g]!
  let best = 0
  for (let f = 1; f < sums.length; f++) {
    if (benign * (sums[f]![0] - sums[best]![0]) + malignant * (sums[f]![1] - sums[best]![1]) < 0) best = f
  }
  return best
}

/** The folds' squared distances from even shares, over both classes. */
const spread = ({ sums }: Folds): number =>
  sums.reduce((sum, shares) => sum + shares.reduce((s, share) => s + (share - 1 / sums.length) ** 2, 0), 0)

/** Half of what the spread changes when `[benign, malignant]` goes from one fold to another. */
function change({ sums }: Folds, from: number, to: number, benign: number, malignant: number): number {
  const [b, m] = sums[from]!
  const [b2, m2] = sums[to]!
  return benign * (b2 - b + benign) + malignant * (m2 - m + malignant)
}

/** Less than this is rounding error. */
const trifle = -1e-15

function moveIfBetter(state: Folds, g: number): boolean {
  const [benign, malignant] = state.shares[g]!
  const to = emptiest(state, g)
  const isBetter = change(state, state.foldOf[g]!, to, benign, malignant) < trifle
  if (isBetter) place(state, g, to)
  return isBetter
}

function exchangeIfBetter(state: Folds, g: number, random: Random): void {
  const { shares, foldOf } = state
  const [benign, malignant] = shares[g]!
  for (let i = 0; i < partners; i++) {
    const other = random.integer(shares.length)
    const [from, to] = [foldOf[g]!, foldOf[other]!]
    const [b, m] = shares[other]!
    if (from === to || !(change(state, from, to, benign - b, malignant - m) < trifle)) continue
    place(state, g, to)
    place(state, other, from)
  }
}

/**
 * Gives every fold a group of each class: the smallest that its own fold can spare. There is always one, since of two
 * groups of a class in one fold at most one is the last there of its other class.
 */
function fillFolds(counts: readonly ClassCounts[], folds: number, foldOf: Int32Array, order: readonly number[]): void {
  const holders = Array.from({ length: folds }, (): [number, number] => [0, 0])
  const tally = (g: number, sign: 1 | -1): void => {
    for (const c of [0, 1]) if (counts[g]![c]! > 0) holders[foldOf[g]!]![c]! += sign
  }
  for (let g = 0; g < counts.length; g++) tally(g, 1)
  for (const c of [0, 1]) {
    for (let fold = 0; fold < folds; fold++) {
      if (holders[fold]![c]! > 0) continue
      const spare = order.findLast(
        (g) =>
          counts[g]![c]! > 0 &&
          holders[foldOf[g]!]![c]! > 1 &&
          (!(counts[g]![1 - c]! > 0) || holders[foldOf[g]!]![1 - c]! > 1),
      )!
      tally(spare, -1)
      foldOf[spare] = fold
      tally(spare, 1)
    }
  }
}
