import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  minePairs,
  mineTriplets,
  mPerClassSampler,
  pairSampler,
  pairsInBatch,
  tripletSampler,
  tripletsInBatch,
} from '../../src/data/index.js'

/** Five patients of two classes, one of both; ten images. */
const labels = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
const groups = ['a', 'a', 'b', 'b', 'c', 'd', 'd', 'c', 'e', 'e']
const modes = ['allow', 'forbid'] as const

/** Partners of image i by the definition. */
function partnersOf(i: number, isSimilar: boolean, samePatient: (typeof modes)[number]): number[] {
  return [...labels.keys()].filter(
    (j) => j !== i && (labels[i] === labels[j]) === isSimilar && (samePatient === 'allow' || groups[i] !== groups[j]),
  )
}

/** The 99.9 % points of chi-square (scipy.stats.chi2.ppf(0.999, dof)): alpha = 0.001 for each test here, with fixed seeds. */
const critical: Readonly<Record<number, number>> = {
  6: 22.46,
  11: 31.26,
  60: 99.61,
  70: 112.32,
  142: 199.82,
  190: 255.98,
}

/** Pearson's statistic of counts that should all be equal. */
const pearson = (counts: number[]): number => {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0)
}

/** Pearson's statistic and its degrees of freedom over all anchors, and both kinds of partner. */
function partnerTest(
  drawn: Iterable<readonly [anchor: number, partner: number]>,
  samePatient: (typeof modes)[number],
): { statistic: number; freedom: number } {
  const counts = labels.map(() => new Int32Array(labels.length))
  for (const [anchor, partner] of drawn) counts[anchor]![partner]!++
  let [statistic, freedom] = [0, 0]
  for (const i of labels.keys()) {
    for (const isSimilar of [true, false]) {
      const allowed = partnersOf(i, isSimilar, samePatient)
      statistic += pearson(allowed.map((j) => counts[i]![j]!))
      freedom += allowed.length - 1
    }
    const anywhere = [true, false].flatMap((isSimilar) => partnersOf(i, isSimilar, samePatient))
    expect(counts[i]!.reduce((sum, n) => sum + n, 0)).toBe(anywhere.reduce((sum, j) => sum + counts[i]![j]!, 0))
  }
  return { statistic, freedom }
}

describe('fairness: chi-square, alpha 0.001', () => {
  const epochs = 1500
  it.each(modes)('pairs: anchors exact, partners uniform, samePatient %s', (samePatient) => {
    const sampler = pairSampler(labels, { groups, samePatient, seed: 11 })
    const drawn: [number, number][] = []
    for (let n = 0; n < epochs; n++)
      for (const { a, b } of sampler.epoch(n)) a.forEach((i, k) => drawn.push([i, b[k]!]))
    for (const i of labels.keys()) expect(drawn.filter(([a]) => a === i)).toHaveLength(2 * epochs)
    const { statistic, freedom } = partnerTest(drawn, samePatient)
    expect(statistic).toBeLessThan(critical[freedom]!)
    // Far too even is no chance either: the 0.1 % point is above half the mean of these.
    expect(statistic).toBeGreaterThan(freedom / 3)
  })
  it.each(modes)(
    'triplets: anchors exact, positives and negatives uniform and independent, samePatient %s',
    (samePatient) => {
      const sampler = tripletSampler(labels, { groups, samePatient, seed: 12 })
      const drawn: [number, number][] = []
      const joint = new Map<number, number>()
      for (let n = 0; n < epochs; n++)
        for (const { anchor, positive, negative } of sampler.epoch(n))
          anchor.forEach((i, k) => {
            drawn.push([i, positive[k]!], [i, negative[k]!])
            const cell = (i * 10 + positive[k]!) * 10 + negative[k]!
            joint.set(cell, (joint.get(cell) ?? 0) + 1)
          })
      for (const i of labels.keys()) expect(drawn.filter(([a]) => a === i)).toHaveLength(2 * epochs)
      const { statistic, freedom } = partnerTest(drawn, samePatient)
      expect(statistic).toBeLessThan(critical[freedom]!)
      let [together, cells] = [0, 0]
      for (const i of labels.keys()) {
        const counts = partnersOf(i, true, samePatient).flatMap((p) =>
          partnersOf(i, false, samePatient).map((q) => joint.get((i * 10 + p) * 10 + q) ?? 0),
        )
        together += pearson(counts)
        cells += counts.length - 1
      }
      expect(together).toBeLessThan(critical[cells]!)
    },
  )
  it('m per class: the odd turns of an epoch fall on all images alike', () => {
    // 7 images of one class, 12 of the other, 5 a batch: an epoch of 3 batches deals 15 of each.
    const uneven = Array.from({ length: 19 }, (_, i) => (i < 7 ? 0 : 1))
    const sampler = mPerClassSampler(uneven, { perClass: 5, seed: 13 })
    expect(sampler.batchesPerEpoch).toBe(3)
    const counts = new Int32Array(19)
    for (let n = 0; n < epochs; n++) for (const batch of sampler.epoch(n)) for (const i of batch) counts[i]!++
    for (const [from, to] of [
      [0, 7],
      [7, 19],
    ] as const) {
      const size = to - from
      // Each epoch marks `15 mod size` of `size` images: Var = epochs p (1 - p), and the counts sum to a constant.
      const p = (15 % size) / size
      const mean = (epochs * 15) / size
      const variance = epochs * p * (1 - p)
      const statistic =
        (counts.slice(from, to).reduce((sum, count) => sum + (count - mean) ** 2, 0) / variance) * ((size - 1) / size)
      expect(statistic).toBeLessThan(critical[size - 1]!)
      expect(statistic).toBeGreaterThan(0)
    }
  })
})

/** Patients of two or three classes with at least three images each. */
const people = fc
  .array(fc.record({ label: fc.nat(2), size: fc.integer({ min: 3, max: 7 }) }), { maxLength: 8 })
  .map((more) => [0, 0, 1, 1].map((label) => ({ label, size: 3 })).concat(more, more))
  .map((patients) => ({
    labels: patients.flatMap(({ label, size }) => Array.from({ length: size }, () => label)),
    groups: patients.flatMap(({ size }, p) => Array.from({ length: size }, () => p)),
  }))

const countOf = (values: Iterable<number>): Map<number, number> => {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

describe('mPerClassSampler', () => {
  it('shows every image, those of a class equally often but for one, never one twice in a batch', () => {
    fc.assert(
      fc.property(people, fc.integer({ min: 1, max: 6 }), fc.nat(2), fc.integer(), ({ labels: of }, m, less, seed) => {
        const classes = new Set(of).size
        const classesPerBatch = Math.max(1, classes - less)
        const sampler = mPerClassSampler(of, { perClass: m, classesPerBatch, seed })
        const batches = [...sampler.epoch(2)]
        expect(batches).toHaveLength(sampler.batchesPerEpoch)
        for (const batch of batches) {
          expect(new Set(batch).size).toBe(sampler.batchSize)
          const counts = [...countOf(Array.from(batch, (i) => of[i]!)).values()]
          expect(counts).toEqual(Array.from({ length: classesPerBatch }, () => m))
        }
        const seen = countOf(batches.flatMap((batch) => [...batch]))
        expect(seen.size).toBe(of.length)
        for (const label of new Set(of)) {
          const times = [...seen].filter(([i]) => of[i] === label).map(([, count]) => count)
          expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 100 },
    )
  })
  it('takes K images of each of P patients of a class', () => {
    fc.assert(
      fc.property(people, fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 }), (given, p, k) => {
        const sampler = mPerClassSampler(given.labels, { perClass: p * k, groups: given.groups, perGroup: k, seed: 4 })
        const batches = [...sampler.epoch(0)]
        for (const batch of batches) {
          expect(new Set(batch).size).toBe(batch.length)
          const counts = [...countOf(Array.from(batch, (i) => given.groups[i]!)).values()]
          expect(counts).toEqual(Array.from({ length: p * new Set(given.labels).size }, () => k))
        }
        expect(new Set(batches.flatMap((batch) => [...batch])).size).toBe(given.labels.length)
      }),
      { numRuns: 60 },
    )
  })
  it('refuses what is impossible, naming the class or patient', () => {
    expect(() => mPerClassSampler([], { perClass: 1 })).toThrow('labels must hold at least one image')
    expect(() => mPerClassSampler([0, 0, 7], { perClass: 2 })).toThrow('class 7 has 1; received 2')
    expect(() => mPerClassSampler([0, 1], { perClass: 0 })).toThrow('options.perClass')
    expect(() => mPerClassSampler([0, 1], { perClass: 1, classesPerBatch: 3 })).toThrow('options.classesPerBatch')
    expect(() => mPerClassSampler([0, 1.5], { perClass: 1 })).toThrow('labels[1] must be an integer')
    const four = { groups: ['p', 'p', 'q', 'r'], perGroup: 2 }
    expect(() => mPerClassSampler([0, 0, 1, 1], { perClass: 2, ...four })).toThrow('patient q of class 1 has 1')
    expect(() => mPerClassSampler([0, 0, 1, 1], { perClass: 4, ...four, groups: [1, 1, 2, 2] })).toThrow(
      'class 0 has 1 patients',
    )
    expect(() => mPerClassSampler([0, 0, 1, 1], { perClass: 3, ...four })).toThrow('options.perGroup must divide')
    expect(() => mPerClassSampler([0, 1], { perClass: 1, perGroup: 1 })).toThrow('options.perGroup must be given')
    expect(() => mPerClassSampler([0, 1], { perClass: 1, groups: [1], perGroup: 1 })).toThrow('options.groups')
    expect(() => mPerClassSampler([0, 1], { perClass: 1 }).epoch(0.5)).toThrow('n must be an integer')
  })
})

describe('an epoch', () => {
  const samplers = [
    ['pairs', pairSampler(labels, { groups, samePatient: 'forbid', batchSize: 3, seed: 2 })],
    ['triplets', tripletSampler(labels, { groups, samePatient: 'forbid', batchSize: 3, seed: 2 })],
    ['m per class', mPerClassSampler(labels, { perClass: 2, seed: 2 })],
  ] as const
  it.each(samplers)('of %s depends on nothing but seed and number', (_, sampler) => {
    const [zero, one] = [[...sampler.epoch(0)], [...sampler.epoch(1)]]
    expect(zero).toHaveLength(sampler.batchesPerEpoch)
    expect(zero).not.toEqual(one)
    const [a, b] = [sampler.epoch(1)[Symbol.iterator](), sampler.epoch(0)[Symbol.iterator]()]
    for (const k of zero.keys()) expect([a.next().value, b.next().value]).toEqual([one[k], zero[k]])
    const again = sampler.epoch(0)
    for (const batch of again) {
      expect(batch).toEqual(zero[0])
      break
    }
    expect([...again]).toEqual(zero)
  })
})

describe('a million images', () => {
  const n = 1_000_000
  const many = Int32Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0 : 1))
  const patients = Int32Array.from({ length: n }, (_, i) => (i * 7919) % 5003)
  it('make two million pairs an epoch, without enumeration', () => {
    const sampler = pairSampler(many, { groups: patients, samePatient: 'forbid', batchSize: 64 })
    const [anchors, wrong, pairs] = [new Uint8Array(n), [0], [0]]
    for (const { a, b, isSimilar } of sampler.epoch(1)) {
      pairs[0]! += a.length
      for (let k = 0; k < a.length; k++) {
        const [i, j] = [a[k]!, b[k]!]
        anchors[i]! += isSimilar[k] === 1 ? 1 : 16
        if (patients[i] === patients[j] || (many[i] === many[j]) !== (isSimilar[k] === 1)) wrong[0]!++
      }
    }
    expect([pairs[0], wrong[0], anchors.every((value) => value === 17)]).toEqual([2 * n, 0, true])
  })
  it('make a million triplets an epoch', () => {
    const anchors = new Uint8Array(n)
    let wrong = 0
    for (const { anchor, positive, negative } of tripletSampler(many, {
      groups: patients,
      samePatient: 'require',
    }).epoch(0)) {
      for (let k = 0; k < anchor.length; k++) {
        const [a, p, q] = [anchor[k]!, positive[k]!, negative[k]!]
        anchors[a]!++
        if (a === p || many[a] !== many[p] || patients[a] !== patients[p] || many[a] === many[q]) wrong++
      }
    }
    expect([wrong, anchors.every((value) => value === 1)]).toEqual([0, true])
  })
  it('are all seen in batches of m per class', () => {
    const seen = new Uint8Array(n)
    const sampler = mPerClassSampler(many, { perClass: 32 })
    let batches = 0
    for (const batch of sampler.epoch(0)) {
      batches++
      for (const i of batch) seen[i]!++
    }
    // 666,666 images of the larger class take 20,834 batches, which go round the 333,334 of the other twice and a little.
    expect(batches).toBe(20_834)
    const times = [0, 1].map((label) => new Set(seen.filter((_, i) => many[i] === label)))
    expect(times).toEqual([new Set([2, 3]), new Set([1, 2])])
  })
})

describe('in a batch', () => {
  const distances = [0, 1, 2, 3, 1, 0, 4, 5, 2, 4, 0, 6, 3, 5, 6, 0]
  it('no image is paired with itself or its copy, also when the batch holds it twice', () => {
    const pictures = [5, 5, 9, 9]
    const rules = { pictures }
    expect([...pairsInBatch([0, 0, 1, 1], rules).isSimilar]).toEqual([0, 0, 0, 0])
    expect(tripletsInBatch([0, 0, 1, 1], rules)).toMatchObject({ anchor: new Int32Array(0), skipped: 4 })
    expect(minePairs(distances, [0, 0, 1, 1], rules)).toMatchObject({ a: new Int32Array(0), skipped: 4 })
  })
  it('an anchor without partners is skipped and counted', () => {
    const mined = minePairs(distances, [0, 0, 0, 1])
    expect(mined).toMatchObject({ skipped: 1, isSimilar: Uint8Array.of(1, 0, 1, 0, 1, 0) })
    expect(pairsInBatch([3, 3], { groups: ['a', 'a'], samePatient: 'forbid' }).skipped).toBe(2)
    expect(pairsInBatch([])).toMatchObject({ skipped: 0, a: new Int32Array(0) })
    expect(mineTriplets([], [])).toMatchObject({ skipped: 0, anchor: new Int32Array(0) })
  })
  it('bounds of the semi-hard band are strict, and of equals the first is taken', () => {
    // Anchor 0: positive 1 at 1; negatives at 1 (not farther), 2 (the band's end with margin 1), 1.5 twice.
    const n = 6
    const d = new Float32Array(n * n).fill(9)
    d.set([0, 1, 1, 2, 1.5, 1.5], 0)
    const of = [0, 0, 1, 1, 1, 1]
    const triplets = mineTriplets(d, of, { strategy: 'semi-hard', margin: 1 })
    expect([...triplets.anchor].filter((a) => a === 0)).toHaveLength(2)
    expect([...triplets.negative.subarray(0, 2)]).toEqual([4, 5])
    const pairs = minePairs(d, of, { strategy: 'semi-hard', margin: 1 })
    expect([...pairs.b.subarray(0, 2)]).toEqual([1, 4])
    expect([...minePairs(d, of, { strategy: 'hard' }).b.subarray(0, 2)]).toEqual([1, 2])
  })
  it('refuses distances that are none, and batches that are too large', () => {
    const nan = distances.with(6, NaN)
    expect(() => minePairs(nan, [0, 0, 1, 1])).toThrow('distances[1 * 4 + 2] must be a number; received NaN')
    expect(() => mineTriplets(nan, [0, 0, 1, 1])).toThrow('distances[1 * 4 + 2]')
    expect(() => minePairs([0, 1], [0, 1])).toThrow('distances must hold 2 x 2 numbers')
    expect(() => minePairs(distances, [0, 0, 1, 1], { margin: 0 })).toThrow('options.margin')
    expect(() => minePairs(distances, [0, 0, 1, 1], { margin: NaN })).toThrow('options.margin')
    expect(() => minePairs(distances, [0, 0, 1, 1], { strategy: 'easy' as 'hard' })).toThrow('options.strategy')
    expect(() => mineTriplets(distances, [0, 0, 1, 1], { strategy: 'easy' as 'hard' })).toThrow('options.strategy')
    const half = (n: number): number[] => Array.from({ length: n }, (_, i) => i % 2)
    expect(tripletsInBatch(half(100)).anchor).toHaveLength(2 * 50 ** 2 * 49)
    expect(() => tripletsInBatch(half(300))).toThrow('at most 4194304 triplets')
    expect(() => pairsInBatch(half(3000))).toThrow('at most 4194304 pairs')
    expect(() => tripletsInBatch(new Uint8Array(20_000))).toThrow('at most 10000 images')
    expect(() => pairsInBatch([0, 0], { pictures: ['x'] })).toThrow('options.pictures')
    expect(() => pairsInBatch([0, 1], { pictures: ['x', 'x'] })).toThrow(
      'one label and one patient a picture; images 0 and 1',
    )
    expect(() => pairsInBatch([0, 1], { groups: ['x', undefined as unknown as string] })).toThrow('options.groups[1]')
  })
})
