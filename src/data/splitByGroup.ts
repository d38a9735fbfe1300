import { createRandom, type Random } from '../random.js'
import { balancedSample, imbalance } from './balancedSample.js'
import { divide, requireClasses, requireFraction } from './divide.js'
import { groupRecords, requireHolders, totalCounts, type ClassCounts, type GroupBy } from './recordGroups.js'
import type { ImageRecord } from './source.js'
import type { Split, SplitOptions } from './splits.js'

/** One group, rounding aside. */
const within = 1 + 1e-9

/** What {@link splitByGroup} takes. */
export interface GroupSplitOptions extends SplitOptions {
  /** What is kept whole; default `patient`. `accession` is stricter: several patient ids may be one person. */
  readonly by?: GroupBy
}

/**
 * Splits whole groups (patients by default): no group is on both sides. The groups are drawn so that each class is within
 * its largest group's size of `testFraction`, and that every group has the same chance to be tested, `testFraction`,
 * however few they are and whatever their size. The one exception is a class that a draw left without a group on a side:
 * one of its groups, any with the same chance, then goes over, so that those of a class with few groups are tested more
 * often than `testFraction`, or, near 1, less often, all alike (where groups hold both classes, about alike). Every class
 * keeps at least one group on both sides. A pure function of the records and the seed; the records' order does not
 * matter. Time grows as the records do, but for the sorting of the groups.
 *
 * @throws DataError for one class only, a record without the group, or when a class has fewer than two groups ("too few
 *   patients to split"), or by accession where none is known.
 */
export function splitByGroup(
  records: readonly ImageRecord[],
  { testFraction = 0.2, seed = 0, by = 'patient' }: GroupSplitOptions = {},
): Split {
  requireFraction(testFraction)
  requireClasses(records)
  const groups = groupRecords(records, by)
  requireHolders(groups, 2, 'to split', 'each class needs at least 2, one for each side')
  const random = createRandom(seed, 'split', 'groups')
  const taken = balancedSample(groups.counts, testFraction, random)
  keepBothSides(groups.counts, testFraction, taken, random)
  return divide(groups.kind, records, (index) => taken[groups.groupOf[index]!] === 1)
}

/**
 * Gives each class a group on either side where the drawing left it none: one drawn from those that may go over without
 * taking a class farther than its largest group from its share, or, if there is none, the one that takes it least far.
 * Then, while a class is farther, the group goes over that leaves the shares best. A group of the class that may go over
 * is always found: of the two or more on the other side, at most one is the last of its other class there.
 */
function keepBothSides(counts: readonly ClassCounts[], fraction: number, taken: Uint8Array, random: Random): void {
  const distance = imbalance(counts, fraction)
  const now = (): number => distance(totalCounts(counts.filter((_, g) => taken[g] === 1)))
  const lacks = (c: number, side: number): boolean => !counts.some((count, g) => count[c]! > 0 && taken[g] === side)
  /** The groups that may go over, each with the distance after it. */
  const movable = (allowed: (g: number) => boolean): { group: number; distance: number }[] => {
    const sum = totalCounts(counts.filter((_, g) => taken[g] === 1))
    const holders = [0, 1].map((side) =>
      [0, 1].map((c) => counts.filter((count, g) => count[c]! > 0 && taken[g] === side).length),
    )
    return counts.flatMap((count, group) => {
      const own = holders[taken[group]!]!
      if (!allowed(group) || [0, 1].some((c) => count[c]! > 0 && own[c]! < 2)) return []
      const sign = taken[group] === 1 ? -1 : 1
      return [{ group, distance: distance([sum[0] + sign * count[0], sum[1] + sign * count[1]]) }]
    })
  }
  const nearest = (groups: readonly { group: number; distance: number }[]): { group: number; distance: number } =>
    groups.reduce((best, next) => (next.distance < best.distance ? next : best))
  for (const c of [0, 1]) {
    for (const side of [0, 1]) {
      if (!lacks(c, side)) continue
      const all = movable((g) => taken[g] !== side && counts[g]![c]! > 0)
      const near = all.filter((over) => over.distance <= within)
      taken[(near.length > 0 ? near[random.integer(near.length)]! : nearest(all)).group] = side
    }
  }
  // The drawing alone leaves no class farther off.
  while (now() > within) {
    const groups = movable(() => true)
    if (groups.length === 0 || !(nearest(groups).distance < now())) break
    taken[nearest(groups).group]! ^= 1
  }
}
