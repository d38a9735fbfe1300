import type { Random } from '../random.js'
import { totalCounts, type ClassCounts } from './recordGroups.js'

/** At most as many rounds of moving single groups; each changes little after the first. */
const rounds = 8

/**
 * Deals whole groups into folds so that each class is spread evenly, as scikit-learn's `StratifiedGroupKFold` does:
 * large groups first, each to the fold that has least of its classes. Then groups are moved between folds while that
 * lowers the spread (the sum over the classes of the variance of the folds' shares). Groups of about one size (within a
 * factor of two) are dealt in random order, so that seeds differ. Time is linear in the groups times the folds.
 *
 * Every class is in every fold if it is in at least as many groups.
 *
 * @returns the fold of each group, from 0.
 */
export function balancedFolds(counts: readonly ClassCounts[], folds: number, random: Random): Int32Array {
  const totals = totalCounts(counts)
  // Shares of the classes: what is evened out.
  const shares = counts.map(([benign, malignant]): ClassCounts => [benign / totals[0], malignant / totals[1]])
  const sums = Array.from({ length: folds }, (): [number, number] => [0, 0])
  const foldOf = new Int32Array(counts.length).fill(-1)
  const place = (g: number, fold: number, sign: 1 | -1): void => {
    const sum = sums[fold]!
    sum[0] += sign * shares[g]![0]
    sum[1] += sign * shares[g]![1]
    if (sign === 1) foldOf[g] = fold
  }
  /** The fold with least of the group's classes, weighed by how much of each the group has. */
  const emptiest = (g: number): number => {
    const [benign, malignant] = shares[g]!
    let best = 0
    for (let f = 1; f < folds; f++) {
      const change = benign * (sums[f]![0] - sums[best]![0]) + malignant * (sums[f]![1] - sums[best]![1])
      if (change < 0) best = f
    }
    return best
  }

  const shuffled = random.shuffle(counts.map((_, g) => g))
  const magnitude = shares.map(([benign, malignant]) => Math.floor(Math.log2(Math.max(benign, malignant))))
  const order = shuffled.toSorted((a, b) => magnitude[b]! - magnitude[a]!)
  for (const g of order) place(g, emptiest(g), 1)
  for (let round = 0, moved = true; moved && round < rounds; round++) {
    moved = false
    for (const g of order.toReversed()) {
      const from = foldOf[g]!
      place(g, from, -1)
      const to = emptiest(g)
      const [benign, malignant] = shares[g]!
      const gain = benign * (sums[from]![0] - sums[to]![0]) + malignant * (sums[from]![1] - sums[to]![1])
      // A gain of rounding errors alone would move for ever.
      const isBetter = gain > 1e-12 * (benign * benign + malignant * malignant)
      place(g, isBetter ? to : from, 1)
      moved ||= isBetter
    }
  }
  fillFolds(counts, folds, foldOf, order)
  return foldOf
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
