import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairSampler } from '../../src/data/index.js'

const flat = (sampler: ReturnType<typeof pairSampler>, n: number): [number, number, number][] =>
  [...sampler.epoch(n)].flatMap(({ a, b, isSimilar }) =>
    [...a].map((i, k) => [i, b[k]!, isSimilar[k]!] as [number, number, number]),
  )

/** Images of several patients of each class, at least two images a patient. */
const people = fc
  .array(fc.record({ label: fc.integer({ min: 0, max: 2 }), size: fc.integer({ min: 2, max: 4 }) }), { maxLength: 8 })
  .map((more) => [0, 0, 1, 1].map((label) => ({ label, size: 2 })).concat(more, more))
  .map((patients) => ({
    labels: patients.flatMap(({ label, size }) => Array.from({ length: size }, () => label)),
    groups: patients.flatMap(({ size }, p) => Array.from({ length: size }, () => `p${p}`)),
  }))

describe('pairSampler', () => {
  it.each(['allow', 'forbid', 'require'] as const)('keeps its rules, samePatient %s', (samePatient) => {
    fc.assert(
      fc.property(
        people,
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        fc.nat(5),
        ({ labels, groups }, batchSize, seed, n) => {
          const sampler = pairSampler(labels, { batchSize, groups, samePatient, seed })
          const batches = [...sampler.epoch(n)]
          expect(batches.length).toBe(sampler.batchesPerEpoch)
          expect(batches.slice(0, -1).every((batch) => batch.a.length === batchSize)).toBe(true)
          const pairs = flat(sampler, n)
          expect(pairs).toEqual(flat(pairSampler(labels, { batchSize, groups, samePatient, seed }), n))
          expect(pairs.length).toBe(2 * labels.length)
          const seen = new Map<string, number>()
          for (const [i, j, isSimilar] of pairs) {
            expect(i).not.toBe(j)
            expect(isSimilar).toBe(labels[i] === labels[j] ? 1 : 0)
            if (samePatient === 'forbid') expect(groups[i]).not.toBe(groups[j])
            if (samePatient === 'require' && isSimilar === 1) expect(groups[i]).toBe(groups[j])
            seen.set(`${i}/${isSimilar}`, (seen.get(`${i}/${isSimilar}`) ?? 0) + 1)
          }
          expect(seen.size).toBe(2 * labels.length)
        },
      ),
      { numRuns: 60 },
    )
  })
  it('balances each batch, and differs by epoch and seed', () => {
    const labels = Array.from({ length: 50 }, (_, i) => (i < 10 ? 0 : 1))
    const sampler = pairSampler(labels, { batchSize: 8, seed: 1 })
    for (const { isSimilar } of sampler.epoch(0))
      expect(isSimilar.reduce((a, b) => a + b, 0)).toBe(isSimilar.length / 2)
    expect(flat(sampler, 0)).not.toEqual(flat(sampler, 1))
    expect(flat(sampler, 0)).not.toEqual(flat(pairSampler(labels, { batchSize: 8, seed: 2 }), 0))
  })
  it('draws partners uniformly', () => {
    const labels = [0, 0, 0, 0, 1, 1]
    const groups = ['a', 'a', 'b', 'c', 'd', 'a']
    const sampler = pairSampler(labels.concat(1), { groups: groups.concat('e'), samePatient: 'forbid', seed: 5 })
    const count = new Map<string, number>()
    for (let n = 0; n < 3000; n++)
      for (const [i, j] of flat(sampler, n)) if (i === 0) count.set(`${j}`, (count.get(`${j}`) ?? 0) + 1)
    // Image 0 (label 0, patient a): similar 2, 3 (not 1, its patient's); dissimilar 4, 6 (not 5, its patient's).
    expect([...count.keys()].sort()).toEqual(['2', '3', '4', '6'])
    for (const times of count.values()) expect(Math.abs(times - 1500)).toBeLessThan(120)
  })
  it('never pairs two copies of one picture', () => {
    const labels = [0, 0, 0, 0, 1, 1, 1]
    const pictures = ['x', 'y', 'x', 'x', 'z', 'w', 'w']
    const sampler = pairSampler(labels, { pictures, groups: labels.map((l) => `p${l}`), samePatient: 'require' })
    for (let n = 0; n < 50; n++) for (const [i, j] of flat(sampler, n)) expect(pictures[i]).not.toBe(pictures[j])
    expect(() => pairSampler(labels, { pictures: [1, 1, 1, 1, 2, 3, 4] })).toThrow('image 0 has no partner')
    expect(() => pairSampler(labels, { pictures: [1] })).toThrow('options.pictures')
  })
  it('takes full BreaKHis in its stride', () => {
    const labels = Array.from({ length: 7909 }, (_, i) => (i < 2480 ? 0 : 1))
    const groups = labels.map((_, i) => i % 82)
    expect([...pairSampler(labels, { groups, samePatient: 'forbid' }).epoch(3)].length).toBe(495)
  })
  it('refuses what is impossible, naming the image', () => {
    expect(() => pairSampler([])).toThrow('labels must hold at least two classes')
    expect(() => pairSampler([1, 1, 1])).toThrow('labels must hold at least two classes')
    expect(() => pairSampler([0, 1, 1])).toThrow('similar pair for every image')
    expect(() => pairSampler([0, 0, 1, 1], { groups: ['a', 'a', 'b', 'c'], samePatient: 'forbid' })).toThrow(
      'image 0 of patient a has no partner',
    )
    expect(() => pairSampler([0, 0, 1, 1], { groups: ['a', 'a', 'b', 'c'], samePatient: 'require' })).toThrow(
      'image 2 of patient b has no partner',
    )
    expect(() => pairSampler([0, 1], { samePatient: 'forbid' })).toThrow('options.groups')
    expect(() => pairSampler([0, 1], { groups: ['a'] })).toThrow('options.groups must have one entry for each')
    expect(() => pairSampler([0, 0, 1, 1], { batchSize: 0 })).toThrow('options.batchSize')
    expect(() => pairSampler([0, 0, 1, 0.5])).toThrow('labels[3] must be an integer')
    expect(() => pairSampler([0, 0, 1, 1]).epoch(-1)).toThrow('n must be an integer >= 0')
  })
})
