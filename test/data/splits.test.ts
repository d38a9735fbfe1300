import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  auditLeakage,
  magnifications,
  splitByGroup,
  splitByImage,
  splitByList,
  splitNames,
  splitRecords,
  type ImageRecord,
  type Label,
} from '../../src/data/index.js'
import { createRandom } from '../../src/random.js'
import { countOf, groupCounts, holders, recordsOf, type Counts } from './madeUpRecords.js'

const labels: readonly Label[] = ['benign', 'malignant']
const ids = (records: readonly ImageRecord[]): string[] => records.map((r) => r.id)
const fractions = fc.double({ min: 0.02, max: 0.98, noNaN: true })

describe('splitByImage', () => {
  const records = recordsOf([
    [40, 0],
    [20, 0],
    [0, 60],
    [0, 80],
  ])

  it('keeps each class, and each magnification in it, within one image of its share', () => {
    const part = fc.nat({ max: 25 })
    const sizes = fc.array(fc.tuple(part, part, part, part), { minLength: 2, maxLength: 2 })
    fc.assert(
      fc.property(sizes, fractions, fc.integer(), (strata, testFraction, seed) => {
        const all: ImageRecord[] = strata.flatMap((counts, c) =>
          counts.flatMap((n, m) =>
            Array.from({ length: n }, (_, i) => ({
              id: `${c}/${m}/${i}`,
              label: labels[c]!,
              patient: 'p',
              magnification: magnifications[m]!,
            })),
          ),
        )
        fc.pre(labels.every((label) => countOf(all, label) >= 2))
        const { kind, train, test, audit } = splitByImage(all, { testFraction, seed })
        expect(kind).toBe('image')
        expect(audit).toEqual(auditLeakage({ train, test }))
        expect(ids([...train, ...test]).sort()).toEqual(ids(all).sort())
        expect(Math.abs(test.length - all.length * testFraction)).toBeLessThan(2)
        for (const label of labels) {
          expect(Math.abs(countOf(test, label) - countOf(all, label) * testFraction)).toBeLessThan(1 + 1e-9)
          expect(countOf(test, label)).toBeGreaterThan(0)
          expect(countOf(train, label)).toBeGreaterThan(0)
          for (const magnification of magnifications) {
            const of = (list: readonly ImageRecord[]): number =>
              countOf(
                list.filter((r) => r.magnification === magnification),
                label,
              )
            // One more where a class would else have been missing.
            expect(Math.abs(of(test) - of(all) * testFraction)).toBeLessThan(1 + 1e-9)
          }
        }
      }),
    )
  })
  it('tests round(n * testFraction) images, in the order of the records', () => {
    const { train, test } = splitByImage(records, { testFraction: 0.2, seed: 1 })
    expect([train.length, test.length]).toEqual([160, 40])
    expect(ids(records.filter((r) => test.includes(r)))).toEqual(ids(test))
  })
  it('is a function of the seed and the set of records', () => {
    const a = splitByImage(records, { seed: 5 })
    const b = splitByImage(createRandom(1, 'order').shuffle(records), { seed: 5 })
    expect(ids(a.test).sort()).toEqual(ids(b.test).sort())
    expect(ids(splitByImage(records, { seed: 6 }).test)).not.toEqual(ids(a.test))
  })
  it('rounds by the seed: every image has the same chance to be tested, of whichever class and magnification', () => {
    // A fifth of three is no whole number; nor is one of 21 and of 24.
    const all = [3, 3, 3, 3, 1, 2, 10, 8].flatMap((n, stratum) =>
      Array.from({ length: n }, (_, i) => ({
        id: `${stratum}-${i}`,
        label: labels[stratum >> 2]!,
        patient: 'p',
        magnification: magnifications[stratum % 4]!,
      })),
    )
    const runs = 4000
    const drawn = new Map<string, number>()
    for (let seed = 0; seed < runs; seed++)
      for (const id of ids(splitByImage(all, { seed }).test)) drawn.set(id, (drawn.get(id) ?? 0) + 1)
    // Seven of 33 are tested. A standard deviation is 0.0065.
    for (const id of ids(all)) expect(Math.abs((drawn.get(id) ?? 0) / runs - 7 / 33)).toBeLessThan(0.03)
  })
  it('leaks patients, as its audit says', () => {
    const { audit } = splitByImage(records)
    expect(audit.onBothSides.patients.map(({ name }) => name)).toEqual(['p0', 'p1', 'p2', 'p3'])
    expect([audit.leakedTestImages, audit.clean]).toEqual([40, false])
  })
  it('refuses what cannot be split', () => {
    expect(() => splitByImage([])).toThrow('no images to split')
    expect(() => splitByImage(recordsOf([[10, 0]]))).toThrow(/one class only \(benign, 10 images\)/)
    expect(() => splitByImage(recordsOf([[30, 1]]))).toThrow(/too few malignant images to split/)
    expect(() => splitByImage([...records, records[3]!])).toThrow('0-3: is twice among the records')
    const other = { ...records[0]!, id: 'x', label: 'normal' as 'benign' }
    expect(() => splitByImage([...records, other])).toThrow('x: neither benign nor malignant: normal')
    for (const testFraction of [0, 1, -1, Number.NaN])
      expect(() => splitByImage(records, { testFraction })).toThrow('options.testFraction must lie between 0 and 1')
  })
})

describe('splitByGroup', () => {
  it('keeps groups whole, both classes on both sides, and shares within the largest group', () => {
    fc.assert(
      fc.property(groupCounts, fractions, fc.integer(), (counts, testFraction, seed) => {
        fc.pre(holders(counts).every((n) => n >= 2))
        const records = recordsOf(counts)
        const { kind, train, test, audit } = splitByGroup(records, { testFraction, seed })
        expect(kind).toBe('patient')
        expect(audit.onBothSides.patients).toEqual([])
        expect(ids([...train, ...test]).sort()).toEqual(ids(records).sort())
        labels.forEach((label, c) => {
          const largest = Math.max(...counts.map((count) => count[c]!))
          const target = countOf(records, label) * testFraction
          const got = countOf(test, label)
          expect(got).toBeGreaterThan(0)
          expect(countOf(train, label)).toBeGreaterThan(0)
          expect(Math.abs(got - target)).toBeLessThanOrEqual(largest + 1e-6)
        })
      }),
      { numRuns: 500 },
    )
  })
  const pure = (benign: readonly number[], malignant: readonly number[]): Counts[] => [
    ...benign.map((n) => [n, 0] as const),
    ...malignant.map((n) => [0, n] as const),
  ]
  /** Of so many seeds, the share in which each group is tested: a standard deviation is at most 0.011. */
  function chances(counts: readonly Counts[], testFraction: number): number[] {
    const runs = 2000
    const records = recordsOf(counts)
    const drawn = counts.map(() => 0)
    for (let seed = 0; seed < runs; seed++) {
      const tested = new Set(splitByGroup(records, { testFraction, seed }).test.map(({ patient }) => patient))
      for (const patient of tested) drawn[Number(patient.slice(1))]!++
    }
    return drawn.map((n) => n / runs)
  }
  // From Sum over groups of (chance - fraction)^2 / variance, about chi-square with as many degrees of freedom.
  it.each<[string, number, Counts[]]>([
    ['40 groups', 0.3, Array.from({ length: 40 }, (_, p) => (p % 2 ? [0, 1 + p] : [1 + p, p % 3]))],
    ['16 groups', 0.2, pure([30, 31, 5, 12, 20, 25, 28, 22], [8, 35, 17, 21, 30, 41, 36, 40])],
    [
      '10 groups of both classes',
      0.2,
      pure([5, 12, 20, 2, 7], [])
        .map(([n], p) => [n, [3, 9, 1, 11, 7][p]!])
        .flatMap((count) => [count, count]) as unknown as Counts[],
    ],
    ['6 groups, two of them half of all', 0.5, pure([5, 6, 11], [1, 4, 9])],
  ])('tests every group with the chance of the fraction, large or small: %s', (_, testFraction, counts) => {
    const found = chances(counts, testFraction)
    const variance = (testFraction * (1 - testFraction)) / 2000
    const chi = found.reduce((sum, chance) => sum + (chance - testFraction) ** 2 / variance, 0)
    expect(chi).toBeLessThan(counts.length + 4 * Math.sqrt(2 * counts.length))
  })
  it.each<[string, number, Counts[]]>([
    ['9 groups with giants', 0.2, pure([3, 4, 5, 60], [10, 12, 9, 100, 3])],
    ['8 groups', 0.2, pure([5, 12, 20, 53], [8, 15, 30, 54])],
    ['4 groups', 0.9, pure([1, 30], [7, 7])],
  ])(
    'tests the few groups of a class with one chance, where a draw may miss the class: %s',
    (_, testFraction, counts) => {
      const found = chances(counts, testFraction)
      for (const c of [0, 1]) {
        const own = found.filter((_chance, g) => counts[g]![c]! > 0)
        // None less than it takes for one of them on each side.
        const needed = Math.min(1 - 1 / own.length, Math.max(1 / own.length, testFraction))
        expect(Math.abs(own.reduce((a, b) => a + b) / own.length - needed)).toBeLessThan(0.1)
        expect(Math.max(...own) - Math.min(...own)).toBeLessThan(0.05)
      }
    },
  )
  it('is a function of the seed and the set of records', () => {
    const records = recordsOf(Array.from({ length: 16 }, (_, p) => (p % 2 ? [0, 3 + p] : [4 + p, 0])))
    const test = (seed: number, list = records): string[] => ids(splitByGroup(list, { seed }).test).sort()
    expect(test(3)).toEqual(test(3, createRandom(1, 'order').shuffle(records)))
    expect(new Set([1, 2, 3, 4, 5].map((seed) => test(seed).join())).size).toBeGreaterThan(1)
  })
  it('groups by accession, with which no patient and no accession crosses', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 })), { maxLength: 60 }), (pairs) => {
        // Patients of several accessions and accessions of several patients, some unknown.
        const linked = pairs.map(([p, a], i): ImageRecord => {
          const known = a === 0 ? {} : { accession: `a${a}` }
          return { id: `${i}`, label: i % 2 ? 'benign' : 'malignant', patient: `q${p}`, ...known }
        })
        const lone = recordsOf(Array.from({ length: 8 }, (_, p) => (p % 4 < 2 ? [1, 0] : [0, 1])))
        const { kind, audit } = splitByGroup([...linked, ...lone], { testFraction: 0.4, by: 'accession' })
        expect(kind).toBe('accession')
        expect([audit.onBothSides.patients, audit.onBothSides.accessions]).toEqual([[], []])
      }),
    )
  })
  it('keeps a patient without accession apart from an accession of that name, and refuses where none is known', () => {
    const record = (id: string, label: Label, patient: string, accession?: string): ImageRecord => ({
      id,
      label,
      patient,
      ...(accession === undefined ? {} : { accession }),
    })
    const records = [record('a', 'benign', 'x'), record('b', 'benign', 'p', 'x'), record('c', 'malignant', 'q', 'y')]
    records.push(record('d', 'malignant', 'r'))
    // As one group, the benign images could not be divided.
    const { train, test } = splitByGroup(records, { testFraction: 0.5, by: 'accession' })
    expect([train.length, test.length]).toEqual([2, 2])
    const unknown = records.map(({ id, label, patient }) => record(id, label, patient))
    expect(() => splitByGroup(unknown, { by: 'accession' })).toThrow('no accession number is known of any image')
    expect(() => splitByGroup([...records, record('e', 'benign', '')], { by: 'accession' })).toThrow(
      'e: belongs to no accession',
    )
  })
  it('groups by anything', () => {
    const records = recordsOf(Array.from({ length: 8 }, (_, p) => (p < 4 ? [4, 0] : [0, 4])))
    const split = splitByGroup(records, { testFraction: 0.5, by: (r) => r.accession! })
    expect(split.kind).toBe('group')
    expect(split.audit.clean).toBe(true)
    expect(() => splitByGroup(records, { by: (r) => r.slide! })).toThrow('0-0: belongs to no group')
    expect(() => splitByGroup(records, { by: 'slide' as 'patient' })).toThrow(
      "options.by must be 'patient', 'accession' or a function of the record",
    )
  })
  it('leaves the patients apart when the training side is split again', () => {
    const records = recordsOf(Array.from({ length: 20 }, (_, p) => (p % 2 ? [0, 5] : [5, 0])))
    const { train, test } = splitByGroup(records, { seed: 1 })
    const { train: learn, test: validate } = splitByGroup(train, { seed: 1 })
    const patients = [learn, validate, test].map((part) => new Set(part.map(({ patient }) => patient)))
    expect(patients.reduce((sum, { size }) => sum + size, 0)).toBe(20)
  })
  it('refuses too few patients and one class', () => {
    const two = recordsOf([
      [9, 0],
      [9, 0],
      [0, 9],
    ])
    const error = /too few patients to split: 1 with malignant images; each class needs at least 2/
    expect(() => splitByGroup(two)).toThrow(error)
    expect(() => splitByGroup(two)).toThrow(expect.objectContaining({ name: 'DataError' }))
    expect(() => splitByGroup(two, { by: 'accession' })).toThrow(/too few accessions/)
    expect(() => splitByGroup(two.slice(0, 18))).toThrow(/one class only/)
    expect(() => splitByGroup([...two, { ...two[0]!, id: 'x', patient: '' }])).toThrow('x: belongs to no patient')
  })
})

describe('splitRecords', () => {
  const records = recordsOf(Array.from({ length: 16 }, (_, p) => (p % 4 < 2 ? [0, 3 + p] : [4 + p, 0])))
  it('makes the split of that name', () => {
    const options = { testFraction: 0.3, seed: 2 }
    expect(splitRecords(records, 'image', options)).toEqual(splitByImage(records, options))
    expect(splitRecords(records, 'patient', options)).toEqual(splitByGroup(records, options))
    expect(splitRecords(records, 'accession', options)).toEqual(splitByGroup(records, { ...options, by: 'accession' }))
    expect(splitRecords(records, 'patient')).toEqual(splitByGroup(records))
  })
  it('refuses other names, and a test fraction beside a fold', () => {
    expect(splitNames).toHaveLength(8)
    for (const name of ['slide', 'official:6', 'official', ''])
      expect(() => splitRecords(records, name as 'image')).toThrow('name must be one of image, patient, accession')
    expect(() => splitRecords(records, 'official:2', { testFraction: 0.3 })).toThrow(
      'options.testFraction must be left out: official:2 says itself what is tested; received 0.3',
    )
  })
})

describe('splitByList', () => {
  const records = recordsOf([
    [2, 0],
    [0, 2],
  ])
  it('refuses malformed lists and unlisted images', () => {
    expect(() => splitByList(records, 'nonsense')).toThrow(
      'list: not "file|magnification|fold|train or test": nonsense',
    )
    expect(() => splitByList(records, '0-0.png|40|1|train\n')).toThrow('0-1: the list does not name this image')
    expect(() => splitByList(records, '0-0.png|40|1|train\n0-0.png|40|1|test\n')).toThrow('0-0.png is on both sides')
    const lines = ids(records).map((id) => `${id}.png|40|1|train`)
    expect(() => splitByList(records, lines.join('\r\n'))).toThrow('on one side')
  })
  it('follows the list', () => {
    const lines = ids(records).map((id, i) => `${id}.png|40|1|${i === 2 ? 'test' : 'train'}`)
    const { kind, train, test, audit } = splitByList(records, [...lines, 'other.png|40|1|test'].join('\n'))
    expect([kind, ids(train), ids(test)]).toEqual(['official', ['0-0', '0-1', '1-1'], ['1-0']])
    expect(audit.onBothSides.patients).toEqual([{ name: 'p1', train: 1, test: 1 }])
  })
})
