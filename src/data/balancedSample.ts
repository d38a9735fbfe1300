import type { Random } from '../random.js'
import { totalCounts, type ClassCounts } from './recordGroups.js'

/**
 * Some of the groups, drawn at random so that every group has the same chance and both classes come to their share of
 * images: the cube method (Deville and Tillé 2004, "Efficient balanced sampling", Biometrika 91(4)), in its fast form
 * that looks at three groups at a time (Chauvet and Tillé 2006). Every group starts as taken by `fraction`; three
 * undecided ones are moved along the direction that changes neither class's sum, until one is wholly in or out; the
 * last two are rounded the best of the four ways. Each class ends within its largest group of its share, and within
 * half of it where no group has both classes. Time is linear in the groups.
 *
 * @returns for each group, 1 where it is taken.
 */
export function balancedSample(counts: readonly ClassCounts[], fraction: number, random: Random): Uint8Array {
  const share = new Float64Array(counts.length).fill(fraction)
  const queue = random.shuffle(counts.map((_, i) => i))
  let open: number[] = []
  let next = 0
  for (;;) {
    while (open.length < 3 && next < queue.length) open.push(queue[next++]!)
    const direction = balancedDirection(open.map((g) => counts[g]!))
    if (direction === undefined) break
    let forward = Infinity
    let backward = Infinity
    direction.forEach((d, i) => {
      const x = share[open[i]!]!
      if (d !== 0) forward = Math.min(forward, (d > 0 ? 1 - x : x) / Math.abs(d))
      if (d !== 0) backward = Math.min(backward, (d > 0 ? x : 1 - x) / Math.abs(d))
    })
    // The chances that keep every group's expected share what it was.
    const step = random.uniform() * (forward + backward) < backward ? forward : -backward
    open = open.filter((g, i) => {
      const moved = share[g]! + step * direction[i]!
      share[g] = moved < 1e-9 ? 0 : moved > 1 - 1e-9 ? 1 : moved
      return share[g] > 0 && share[g] < 1
    })
  }
  const taken = Uint8Array.from(share, (x) => (x === 1 ? 1 : 0))
  return roundBest(counts, fraction, taken, open)
}

/** How to move the shares of up to three groups without changing the sum of either class; undefined if no way. */
function balancedDirection(counts: readonly ClassCounts[]): readonly number[] | undefined {
  if (counts.length < 2) return undefined
  const [[b0, m0], [b1, m1], [b2, m2] = [0, 0]] = counts as [ClassCounts, ClassCounts, ClassCounts?]
  const cross = [b1 * m2 - b2 * m1, b2 * m0 - b0 * m2, b0 * m1 - b1 * m0]
  if (counts.length === 3 && cross.some((d) => d !== 0)) return cross
  // All in one proportion: the first two balance each other.
  return cross[2] === 0 ? [b1 + m1, -(b0 + m0), 0].slice(0, counts.length) : undefined
}

/** How far counts are from their share of the totals: the worse class, in its largest groups. */
export function imbalance(counts: readonly ClassCounts[], fraction: number): (sum: ClassCounts) => number {
  const totals = totalCounts(counts)
  const largest = [0, 1].map((c) => counts.reduce((most, count) => Math.max(most, count[c]!), 1))
  return (sum) => Math.max(...[0, 1].map((c) => Math.abs(sum[c]! - totals[c]! * fraction) / largest[c]!))
}

function roundBest(
  counts: readonly ClassCounts[],
  fraction: number,
  taken: Uint8Array,
  open: readonly number[],
): Uint8Array {
  const distance = imbalance(counts, fraction)
  const decided = totalCounts(counts.filter((_, g) => taken[g] === 1))
  let best = Infinity
  let chosen = 0
  for (let choice = 0; choice < 2 ** open.length; choice++) {
    const added = totalCounts(open.filter((_, i) => (choice >> i) & 1).map((g) => counts[g]!))
    const d = distance([decided[0] + added[0], decided[1] + added[1]])
    if (d < best) [best, chosen] = [d, choice]
  }
  open.forEach((g, i) => (taken[g] = (chosen >> i) & 1))
  return taken
}
