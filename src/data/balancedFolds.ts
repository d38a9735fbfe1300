import type { Random } from '../random.js'
import { totalCounts, type ClassCounts } from './recordGroups.js'

/** A group's share of the benign images, of the malignant ones, and of all, weighed. */
type Shares = readonly [benign: number, malignant: number, all: number]

/** Of how much account the evenness of the folds' sizes is beside that of each class: it breaks ties. */
const sizeWeight = 0.03

/** At most as many rounds of moving and exchanging groups. */
const rounds = 16

/** With how many others, drawn at random, an exchange is tried for each group and round. */
const partners = 64

/**
 * Deals whole groups into folds so that each class is spread evenly. First as scikit-learn's `StratifiedGroupKFold`
 * does: large groups before small ones, each to the fold that has least of its classes; groups of about one size (within
 * a factor of two) in random order, so that seeds differ. Then single groups are moved, and pairs exchanged, while that
 * lowers the spread: the sum over the classes of the variance of the folds' shares, and a little for the folds' sizes.
 * Time is linear in the groups, times the folds, but for the sorting by size.
 *
 * Every class is in every fold if it is in at least as many groups.
 *
 * @returns the fold of each group, from 0.
 */
export function balancedFolds(counts: readonly ClassCounts[], folds: number, random: Random): Int32Array {
  const totals = totalCounts(counts)
  const shares = counts.map(([benign, malignant]): Shares => {
    const all = (benign + malignant) / (totals[0] + totals[1])
    return [benign / totals[0], malignant / totals[1], sizeWeight * all]
  })
  // By powers of two, counted in whole numbers: logarithms differ between platforms.
  const smallness = shares.map(([benign, malignant]) => Math.clz32(2 ** 31 * Math.max(benign, malignant)))
  const order = random.shuffle(counts.map((_, g) => g)).sort((a, b) => smallness[a]! - smallness[b]!)
  const state: Folds = {
    shares,
    sums: Array.from({ length: folds }, () => new Float64Array(3)),
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
  readonly shares: readonly Shares[]
  /** Each fold's. */
  readonly sums: readonly Float64Array[]
  /** The fold of each group; -1 where it has none yet. */
  readonly foldOf: Int32Array
}

/** Puts a group into a fold, out of the one it is in. */
function place({ shares, sums, foldOf }: Folds, g: number, fold: number): void {
  const from = sums[foldOf[g]!]
  shares[g]!.forEach((share, c) => {
    if (from !== undefined) from[c]! -= share
    sums[fold]![c]! += share
  })
  foldOf[g] = fold
}

/** Half of what the spread changes when shares go from one fold to another. */
function change({ sums }: Folds, from: number, to: number, [benign, malignant, all]: Shares): number {
  const a = sums[from]!
  const b = sums[to]!
  return benign * (b[0]! - a[0]! + benign) + malignant * (b[1]! - a[1]! + malignant) + all * (b[2]! - a[2]! + all)
}

/** The fold with least of the group's classes, weighed by how much of each the group has. */
function emptiest({ shares, sums }: Folds, g: number): number {
  const [benign, malignant, all] = shares[g]!
  let best = 0
  let least = Infinity
  for (let f = 0; f < sums.length; f++) {
    const [b, m, n] = sums[f] as unknown as [number, number, number]
    const filled = benign * b + malignant * m + all * n
    if (filled < least) [best, least] = [f, filled]
  }
  return best
}

/** The folds' squared distances from even shares. */
const spread = ({ sums }: Folds): number => {
  const even = [1 / sums.length, 1 / sums.length, sizeWeight / sums.length]
  return sums.reduce((sum, shares) => sum + even.reduce((s, share, c) => s + (shares[c]! - share) ** 2, 0), 0)
}

/** Less than this is rounding error. */
const trifle = -1e-15

function moveIfBetter(state: Folds, g: number): boolean {
  const to = emptiest(state, g)
  const from = state.foldOf[g]!
  const isBetter = from !== to && change(state, from, to, state.shares[g]!) < trifle
  if (isBetter) place(state, g, to)
  return isBetter
}

function exchangeIfBetter(state: Folds, g: number, random: Random): void {
  const { shares, foldOf } = state
  const [benign, malignant, all] = shares[g]!
  for (let i = 0; i < partners; i++) {
    const other = random.integer(shares.length)
    const [from, to] = [foldOf[g]!, foldOf[other]!]
    const [b, m, n] = shares[other]!
    if (from === to || !(change(state, from, to, [benign - b, malignant - m, all - n]) < trifle)) continue
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
