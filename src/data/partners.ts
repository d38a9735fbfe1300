import { ArgumentError } from '../errors.js'
import type { Random } from '../random.js'
import type { PairRuleOptions, PairRules } from './pairRules.js'

/** Draws partners without enumerating them. Anchors are places in `order`. */
export interface Partners {
  /** The images, sorted by label, patient and picture. */
  readonly order: Int32Array
  /** An image that makes a similar pair with the one at `place`, uniform among all that do. */
  similar(random: Random, place: number): number
  /** An image that makes a dissimilar pair with the one at `place`, uniform among all that do. */
  dissimilar(random: Random, place: number): number
}

/** The order, stably sorted by `keys[image]` in `[0, count)`: a counting sort. */
function sortBy(order: Int32Array, keys: Int32Array, count: number): Int32Array {
  const next = new Int32Array(count + 1)
  for (const i of order) next[keys[i]! + 1]!++
  for (let k = 0; k < count; k++) next[k + 1]! += next[k]!
  const sorted = new Int32Array(order.length)
  for (const i of order) sorted[next[keys[i]!]!++] = i
  return sorted
}

/** Images sorted by label, then patient, then picture, then index. */
export function sortImages(rules: PairRules): Int32Array {
  const { labels, labelCount, patients, patientCount, pictures, pictureCount } = rules
  const images = Int32Array.from({ length: labels.length }, (_, i) => i)
  return sortBy(sortBy(sortBy(images, pictures, pictureCount), patients, patientCount), labels, labelCount)
}

/** Where runs of neighbours that are the same begin, and the end of the last. */
export function runStarts(length: number, isSame: (place: number) => boolean): Int32Array {
  const starts: number[] = []
  for (let place = 0; place < length; place++) if (place === 0 || !isSame(place)) starts.push(place)
  starts.push(length)
  return Int32Array.from(starts)
}

/** The number of its run for every place. */
function runOf(starts: Int32Array): Int32Array {
  const numbers = new Int32Array(starts.at(-1)!)
  for (let run = 0; run + 1 < starts.length; run++) numbers.fill(run, starts[run], starts[run + 1])
  return numbers
}

/** Shuffles in place (Fisher-Yates), with the draws of `random.shuffle`. */
export function shuffleInPlace(random: Random, items: Int32Array): Int32Array {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    const kept = items[i]!
    items[i] = items[j]!
    items[j] = kept
  }
  return items
}

/**
 * Sorts the images so that a label is one run of places, a patient within it one (a cell), and a picture within that: all
 * partners of an anchor are then runs of places less a few holes, and a uniform draw takes one random number.
 *
 * @throws ArgumentError for fewer than two labels, or an image without a partner of either kind, which is named.
 */
export function createPartners(rules: PairRules, { groups }: PairRuleOptions, source: ArrayLike<number>): Partners {
  const { labels, labelCount, patients, patientCount, pictures, samePatient } = rules
  if (labelCount < 2) throw new ArgumentError('labels', 'hold at least two classes', labelCount)
  const order = sortImages(rules)
  const n = order.length
  const same = (of: Int32Array, place: number): boolean => of[order[place]!] === of[order[place - 1]!]
  const classStarts = runStarts(n, (p) => same(labels, p))
  const cellStarts = runStarts(n, (p) => same(labels, p) && same(patients, p))
  const pictureStarts = runStarts(n, (p) => same(labels, p) && same(patients, p) && same(pictures, p))
  const cellOf = runOf(cellStarts)
  const pictureOf = runOf(pictureStarts)
  const sizeOfCell = (cell: number): number => cellStarts[cell + 1]! - cellStarts[cell]!

  // The cells of each patient, in their order, with the number of the patient's images before each.
  const cells = Int32Array.from({ length: cellStarts.length - 1 }, (_, cell) => cell)
  const patientOfCell = cells.map((cell) => patients[order[cellStarts[cell]!]!]!)
  const byPatient = sortBy(cells, patientOfCell, patientCount)
  const rankOf = new Int32Array(cells.length)
  const before = new Int32Array(cells.length)
  const firstRank = new Int32Array(patientCount + 1)
  byPatient.forEach((cell, rank) => {
    const isFirst = rank === 0 || patientOfCell[byPatient[rank - 1]!] !== patientOfCell[cell]
    rankOf[cell] = rank
    before[rank] = isFirst ? 0 : before[rank - 1]! + sizeOfCell(byPatient[rank - 1]!)
    firstRank[patientOfCell[cell]! + 1] = rank + 1
  })
  for (let p = 0; p < patientCount; p++) firstRank[p + 1] = Math.max(firstRank[p]!, firstRank[p + 1]!)

  const classOf = (place: number): number => labels[order[place]!]!
  /** The block of places that similar partners come from, and the hole in it. */
  const similarBlock = (place: number): [from: number, to: number, holeFrom: number, holeTo: number] => {
    const [cell, picture] = [cellOf[place]!, pictureOf[place]!]
    const [from, to] =
      samePatient === 'require'
        ? [cellStarts[cell]!, cellStarts[cell + 1]!]
        : [classStarts[classOf(place)]!, classStarts[classOf(place) + 1]!]
    return samePatient === 'forbid'
      ? [from, to, cellStarts[cell]!, cellStarts[cell + 1]!]
      : [from, to, pictureStarts[picture]!, pictureStarts[picture + 1]!]
  }
  const similarCount = (place: number): number => {
    const [from, to, holeFrom, holeTo] = similarBlock(place)
    return to - from - (holeTo - holeFrom)
  }
  /** Images of the patient in other classes than the one at `place`. */
  const elsewhere = (place: number): number => {
    if (samePatient !== 'forbid') return 0
    const last = firstRank[patients[order[place]!]! + 1]! - 1
    return before[last]! + sizeOfCell(byPatient[last]!) - sizeOfCell(cellOf[place]!)
  }
  const dissimilarCount = (place: number): number => {
    const c = classOf(place)
    return n - (classStarts[c + 1]! - classStarts[c]!) - elsewhere(place)
  }
  /** The k-th place (from 0) that is neither in the class at `place` nor, under `forbid`, of its patient. */
  const dissimilarPlace = (place: number, k: number): number => {
    const c = classOf(place)
    const classSize = classStarts[c + 1]! - classStarts[c]!
    if (samePatient !== 'forbid') return k < classStarts[c]! ? k : k + classSize
    const cell = cellOf[place]!
    const patient = patientOfCell[cell]!
    const own = rankOf[cell]!
    const others = classSize - sizeOfCell(cell)
    // Each of the patient's cells is a hole, the one of the anchor's class as wide as the class. The last hole that
    // has at most k free places before it, by bisection.
    const freeBefore = (rank: number): number =>
      (rank === own ? classStarts[c]! : cellStarts[byPatient[rank]!]!) - before[rank]! - (rank > own ? others : 0)
    let low = firstRank[patient]!
    let high = firstRank[patient + 1]!
    while (low < high) {
      const middle = (low + high) >> 1
      if (freeBefore(middle) <= k) low = middle + 1
      else high = middle
    }
    const hole = low - 1
    if (hole < firstRank[patient]!) return k
    return k + before[hole]! + sizeOfCell(byPatient[hole]!) + (hole >= own ? others : 0)
  }

  for (let run = 0; run + 1 < pictureStarts.length; run++) {
    const place = pictureStarts[run]!
    const [similar, dissimilar] = [similarCount(place), dissimilarCount(place)]
    if (similar > 0 && dissimilar > 0) continue
    const i = order[place]!
    const about = groups === undefined ? '' : ` of patient ${groups[i]}`
    const kind = similar > 0 ? 'dissimilar' : 'similar'
    throw new ArgumentError(
      'labels',
      `allow a ${kind} pair for every image (samePatient '${samePatient}'); image ${i}${about} has no partner`,
      `label ${source[i]}`,
    )
  }

  return {
    order,
    similar(random, place) {
      const [from, to, holeFrom, holeTo] = similarBlock(place)
      const drawn = from + random.integer(to - from - (holeTo - holeFrom))
      return order[drawn < holeFrom ? drawn : drawn + (holeTo - holeFrom)]!
    },
    dissimilar: (random, place) => order[dissimilarPlace(place, random.integer(dissimilarCount(place)))]!,
  }
}
