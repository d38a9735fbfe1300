import { ArgumentError } from '../errors.js'

/** Which images may be paired; the same in every sampler and miner. */
export interface PairRuleOptions {
  /** The patient of each image; needed unless `samePatient` is `allow`. */
  readonly groups?: ArrayLike<string | number>
  /**
   * The picture each image shows, for example its record's id; images of one picture (augmented copies) are never
   * paired. A picture has one label and one patient. Default: every image shows a picture of its own.
   */
  readonly pictures?: ArrayLike<string | number>
  /**
   * `allow` (default): patients are ignored. `forbid`: no pair, similar or not, holds two images of one patient.
   * `require`: the two of a similar pair are of one patient; dissimilar pairs are free, for a patient has one label as a rule.
   */
  readonly samePatient?: 'allow' | 'forbid' | 'require'
}

/** Labels, patients and pictures as numbers from 0, image by image. */
export interface PairRules {
  /** Rank of each image's label. */
  readonly labels: Int32Array
  /** How many labels there are. */
  readonly labelCount: number
  /** Number of each image's patient; all 0 without groups. */
  readonly patients: Int32Array
  /** How many patients there are. */
  readonly patientCount: number
  /** Number of each image's picture. */
  readonly pictures: Int32Array
  /** How many pictures there are. */
  readonly pictureCount: number
  /** The mode. */
  readonly samePatient: 'allow' | 'forbid' | 'require'
}

interface Numbered {
  readonly numbers: Int32Array
  readonly count: number
}

/** Numbers names in the order of their first appearance. */
export function numberNames(argument: string, names: ArrayLike<string | number>, length: number): Numbered {
  if (names.length !== length) {
    throw new ArgumentError(argument, `have one entry for each of the ${length} labels`, names.length)
  }
  const known = new Map<string | number, number>()
  const numbers = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const name = names[i]
    if (typeof name !== 'string' && typeof name !== 'number') {
      throw new ArgumentError(`${argument}[${i}]`, 'be a string or a number', name)
    }
    let number = known.get(name)
    if (number === undefined) known.set(name, (number = known.size))
    numbers[i] = number
  }
  return { numbers, count: known.size }
}

/** Numbers labels in rising order. */
export function rankLabels(labels: ArrayLike<number>): Numbered & { readonly values: readonly number[] } {
  const found = new Set<number>()
  for (let i = 0; i < labels.length; i++) {
    if (!Number.isInteger(labels[i])) throw new ArgumentError(`labels[${i}]`, 'be an integer', labels[i])
    found.add(labels[i]!)
  }
  const values = [...found].sort((a, b) => a - b)
  const ranks = new Map(values.map((value, rank) => [value, rank]))
  const numbers = new Int32Array(labels.length)
  for (let i = 0; i < labels.length; i++) numbers[i] = ranks.get(labels[i]!)!
  return { numbers, count: values.length, values }
}

/** Throws where two images of one picture differ in label or patient. */
function requireOneOwner(rules: PairRules, names: ArrayLike<string | number>): void {
  const first = new Int32Array(rules.pictureCount).fill(-1)
  for (let i = 0; i < rules.pictures.length; i++) {
    const picture = rules.pictures[i]!
    const j = first[picture]!
    if (j === -1) first[picture] = i
    else if (rules.labels[i] !== rules.labels[j] || rules.patients[i] !== rules.patients[j]) {
      throw new ArgumentError(
        'options.pictures',
        `have one label and one patient a picture; images ${j} and ${i} differ`,
        names[i],
      )
    }
  }
}

/** Checks labels and options, and numbers what they name. */
export function readPairRules(labels: ArrayLike<number>, options: PairRuleOptions): PairRules {
  const { groups, pictures, samePatient = 'allow' } = options
  if (!['allow', 'forbid', 'require'].includes(samePatient)) {
    throw new ArgumentError('options.samePatient', "be 'allow', 'forbid' or 'require'", samePatient)
  }
  const n = labels.length
  const patients =
    groups === undefined ? { numbers: new Int32Array(n), count: 1 } : numberNames('options.groups', groups, n)
  const shown =
    pictures === undefined
      ? { numbers: Int32Array.from({ length: n }, (_, i) => i), count: n }
      : numberNames('options.pictures', pictures, n)
  if (samePatient !== 'allow' && groups === undefined) {
    throw new ArgumentError('options.groups', `be given where samePatient is '${samePatient}'`, groups)
  }
  const ranked = rankLabels(labels)
  const rules: PairRules = {
    labels: ranked.numbers,
    labelCount: ranked.count,
    patients: patients.numbers,
    patientCount: patients.count,
    pictures: shown.numbers,
    pictureCount: shown.count,
    samePatient,
  }
  if (pictures !== undefined) requireOneOwner(rules, pictures)
  return rules
}

/** Whether images i and j may be a similar pair. */
export function maySimilar({ labels, patients, pictures, samePatient }: PairRules, i: number, j: number): boolean {
  if (labels[i] !== labels[j] || pictures[i] === pictures[j]) return false
  return samePatient === 'allow' || (patients[i] === patients[j]) === (samePatient === 'require')
}

/** Whether images i and j may be a dissimilar pair. */
export function mayDissimilar({ labels, patients, samePatient }: PairRules, i: number, j: number): boolean {
  return labels[i] !== labels[j] && (samePatient !== 'forbid' || patients[i] !== patients[j])
}
