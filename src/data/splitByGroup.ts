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
 * Gives each class a group on either side, where the drawing left it none: of the groups that can go over without
 * taking their other class off its side, the one that leaves the shares best. There is always one: of the two or more
 * groups with the class on one side, at most one is the last of its other class there.
 */
function keepBothSides(counts: readonly ClassCounts[], fraction: number, taken: Uint8Array): void {
  const distance = imbalance(counts, fraction)
  for (const c of [0, 1]) {
    for (const side of [0, 1]) {
      if (counts.some((count, g) => count[c]! > 0 && taken[g] === side)) continue
      const [benign, malignant] = totalCounts(counts.filter((_, g) => taken[g] === 1))
      const others = counts.filter((count, g) => count[1 - c]! > 0 && taken[g] !== side).length
      const sign = side === 1 ? 1 : -1
      let best = Infinity
      let chosen = -1
      counts.forEach((count, g) => {
        if (count[c] === 0 || (count[1 - c]! > 0 && others === 1)) return
        const d = distance([benign + sign * count[0], malignant + sign * count[1]])
        if (d < best) [best, chosen] = [d, g]
      })
      taken[chosen] = side
    }
  }
}
