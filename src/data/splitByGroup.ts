import { createRandom } from '../random.js'
import { balancedSample, imbalance } from './balancedSample.js'
import { divide, requireClasses, requireFraction } from './divide.js'
import { groupRecords, requireHolders, totalCounts, type ClassCounts, type GroupBy } from './recordGroups.js'
import type { ImageRecord } from './source.js'
import type { Split, SplitOptions } from './splits.js'

/** What {@link splitByGroup} takes. */
export interface GroupSplitOptions extends SplitOptions {
  /** What is kept whole; default `patient`. `accession` is stricter: several patient ids may be one person. */
  readonly by?: GroupBy
}

/**
 * Splits whole groups (patients by default): no group is on both sides. The groups are drawn so that each has nearly
 * the same chance to be tested, and each class is within one group's size of `testFraction` (half a group where every
 * group is of one class); every class keeps at least one group on both sides. A pure function of the records and the
 * seed; the records' order does not matter. Time grows as the records do, but for the sorting of the groups' names.
 *
 * @throws DataError for one class only, a record without the group, or when a class has fewer than two groups ("too few
 *   patients to split").
 */
export function splitByGroup(
  records: readonly ImageRecord[],
  { testFraction = 0.2, seed = 0, by = 'patient' }: GroupSplitOptions = {},
): Split {
  requireFraction(testFraction)
  requireClasses(records)
  const groups = groupRecords(records, by)
  requireHolders(groups, 2, 'to split', 'each class needs at least 2, one for each side')
  const taken = balancedSample(groups.counts, testFraction, createRandom(seed, 'split', 'groups'))
  keepBothSides(groups.counts, testFraction, taken)
  return divide(groups.kind, records, (index) => taken[groups.groupOf[index]!] === 1)
}

/**
 * Gives each class a group on either side, where the drawing left it none, and then lets other groups go over while a
 * class is farther than its largest group from its share. Of the groups that may go over it is each time the one that
 * leaves the shares best. One that the side lacks is always found: of the two or more groups with the class on the
 * other side, at most one is the last of its other class there.
 */
function keepBothSides(counts: readonly ClassCounts[], fraction: number, taken: Uint8Array): void {
  const distance = imbalance(counts, fraction)
  const now = (): number => distance(totalCounts(counts.filter((_, g) => taken[g] === 1)))
  const lacks = (c: number, side: number): boolean => !counts.some((count, g) => count[c]! > 0 && taken[g] === side)
  const bestOver = (allowed: (g: number) => boolean): { group: number; distance: number } => {
    const sum = totalCounts(counts.filter((_, g) => taken[g] === 1))
    const holders = [0, 1].map((side) =>
      [0, 1].map((c) => counts.filter((count, g) => count[c]! > 0 && taken[g] === side).length),
    )
    let best = { group: -1, distance: Infinity }
    counts.forEach((count, g) => {
      const own = holders[taken[g]!]!
      if (!allowed(g) || [0, 1].some((c) => count[c]! > 0 && own[c]! < 2)) return
      const sign = taken[g] === 1 ? -1 : 1
      const d = distance([sum[0] + sign * count[0], sum[1] + sign * count[1]])
      if (d < best.distance) best = { group: g, distance: d }
    })
    return best
  }
  for (const c of [0, 1]) {
    for (const side of [0, 1]) {
      if (!lacks(c, side)) continue
      taken[bestOver((g) => taken[g] !== side && counts[g]![c]! > 0).group] = side
    }
  }
  // Rounding aside: the drawing alone leaves no class farther off.
  while (now() > 1 + 1e-9) {
    const over = bestOver(() => true)
    if (!(over.distance < now())) break
    taken[over.group]! ^= 1
  }
}
