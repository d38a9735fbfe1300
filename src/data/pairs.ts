import { ArgumentError, requireInteger } from '../errors.js'
import { createRandom, type Random } from '../random.js'

/** A batch of pairs, by the images' indices. */
export interface PairBatch {
  /** The anchors. */
  readonly a: Int32Array
  /** The partner of each anchor, never the anchor itself. */
  readonly b: Int32Array
  /** 1 where both have the same label, else 0: the opposite of the `y` in Hadsell, Chopra, LeCun (2006). */
  readonly isSimilar: Uint8Array
}

/** What {@link pairSampler} takes. */
export interface PairSamplerOptions {
  /** Pairs in a batch; the last batch of an epoch may be smaller. Default 32. */
  readonly batchSize?: number
  /** `balanced` (default): every image is the anchor of one similar and one dissimilar pair an epoch. */
  readonly strategy?: 'balanced'
  /** The patient of each image; needed unless `samePatient` is `allow`. */
  readonly groups?: readonly (string | number)[]
  /**
   * The picture each image shows, for example its record's id; images of one picture (augmented copies) are never
   * paired. A picture has one label and one patient. Default: every image shows a picture of its own.
   */
  readonly pictures?: readonly (string | number)[]
  /**
   * `allow` (default): patients are ignored. `forbid`: no pair, similar or not, holds two images of one patient.
   * `require`: the two of a similar pair are of one patient; dissimilar pairs are free, for a patient has one label as a rule.
   */
  readonly samePatient?: 'allow' | 'forbid' | 'require'
  /** Equal seeds give equal pairs. Default 0. */
  readonly seed?: number
}

/** Draws pairs of images; see {@link pairSampler}. */
export interface PairSampler {
  /** Batches in an epoch. */
  readonly batchesPerEpoch: number
  /** The batches of epoch `n` (from 0): a function of (seed, n) alone, so that a resume needs no state. */
  epoch(n: number): PairBatch[]
}

/** Places `[from, to)` in the sorted order. */
type Block = readonly [from: number, to: number]

/** A uniform draw from `within` minus the `holes`, which lie inside it, rising and apart; in one random number. */
function drawOutside(random: Random, [from, to]: Block, holes: readonly Block[]): number {
  let size = to - from
  for (const [a, b] of holes) size -= b - a
  let place = from + random.integer(size)
  for (const [a, b] of holes) {
    if (place < a) break
    place += b - a
  }
  return place
}

const sizeOf = (within: Block, holes: readonly Block[]): number =>
  holes.reduce((size, [a, b]) => size - (b - a), within[1] - within[0])

/** Runs of equal keys in the order. */
function runs(order: readonly number[], same: (a: number, b: number) => boolean): Block[] {
  const blocks: Block[] = []
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && same(order[from]!, order[to]!)) to++
    blocks.push([from, to])
    from = to
  }
  return blocks
}

/** Numbers names in the order of their first appearance. */
function numbering(
  names: readonly (string | number)[] | undefined,
  otherwise: (i: number) => number,
): (i: number) => number {
  if (names === undefined) return otherwise
  const numbers = new Map<string | number, number>()
  for (const name of names) if (!numbers.has(name)) numbers.set(name, numbers.size)
  return (i) => numbers.get(names[i]!)!
}

/** Where an anchor's partners may lie. */
interface Choice {
  readonly within: Block
  readonly holes: readonly Block[]
}

/**
 * Pairs for contrastive learning. Every image of `labels` is an anchor twice an epoch, in shuffled order: once with a
 * partner of its label, once with one of another, each drawn uniformly from all that qualify. Pairs of the two kinds
 * alternate, so every batch is balanced. Never an image with itself; pairs are drawn, never enumerated (BreaKHis at 40x
 * alone has 1.27 million). The work is O(images) an epoch.
 *
 * @throws ArgumentError when a rule cannot be kept for some image (one label only, one image of a label, or under
 *   `forbid` and `require` no partner left; the image is named), or for options out of range.
 */
export function pairSampler(labels: ArrayLike<number>, options: PairSamplerOptions = {}): PairSampler {
  const { batchSize = 32, strategy = 'balanced', groups, pictures, samePatient = 'allow', seed = 0 } = options
  requireInteger('options.batchSize', batchSize, 1)
  if (strategy !== 'balanced') throw new ArgumentError('options.strategy', "be 'balanced'", strategy)
  if (!['allow', 'forbid', 'require'].includes(samePatient)) {
    throw new ArgumentError('options.samePatient', "be 'allow', 'forbid' or 'require'", samePatient)
  }
  if (groups !== undefined && groups.length !== labels.length) {
    throw new ArgumentError('options.groups', `have one entry for each of the ${labels.length} labels`, groups.length)
  }
  if (pictures !== undefined && pictures.length !== labels.length) {
    throw new ArgumentError(
      'options.pictures',
      `have one entry for each of the ${labels.length} labels`,
      pictures.length,
    )
  }
  if (samePatient !== 'allow' && groups === undefined) {
    throw new ArgumentError('options.groups', `be given where samePatient is '${samePatient}'`, groups)
  }
  const patientOf = numbering(groups, () => 0)
  const pictureOf = numbering(pictures, (i) => i)
  for (let i = 0; i < labels.length; i++) {
    if (!Number.isInteger(labels[i])) throw new ArgumentError(`labels[${i}]`, 'be an integer', labels[i])
  }

  // Sorted by label, patient, picture: a label is one block, so is a patient within it, and a picture within that.
  const order = Array.from({ length: labels.length }, (_, i) => i).sort(
    (i, j) => labels[i]! - labels[j]! || patientOf(i) - patientOf(j) || pictureOf(i) - pictureOf(j) || i - j,
  )
  const all: Block = [0, order.length]
  const classes = runs(order, (i, j) => labels[i] === labels[j])
  const cells = runs(order, (i, j) => labels[i] === labels[j] && patientOf(i) === patientOf(j))
  const cellsOf = new Map<number, Block[]>()
  for (const cell of cells) {
    const patient = patientOf(order[cell[0]]!)
    cellsOf.set(patient, [...(cellsOf.get(patient) ?? []), cell])
  }
  if (classes.length < 2) throw new ArgumentError('labels', 'hold at least two classes', classes.length)

  const samePicture = runs(
    order,
    (i, j) => labels[i] === labels[j] && patientOf(i) === patientOf(j) && pictureOf(i) === pictureOf(j),
  )
  const inside = (blocks: readonly Block[], [from, to]: Block): Block[] => blocks.filter(([a]) => a >= from && a < to)
  const requirePartner = (kind: string, { within, holes }: Choice, place: number): void => {
    if (sizeOf(within, holes) > 0) return
    const i = order[place]!
    const about = groups === undefined ? '' : ` of patient ${groups[i]}`
    throw new ArgumentError(
      'labels',
      `allow a ${kind} pair for every image (samePatient '${samePatient}'); image ${i}${about} has no partner`,
      `label ${labels[i]}`,
    )
  }

  const similar: Choice[] = []
  const different: Choice[] = []
  for (const own of classes) {
    for (const cell of inside(cells, own)) {
      const others = cellsOf.get(patientOf(order[cell[0]]!))!.filter(([from]) => from < own[0] || from >= own[1])
      const unlike = samePatient === 'forbid' ? [own, ...others].sort((x, y) => x[0] - y[0]) : [own]
      for (const picture of inside(samePicture, cell)) {
        const choice: Choice = {
          within: samePatient === 'require' ? cell : own,
          holes: [samePatient === 'forbid' ? cell : picture],
        }
        const otherChoice: Choice = { within: all, holes: unlike }
        requirePartner('similar', choice, picture[0])
        requirePartner('dissimilar', otherChoice, picture[0])
        for (let place = picture[0]; place < picture[1]; place++) {
          similar[place] = choice
          different[place] = otherChoice
        }
      }
    }
  }

  return {
    batchesPerEpoch: Math.ceil((2 * order.length) / batchSize),
    epoch(n) {
      requireInteger('n', n, 0)
      const random = createRandom(seed, 'pairs', n)
      const anchors = random.shuffle(order.map((_, place) => place))
      const batches: PairBatch[] = []
      for (let start = 0; start < 2 * anchors.length; start += batchSize) {
        const size = Math.min(batchSize, 2 * anchors.length - start)
        const batch: PairBatch = {
          a: new Int32Array(size),
          b: new Int32Array(size),
          isSimilar: new Uint8Array(size),
        }
        for (let k = 0; k < size; k++) {
          const place = anchors[(start + k) >> 1]!
          const isSimilar = (start + k) % 2 === 0
          const { within, holes } = (isSimilar ? similar : different)[place]!
          batch.a[k] = order[place]!
          batch.b[k] = order[drawOutside(random, within, holes)]!
          batch.isSimilar[k] = isSimilar ? 1 : 0
        }
        batches.push(batch)
      }
      return batches
    },
  }
}
