import { ArgumentError, requireInteger } from '../errors.js'
import { createRandom, type Random } from '../random.js'
import { numberNames, rankLabels } from './pairRules.js'
import { runStarts, shuffleInPlace, sortImages } from './partners.js'

/** What {@link mPerClassSampler} takes. */
export interface MPerClassSamplerOptions {
  /** Images of each class in a batch (m). */
  readonly perClass: number
  /** Classes in a batch; default all. */
  readonly classesPerBatch?: number
  /** The patient of each image; needed for `perGroup`. */
  readonly groups?: ArrayLike<string | number>
  /** Images of each patient in a batch (K), a divisor of `perClass`: a class then shows `perClass / perGroup` patients (P). */
  readonly perGroup?: number
  /** Equal seeds give equal batches. Default 0. */
  readonly seed?: number
}

/** Draws batches of images with m of each class; see {@link mPerClassSampler}. */
export interface MPerClassSampler {
  /** Images in a batch: `perClass` times the classes in it. */
  readonly batchSize: number
  /** Batches in an epoch, all of the same size. */
  readonly batchesPerEpoch: number
  /**
   * The batches of epoch `n` (from 0) by the images' indices, class after class, each made when it is asked for: a function
   * of (seed, n) alone.
   */
  epoch(n: number): Iterable<Int32Array>
}

/** Deals `items` in shuffled passes, `count` at a time, never one twice in a deal. Reorders the items. */
function createDealer(items: Int32Array, random: Random): (count: number) => Int32Array {
  let next = items.length
  return (count) => {
    const dealt = new Int32Array(count)
    const left = items.subarray(next, next + count)
    dealt.set(left)
    next += left.length
    if (left.length === count) return dealt
    // The deal goes on in a new pass, with what it does not hold yet.
    const held = new Set(left)
    shuffleInPlace(random, items)
    next = 0
    for (let i = 0; next < count - held.size; i++) {
      const item = items[i]!
      if (held.has(item)) continue
      items[i] = items[next]!
      items[next] = item
      dealt[held.size + next++] = item
    }
    return dealt
  }
}

/**
 * Batches with exactly `perClass` different images of each of `classesPerBatch` classes: half and half for two classes. With
 * `groups` and `perGroup` these are K images of each of P patients (Hermans, Beyer, Leibe 2017, section 2: PK batches).
 *
 * Nothing is left out: each class is dealt in shuffled passes, so that within an epoch the images of a class come equally
 * often, but for one (with `perGroup`: the patients of a class, and the images of a patient), and an epoch is so long that each
 * image comes at least once. Smaller classes go round more often. Which image gets the odd turn is drawn anew for each epoch. Samplers that
 * draw each batch anew leave images out (KevinMusgrave/pytorch-metric-learning#684).
 *
 * @throws ArgumentError for options out of range, or a class or patient with too few images, which is named
 */
export function mPerClassSampler(labels: ArrayLike<number>, options: MPerClassSamplerOptions): MPerClassSampler {
  const { perClass, groups, perGroup, seed = 0 } = options
  const ranked = rankLabels(labels)
  const classes = ranked.count
  if (classes === 0) throw new ArgumentError('labels', 'hold at least one image', labels.length)
  const { classesPerBatch = classes } = options
  requireInteger('options.perClass', perClass, 1)
  requireInteger('options.classesPerBatch', classesPerBatch, 1)
  if (classesPerBatch > classes) {
    throw new ArgumentError('options.classesPerBatch', `be at most the ${classes} classes`, classesPerBatch)
  }
  if ((groups === undefined) !== (perGroup === undefined)) {
    throw new ArgumentError('options.perGroup', 'be given with groups, and groups with it', perGroup)
  }
  const n = labels.length
  const patients = groups === undefined ? undefined : numberNames('options.groups', groups, n)
  const order = sortImages({
    labels: ranked.numbers,
    labelCount: classes,
    patients: patients?.numbers ?? new Int32Array(n),
    patientCount: patients?.count ?? 1,
    pictures: new Int32Array(n),
    pictureCount: 1,
    samePatient: 'allow',
  })
  const of = (keys: Int32Array, place: number): number => keys[order[place]!]!
  const isSameClass = (place: number): boolean => of(ranked.numbers, place) === of(ranked.numbers, place - 1)
  const classStarts = runStarts(n, isSameClass)
  // Without patients every class is one group, and every batch holds all of its m images.
  const groupStarts =
    patients === undefined
      ? classStarts
      : runStarts(n, (p) => isSameClass(p) && of(patients.numbers, p) === of(patients.numbers, p - 1))
  const each = perGroup ?? perClass
  requireInteger('options.perGroup', each, 1)
  if (perClass % each !== 0) throw new ArgumentError('options.perGroup', `divide perClass, ${perClass}`, each)
  const groupsPerClass = perClass / each

  // How many batches each class needs to show every image; the groups of class c are [firstGroup[c], firstGroup[c + 1]).
  const firstGroup = new Int32Array(classes + 1)
  let needed = 0
  for (let c = 0, group = 0; c < classes; c++) {
    let turns = 0
    for (; groupStarts[group]! < classStarts[c + 1]!; group++) {
      const size = groupStarts[group + 1]! - groupStarts[group]!
      if (size < each) {
        const whose = groups === undefined ? '' : `patient ${groups[order[groupStarts[group]!]!]} of `
        throw new ArgumentError(
          groups === undefined ? 'options.perClass' : 'options.perGroup',
          `be at most the images there are; ${whose}class ${ranked.values[c]} has ${size}`,
          each,
        )
      }
      turns = Math.max(turns, Math.ceil(size / each))
    }
    firstGroup[c + 1] = group
    const count = group - firstGroup[c]!
    if (count < groupsPerClass) {
      throw new ArgumentError(
        'options.perClass',
        `be at most perGroup x patients; class ${ranked.values[c]} has ${count} patients`,
        perClass,
      )
    }
    needed = Math.max(needed, Math.ceil((count * turns) / groupsPerClass))
  }
  const batchSize = perClass * classesPerBatch
  const batchesPerEpoch = Math.ceil((classes * needed) / classesPerBatch)

  function* batches(epoch: number): Generator<Int32Array> {
    const images = order.slice()
    const numbers = Int32Array.from({ length: groupStarts.length - 1 }, (_, group) => group)
    const dealClasses = createDealer(
      Int32Array.from({ length: classes }, (_, c) => c),
      createRandom(seed, 'm per class', epoch),
    )
    const randoms = ranked.values.map((label) => createRandom(seed, 'm per class', epoch, label))
    const dealGroups = randoms.map((random, c) =>
      createDealer(numbers.subarray(firstGroup[c], firstGroup[c + 1]), random),
    )
    const dealImages: ((count: number) => Int32Array)[] = []
    for (let i = 0; i < batchesPerEpoch; i++) {
      const batch = new Int32Array(batchSize)
      let filled = 0
      for (const c of dealClasses(classesPerBatch)) {
        for (const group of dealGroups[c]!(groupsPerClass)) {
          dealImages[group] ??= createDealer(images.subarray(groupStarts[group], groupStarts[group + 1]), randoms[c]!)
          batch.set(dealImages[group]!(each), filled)
          filled += each
        }
      }
      yield batch
    }
  }

  return {
    batchSize,
    batchesPerEpoch,
    epoch(epoch) {
      requireInteger('n', epoch, 0)
      return { [Symbol.iterator]: () => batches(epoch) }
    },
  }
}
