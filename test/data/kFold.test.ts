import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kFold, magnifications, type ImageRecord, type Label } from '../../src/data/index.js'
import { createRandom } from '../../src/random.js'
import reference from '../reference/data_kfold.json' with { type: 'json' }
import { countOf, groupCounts, holders, recordsOf, type Counts } from './madeUpRecords.js'

const labels: readonly Label[] = ['benign', 'malignant']
const ids = (records: readonly ImageRecord[]): string[] => records.map(({ id }) => id)
const folds = fc.integer({ min: 2, max: 6 })

describe('kFold', () => {
  it('tests every image once, by patient with none on both sides, within the largest group of even shares', () => {
    fc.assert(
      fc.property(groupCounts, folds, fc.integer(), (counts, k, seed) => {
        fc.pre(holders(counts).every((n) => n >= k))
        const records = recordsOf(counts)
        const splits = kFold(records, { folds: k, seed })
        expect(splits).toHaveLength(k)
        expect(splits.flatMap(({ test }) => ids(test)).sort()).toEqual(ids(records).sort())
        for (const { kind, train, test, audit } of splits) {
          expect(kind).toBe('patient')
          expect(ids([...train, ...test]).sort()).toEqual(ids(records).sort())
          expect(audit.onBothSides.patients).toEqual([])
          labels.forEach((label, c) => {
            expect(countOf(test, label)).toBeGreaterThan(0)
            expect(countOf(train, label)).toBeGreaterThan(0)
            const largest = Math.max(...counts.map((count) => count[c]!))
            expect(Math.abs(countOf(test, label) - countOf(records, label) / k)).toBeLessThanOrEqual(largest)
          })
        }
      }),
      { numRuns: 300 },
    )
  })

  it('by image keeps each class, each of its magnifications and the whole within one image of even shares', () => {
    fc.assert(
      fc.property(groupCounts, folds, fc.integer(), (counts, k, seed) => {
        const records = recordsOf(counts)
        fc.pre(labels.every((label) => countOf(records, label) >= k))
        const splits = kFold(records, { folds: k, by: 'image', seed })
        expect(splits.flatMap(({ test }) => ids(test)).sort()).toEqual(ids(records).sort())
        for (const { kind, test } of splits) {
          expect(kind).toBe('image')
          expect(Math.abs(test.length - records.length / k)).toBeLessThan(1)
          for (const label of labels) {
            expect(Math.abs(countOf(test, label) - countOf(records, label) / k)).toBeLessThan(1)
            for (const magnification of magnifications) {
              const at = (list: readonly ImageRecord[]): ImageRecord[] =>
                list.filter((record) => record.magnification === magnification)
              expect(Math.abs(countOf(at(test), label) - countOf(at(records), label) / k)).toBeLessThan(1)
            }
          }
        }
      }),
    )
  })

  it('by image gives the odd images to any fold', () => {
    const records = recordsOf([
      [7, 0],
      [0, 8],
    ])
    const largest = Array.from({ length: 60 }, (_, seed) =>
      kFold(records, { folds: 7, by: 'image', seed }).findIndex(({ test }) => test.length === 3),
    )
    expect(new Set(largest).size).toBe(7)
  })

  it.each(['image', 'patient', 'accession'] as const)(
    'by %s is a function of the seed and the set of records',
    (by) => {
      const records = recordsOf(Array.from({ length: 30 }, (_, p) => (p % 3 ? [0, 3 + p] : [4 + p, p % 2])))
      const tests = (seed: number, list: readonly ImageRecord[] = records): string[][] =>
        kFold(list, { folds: 3, by, seed }).map(({ kind, test }) => [kind, ...ids(test).sort()])
      expect(tests(3)).toEqual(tests(3, createRandom(1, 'order').shuffle(records)))
      expect(new Set([1, 2, 3, 4].map((seed) => JSON.stringify(tests(seed)))).size).toBe(4)
      expect(tests(3)[0]![0]).toBe(by)
    },
  )

  it('by accession or any group lets none cross', () => {
    const records = recordsOf(Array.from({ length: 40 }, (_, p) => (p % 4 < 2 ? [0, 3 + p] : [4 + p, 0])))
    for (const { audit } of kFold(records, { by: 'accession' })) expect(audit.clean).toBe(true)
    const own = (record: ImageRecord): string => record.patient.slice(0, 2)
    for (const { kind, train, test } of kFold(records, { folds: 2, by: own })) {
      const groups = new Set(train.map(own))
      expect([kind, test.some((record) => groups.has(own(record)))]).toEqual(['group', false])
    }
  })

  it('refuses fewer images or groups of a class than folds', () => {
    const records = recordsOf([
      [9, 0],
      [9, 0],
      [0, 3],
      [0, 1],
    ])
    expect(() => kFold(records, { folds: 3 })).toThrow(/too few patients for 3 folds: 2 with benign images/)
    expect(() => kFold(records, { by: 'image' })).toThrow(/too few malignant images for 5 folds: 4/)
    expect(() => kFold(records, { folds: 1 })).toThrow('options.folds must be an integer >= 2')
    expect(() => kFold([])).toThrow('no images to split')
    expect(() => kFold([...records, records[0]!], { folds: 2, by: 'image' })).toThrow('0-0: is twice among the records')
  })
})

describe('beside scikit-learn’s StratifiedGroupKFold', () => {
  // Groups are whole images: a difference of less than half an image of the rarer class is none.
  const cases = reference.cases.flatMap(({ name, groups, deviation }) =>
    Object.entries(deviation).map(([k, theirs]) => ({
      name,
      k: Number(k),
      groups: groups as unknown as Counts[],
      theirs,
    })),
  )
  it.each(cases)('$name in $k folds: the classes are spread at least as evenly', ({ k, groups, theirs }) => {
    const records = recordsOf(groups)
    const totals = labels.map((label) => countOf(records, label))
    for (const seed of [0, 1, 2]) {
      const splits = kFold(records, { folds: k, seed })
      const deviations = labels.map((label, c) => {
        const squares = splits.map(({ test }) => (countOf(test, label) / totals[c]! - 1 / k) ** 2)
        return Math.sqrt(squares.reduce((a, b) => a + b) / k)
      })
      expect((deviations[0]! + deviations[1]!) / 2).toBeLessThan(theirs + 0.5 / Math.min(...totals))
    }
  })
})
