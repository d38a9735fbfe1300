import type { Random } from '../random.js'
import { totalCounts, type ClassCounts } from './recordGroups.js'

/**
 * Some of the groups, drawn at random so that every group has the same chance, `fraction`, and both classes come to their
 * share of images: the cube method (Deville and Tillé 2004, "Efficient balanced sampling", Biometrika 91(4)), in its fast
 * form that looks at three groups at a time (Chauvet and Tillé 2006). Every group starts as taken by `fraction`; three
 * undecided ones are moved along the direction that changes neither class's sum, until one is wholly in or out. Large
 * groups come first, so that small ones can make up for them. The last two are drawn by what is left of their shares,
 * never neither where these sum to more than 1 and never both where to less: each class then ends within its largest
 * group of its share, however few groups there are. Time is linear in the groups, but for the sorting by size.
 *
 * @returns for each group, 1 where it is taken.
 */
export function balancedSample(counts: readonly ClassCounts[], fraction: number, random: Random): Uint8Array {
  const share = new Float64Array(counts.length).fill(fraction)
  const sizes = counts.map(([benign, malignant]) => benign + malignant)
  const queue = random.shuffle(counts.map((_, i) => i)).sort((a, b) => sizes[b]! - sizes[a]!)
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
  // One draw for both, so that neither class moves by more than the larger of the two groups.
  const draw = random.uniform()
  let before = 0
  for (const g of open) {
    const upTo = before + share[g]!
    share[g] = Math.floor(upTo - draw) > Math.floor(before - draw) ? 1 : 0
    before = upTo
  }
  return Uint8Array.from(share)
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
