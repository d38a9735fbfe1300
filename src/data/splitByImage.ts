import { DataError } from '../errors.js'
import { createRandom, type Random } from '../random.js'
import { compareText } from './compareText.js'
import { divide, labels, requireClasses, requireFraction } from './divide.js'
import type { ImageRecord, Label } from './source.js'
import type { Split, SplitOptions } from './splits.js'

/** Places in the list of records of one class and magnification, in seeded random order. */
interface Stratum {
  readonly label: Label
  readonly members: readonly number[]
}

/**
 * The records' places by class and magnification, benign first, each stratum shuffled by the seed. It does not depend
 * on the records' order.
 */
export function shuffledStrata(records: readonly ImageRecord[], seed: number, purpose: string): Stratum[] {
  const order = records.map((_, i) => i).sort((a, b) => compareText(records[a]!.id, records[b]!.id))
  const strata = new Map<string, number[]>()
  order.forEach((index, i) => {
    const { id, label, magnification = '-' } = records[index]!
    if (i > 0 && records[order[i - 1]!]!.id === id) throw new DataError(id, 'is twice among the records')
    const name = `${label}/${magnification}`
    const members = strata.get(name)
    if (members === undefined) strata.set(name, [index])
    else members.push(index)
  })
  return [...strata]
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, members]) => ({
      label: records[members[0]!]!.label,
      members: createRandom(seed, purpose, name).shuffle(members),
    }))
}

/**
 * Whole numbers, each within one of `sizes[i] * fraction`, that sum to `total`. Which of them are rounded up is drawn at
 * random, so that an item of any size has the same chance as far as these bounds allow (systematic sampling).
 */
function apportion(sizes: readonly number[], fraction: number, total: number, random: Random): number[] {
  const shares = sizes.map((size) => Math.floor(size * fraction))
  const missing = total - shares.reduce((a, b) => a + b, 0)
  // Each one's chance to be rounded up, at the fraction (found by halving) with which these sum to what is missing.
  const chancesAt = (of: number): number[] => sizes.map((size, i) => Math.min(1, Math.max(0, size * of - shares[i]!)))
  let [low, high] = [0, 1]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (chancesAt(middle).reduce((a, b) => a + b, 0) < missing) low = middle
    else high = middle
  }
  const chances = chancesAt(high)
  const draw = random.uniform()
  let [sum, taken] = [0, 0]
  const order = random.shuffle(sizes.map((_, i) => i))
  order.forEach((i, at) => {
    sum += chances[i]!
    // The last one takes up what rounding errors leave.
    const upTo = at === order.length - 1 ? missing : Math.min(missing, Math.ceil(sum - draw))
    shares[i]! += upTo - taken
    taken = upTo
  })
  return shares
}

const sizeOf = (strata: readonly Stratum[]): number => strata.reduce((sum, { members }) => sum + members.length, 0)

/**
 * The paper's protocol: a random split of single images, stratified by class and, within it, by magnification: each
 * class and each of its magnifications is within one image of its share of the test set. That has
 * `round(n * testFraction)` images, or as many more or fewer as it takes for each class to stand on both sides; where a
 * share is no whole number, the seed rounds it, so that every image has about the same chance to be tested. Images of one patient land on both sides: see `audit`, and compare `splitByGroup`. A pure function of the records and the
 * seed; the records' order does not matter.
 *
 * @throws DataError for one class only, one image of a class, or an id that two records share.
 */
export function splitByImage(
  records: readonly ImageRecord[],
  { testFraction = 0.2, seed = 0 }: SplitOptions = {},
): Split {
  requireFraction(testFraction)
  requireClasses(records)
  const strata = shuffledStrata(records, seed, 'split')
  const classes = labels.map((label) => strata.filter((stratum) => stratum.label === label))
  const sizes = classes.map(sizeOf)
  labels.forEach((label, c) => {
    if (sizes[c]! < 2)
      throw new DataError('records', `too few ${label} images to split: 1, each class needs at least 2, one a side`)
  })
  const random = createRandom(seed, 'split', 'rounding')
  const totals = apportion(sizes, testFraction, Math.round(records.length * testFraction), random)
  const inTest = new Uint8Array(records.length)
  classes.forEach((parts, c) => {
    const total = Math.min(sizes[c]! - 1, Math.max(1, totals[c]!))
    const shares = apportion(
      parts.map(({ members }) => members.length),
      testFraction,
      total,
      random,
    )
    parts.forEach(({ members }, i) => {
      for (const index of members.slice(0, shares[i])) inTest[index] = 1
    })
  })
  return divide('image', records, (index) => inTest[index] === 1)
}
