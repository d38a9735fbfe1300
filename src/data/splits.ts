import { ArgumentError, DataError } from '../errors.js'
import { createRandom } from '../random.js'
import type { ImageRecord, Label } from './source.js'

/** Training and test records. A validation set is made by splitting `train` again. */
export interface Split {
  /** What was kept whole: single images, patients, another group of the caller's, or as an official list says. */
  readonly kind: 'image' | 'patient' | 'group' | 'official'
  /** Records to learn from, in the order they were given. */
  readonly train: ImageRecord[]
  /** Records to be judged by, in the order they were given. */
  readonly test: ImageRecord[]
}

/** What {@link splitByImage} takes. */
export interface SplitOptions {
  /** Share of the records that goes to the test set, between 0 and 1; default 0.2. */
  readonly testFraction?: number
  /** Equal seeds give equal splits; default 0. */
  readonly seed?: number
}

/** What {@link splitByGroup} takes. */
export interface GroupSplitOptions extends SplitOptions {
  /** The group of a record, kept whole; default its patient. `(r) => r.accession ?? r.patient` is stricter. */
  readonly group?: (record: ImageRecord) => string
}

function requireFraction(testFraction: number): void {
  if (!(testFraction > 0 && testFraction < 1))
    throw new ArgumentError('options.testFraction', 'lie between 0 and 1, both excluded', testFraction)
}

function requireClasses(records: readonly ImageRecord[]): void {
  if (records.length === 0) throw new DataError('records', 'no images to split')
  const labels = new Set(records.map((record) => record.label))
  if (labels.size < 2)
    throw new DataError('records', `one class only (${[...labels][0]}, ${records.length} images); a split needs both`)
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const name = key(item)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [item])
    else group.push(item)
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const byId = (a: ImageRecord, b: ImageRecord): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

function divide(kind: Split['kind'], records: readonly ImageRecord[], inTest: (record: ImageRecord) => boolean): Split {
  return { kind, train: records.filter((record) => !inTest(record)), test: records.filter(inTest) }
}

/** Whole numbers near `sizes[i] * fraction` whose sum is the rounded total (largest remainder). */
function apportion(sizes: readonly number[], fraction: number): number[] {
  const exact = sizes.map((size) => size * fraction)
  const shares = exact.map(Math.floor)
  const total = Math.round(sizes.reduce((a, b) => a + b, 0) * fraction)
  const order = exact.map((_, i) => i).sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!) || a - b)
  const missing = total - shares.reduce((a, b) => a + b, 0)
  for (const i of order.slice(0, missing)) shares[i]!++
  return shares
}

/**
 * The paper's protocol: a random split of single images, stratified by class and magnification, with
 * `round(n * testFraction)` test images. Images of one patient land on both sides: compare {@link splitByGroup}, and
 * see `auditLeakage`. A pure function of the records and the seed; the records' order does not matter.
 *
 * @throws DataError for one class only, or a class too small to stand on both sides.
 */
export function splitByImage(
  records: readonly ImageRecord[],
  { testFraction = 0.2, seed = 0 }: SplitOptions = {},
): Split {
  requireFraction(testFraction)
  requireClasses(records)
  const strata = [...groupBy(records, (record) => `${record.label}/${record.magnification ?? '-'}`)]
  const shares = apportion(
    strata.map(([, members]) => members.length),
    testFraction,
  )
  const test = new Set<ImageRecord>()
  strata.forEach(([name, members], i) => {
    const shuffled = createRandom(seed, 'split', name).shuffle([...members].sort(byId))
    for (const record of shuffled.slice(0, shares[i])) test.add(record)
  })
  const split = divide('image', records, (record) => test.has(record))
  for (const label of ['benign', 'malignant'] as const) {
    for (const side of ['train', 'test'] as const) {
      if (!split[side].some((record) => record.label === label)) {
        const n = records.filter((record) => record.label === label).length
        throw new DataError(
          'records',
          `too few ${label} images to split: ${n} at testFraction ${testFraction} leaves none in the ${side} set`,
        )
      }
    }
  }
  return split
}

interface Group {
  readonly name: string
  readonly counts: Readonly<Record<Label, number>>
}

const labels: readonly Label[] = ['benign', 'malignant']

/**
 * Splits whole groups (patients by default): no group is on both sides. Groups are taken into the test set in random
 * order, each only if that brings the classes' shares nearer to `testFraction`, so each class ends within half a group
 * of its target; every class keeps at least one group on both sides. A pure function of the records and the seed; the
 * records' order does not matter.
 *
 * @throws DataError for one class only, or when a class has fewer than two groups ("too few patients to split").
 */
export function splitByGroup(
  records: readonly ImageRecord[],
  { testFraction = 0.2, seed = 0, group }: GroupSplitOptions = {},
): Split {
  requireFraction(testFraction)
  requireClasses(records)
  const unit = group === undefined ? 'patients' : 'groups'
  const groupOf = group ?? ((record: ImageRecord) => record.patient)
  const groups: Group[] = [...groupBy(records, groupOf)].map(([name, members]) => ({
    name,
    counts: {
      benign: members.filter((record) => record.label === 'benign').length,
      malignant: members.filter((record) => record.label === 'malignant').length,
    },
  }))
  const holders = (label: Label): Group[] => groups.filter((g) => g.counts[label] > 0)
  const tooFew = (label: Label): DataError =>
    new DataError(
      'records',
      `too few ${unit} to split: ${holders(label).length} with ${label} images; each class needs at least 2, one for each side`,
    )
  for (const label of labels) if (holders(label).length < 2) throw tooFew(label)

  const test = new Set<Group>()
  const sum = (label: Label): number => [...test].reduce((total, g) => total + g.counts[label], 0)
  const totals = { benign: 0, malignant: 0 }
  for (const g of groups) for (const label of labels) totals[label] += g.counts[label]
  const distance = (label: Label, count: number): number =>
    Math.abs(count - totals[label] * testFraction) / totals[label]
  /** What taking the group would change in the distance to the target shares; negative is better. */
  const change = (g: Group): number =>
    labels.reduce((d, label) => d + distance(label, sum(label) + g.counts[label]) - distance(label, sum(label)), 0)
  /** Whether every class of the group keeps another group for training. */
  const spare = (g: Group): boolean =>
    labels.every((label) => g.counts[label] === 0 || holders(label).some((other) => other !== g && !test.has(other)))

  const shuffled = createRandom(seed, 'split', 'groups').shuffle(groups)
  for (const g of shuffled) if (change(g) < 0 && spare(g)) test.add(g)
  for (const label of labels) {
    if (sum(label) > 0) continue
    // The target is below half of every group: the group that overshoots least.
    const nearest = shuffled.filter((g) => g.counts[label] > 0 && spare(g)).sort((a, b) => change(a) - change(b))[0]
    if (nearest === undefined) throw tooFew(label)
    test.add(nearest)
  }
  const names = new Set([...test].map((g) => g.name))
  return divide(group === undefined ? 'patient' : 'group', records, (record) => names.has(groupOf(record)))
}

/**
 * The split that an official list gives, one line `file|magnification|fold|train or test` an image (BreaKHis'
 * `dsfold1.txt` .. `dsfold5.txt`). Records are found by `<id>.png`; lines of images that are not among the records
 * are ignored. Patient 14-13412 is on both sides of the official folds 1, 3 and 5.
 *
 * @throws DataError for a malformed line, a record that the list does not name, or a side that stays empty.
 */
export function splitByList(records: readonly ImageRecord[], list: string): Split {
  const sides = new Map<string, string>()
  for (const line of list.split(/\r?\n/)) {
    if (line.trim() === '') continue
    const match = /^(.+)\.png\|\d+\|\d+\|(train|test)$/.exec(line.trim())
    if (match === null)
      throw new DataError('list', `not "file|magnification|fold|train or test": ${line.slice(0, 120)}`)
    sides.set(match[1]!, match[2]!)
  }
  const unlisted = records.find((record) => !sides.has(record.id))
  if (unlisted !== undefined) throw new DataError(unlisted.id, 'the list does not name this image')
  const split = divide('official', records, (record) => sides.get(record.id) === 'test')
  if (split.train.length === 0 || split.test.length === 0)
    throw new DataError('list', `all ${records.length} images are on one side`)
  return split
}
