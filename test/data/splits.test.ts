import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditLeakage, splitByGroup, splitByImage, splitByList, type ImageRecord } from '../../src/data/index.js'

/** `sizes[i]` images of patient i; the first `benign` patients are benign. */
function people(sizes: readonly number[], benign: number): ImageRecord[] {
  return sizes.flatMap((size, p) =>
    Array.from({ length: size }, (_, i) => ({
      id: `${p}-${i}`,
      label: p < benign ? ('benign' as const) : ('malignant' as const),
      patient: `p${p}`,
      magnification: ([40, 100] as const)[i % 2]!,
      slide: `s${p}`,
      accession: `a${p >> 1}`,
    })),
  )
}
const ids = (records: readonly ImageRecord[]): string[] => records.map((r) => r.id)
const share = (part: readonly ImageRecord[], all: readonly ImageRecord[], label: string): number =>
  part.filter((r) => r.label === label).length / all.filter((r) => r.label === label).length

describe('splitByImage', () => {
  const records = people([40, 20, 60, 80], 2)
  it('keeps the share of each class and magnification, and the order of the records', () => {
    const { kind, train, test } = splitByImage(records, { testFraction: 0.2, seed: 1 })
    expect([kind, train.length, test.length]).toEqual(['image', 160, 40])
    for (const label of ['benign', 'malignant']) {
      for (const magnification of [40, 100]) {
        const of = (list: readonly ImageRecord[]): number =>
          list.filter((r) => r.label === label && r.magnification === magnification).length
        expect(of(test) / of(records)).toBeCloseTo(0.2, 10)
      }
    }
    expect(ids(records.filter((r) => test.includes(r)))).toEqual(ids(test))
  })
  it('is a function of the seed and the set of records', () => {
    const a = splitByImage(records, { seed: 5 })
    const b = splitByImage(records.toReversed(), { seed: 5 })
    expect(ids(a.test).sort()).toEqual(ids(b.test).sort())
    expect(ids(splitByImage(records, { seed: 6 }).test)).not.toEqual(ids(a.test))
  })
  it('leaks patients, as the audit says', () => {
    const split = splitByImage(records)
    const { onBothSides, ...rest } = auditLeakage(split)
    const names = Object.entries(onBothSides).map(([level, shared]) => [level, shared.map(({ name }) => name)])
    expect(Object.fromEntries(names)).toEqual({
      images: [],
      patients: ['p0', 'p1', 'p2', 'p3'],
      slides: ['s0', 's1', 's2', 's3'],
      accessions: ['a0', 'a1'],
    })
    expect(rest).toMatchObject({ leakedTestImages: 40, testImages: 40, clean: false })
  })
  it('refuses what cannot be split', () => {
    expect(() => splitByImage([])).toThrow('no images to split')
    expect(() => splitByImage(people([5, 5], 2))).toThrow(/one class only \(benign, 10 images\)/)
    expect(() => splitByImage(people([30, 1], 1))).toThrow(/too few malignant images to split/)
    for (const testFraction of [0, 1, -1, Number.NaN])
      expect(() => splitByImage(records, { testFraction })).toThrow('options.testFraction must lie between 0 and 1')
  })
})

describe('splitByGroup', () => {
  it('keeps groups whole, both classes on both sides, and shares within half a group', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 12 }),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        fc.integer(),
        (benign, malignant, testFraction, seed) => {
          const records = people([...benign, ...malignant], benign.length)
          const split = splitByGroup(records, { testFraction, seed })
          expect(split.train.length + split.test.length).toBe(records.length)
          expect(auditLeakage(split).onBothSides.patients).toEqual([])
          for (const [label, sizes] of [
            ['benign', benign],
            ['malignant', malignant],
          ] as const) {
            const got = share(split.test, records, label)
            expect(got).toBeGreaterThan(0)
            expect(got).toBeLessThan(1)
            const largest = Math.max(...sizes) / sizes.reduce((a, b) => a + b, 0)
            // Half a group, unless one group must stay on each side.
            const forced = testFraction < largest || 1 - testFraction < largest
            expect(Math.abs(got - testFraction)).toBeLessThanOrEqual(forced ? largest : largest / 2 + 1e-9)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
  it('is a function of the seed and the set of records', () => {
    const records = people([5, 6, 7, 8, 9, 10, 4, 3], 4)
    const test = (seed: number, list = records): string[] => ids(splitByGroup(list, { seed }).test).sort()
    expect(test(3)).toEqual(test(3, records.toReversed()))
    expect(new Set([1, 2, 3, 4, 5].map((seed) => test(seed).join())).size).toBeGreaterThan(1)
  })
  it('groups by anything', () => {
    const records = people([4, 4, 4, 4, 4, 4, 4, 4], 4)
    const split = splitByGroup(records, { testFraction: 0.5, by: (r) => r.accession! })
    expect(split.kind).toBe('group')
    expect(auditLeakage(split).clean).toBe(true)
  })
  it('splits groups of both classes', () => {
    const mixed = people([4, 4, 4, 4, 4, 4], 3).map((r, i) => ({ ...r, patient: `m${i % 4}` }))
    const split = splitByGroup(mixed, { testFraction: 0.25 })
    expect(new Set(split.test.map((r) => r.patient)).size).toBe(1)
  })
  it('refuses too few patients and one class', () => {
    expect(() => splitByGroup(people([9, 9, 9], 2))).toThrow(
      /too few patients to split: 1 with malignant images; each class needs at least 2/,
    )
    expect(() => splitByGroup(people([9, 9, 9], 3))).toThrow(/one class only/)
    expect(() => splitByGroup(people([9, 9, 9], 2))).toThrow(expect.objectContaining({ name: 'DataError' }))
  })
})

describe('splitByList', () => {
  const records = people([2, 2], 1)
  it('refuses malformed lists and unlisted images', () => {
    expect(() => splitByList(records, 'nonsense')).toThrow(
      'list: not "file|magnification|fold|train or test": nonsense',
    )
    expect(() => splitByList(records, '0-0.png|40|1|train\n')).toThrow('0-1: the list does not name this image')
    expect(() =>
      splitByList(
        records,
        ids(records)
          .map((id) => `${id}.png|40|1|train`)
          .join('\r\n'),
      ),
    ).toThrow('on one side')
  })
})
