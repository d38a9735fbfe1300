import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError, OneClassError } from '../../src/errors.js'
import { delongTest, delongVariance, mcNemarTest, rocAuc } from '../../src/metrics/index.js'
import { expectClose } from '../helpers/tensors.js'
import pROC from '../reference/metrics_proc.json'
import reference from '../reference/metrics_statistics.json'
import { bothClasses } from './arbitraries.js'

describe('delongTest', () => {
  it.each(reference.delong)('equals the plain definition on $labels.length images', (set) => {
    const test = delongTest(set.labels, set.a, set.b)
    expectClose(
      [test.aucA, test.aucB, test.difference, test.variance, test.z, test.p, test.low, test.high],
      [set.aucA, set.aucB, set.aucA - set.aucB, set.variance, set.z, set.p, set.low, set.high],
      1e-12,
    )
  })

  it("equals R's pROC", () => {
    expect(pROC.pairs).toHaveLength(reference.delong.length)
    reference.delong.forEach(({ labels, a, b }, i) => {
      const expected = pROC.pairs[i]!
      const test = delongTest(labels, a, b)
      expectClose([test.aucA, test.aucB], expected.auc, 1e-13)
      expectClose([delongVariance(labels, a), test.z, test.p], [expected.varianceA, expected.z, expected.p], 1e-12)
      expectClose([test.low, test.high], [expected.low, expected.high], 1e-12)
    })
    expectClose(
      [
        delongVariance([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]),
        delongVariance([0, 0, 0, 1, 0, 1, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.5, 0.5, 0.9, 0.9]),
      ],
      pROC.golden,
      1e-14,
    )
  })

  it('has the areas of rocAuc, and turns its sign with the order', () => {
    const pairs = bothClasses.chain((set) =>
      fc.record({
        labels: fc.constant([0, 0, 1, 1, ...set.labels]),
        a: fc.constant([1, 2, 2, 3, ...set.scores]),
        b: fc.array(fc.integer({ min: -5, max: 5 }), {
          minLength: set.labels.length + 4,
          maxLength: set.labels.length + 4,
        }),
      }),
    )
    fc.assert(
      fc.property(pairs, ({ labels, a, b }) => {
        const test = delongTest(labels, a, b)
        expectClose([test.aucA, test.aucB], [rocAuc(labels, a), rocAuc(labels, b)], 1e-15)
        const turned = delongTest(labels, b, a)
        expect(turned.p).toBe(test.p)
        expectClose([turned.difference, turned.low, turned.high], [-test.difference, -test.high, -test.low], 1e-14)
        expect(test.p).toBeGreaterThanOrEqual(0)
        expect(test.p).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('has the variance of one score where the other says nothing', () => {
    const { labels, a } = reference.delong[3]!
    const test = delongTest(
      labels,
      a,
      labels.map(() => 1),
    )
    expect(test.aucB).toBe(0.5)
    expectClose([test.variance], [delongVariance(labels, a)], 1e-15)
  })

  it('finds no difference between a score and its monotone map', () => {
    const { labels, a } = reference.delong[2]!
    expect(delongTest(labels, a, a.map(Math.exp))).toMatchObject({
      difference: 0,
      variance: 0,
      z: 0,
      p: 1,
      low: 0,
      high: 0,
    })
  })

  it('says where it ends: a certain difference has no variance', () => {
    expect(delongTest([0, 0, 1, 1], [1, 2, 3, 4], [0, 0, 0, 0])).toMatchObject({ difference: 0.5, z: Infinity, p: 0 })
  })

  it('takes a level', () => {
    const { labels, a, b } = reference.delong[1]!
    const narrow = delongTest(labels, a, b, { level: 0.5 })
    const wide = delongTest(labels, a, b, { level: 0.99 })
    expect(wide.high - wide.low).toBeGreaterThan(narrow.high - narrow.low)
    expect(() => delongTest(labels, a, b, { level: 1 })).toThrow('options.level must be a number in (0, 1); received 1')
  })

  it('refuses what cannot be compared', () => {
    expect(() => delongTest([0, 1], [1, 2], [1])).toThrow('scoresB must have as many values as labels (2); received 1')
    expect(() => delongTest([0, 1], [1, NaN], [1, 2])).toThrow('scoresA[1] must be a finite number; received NaN')
    expect(() => delongTest([], [], [])).toThrow(ArgumentError)
    expect(() => delongTest([1, 1], [1, 2], [1, 2])).toThrow(OneClassError)
    expect(() => delongTest([0, 1, 1], [1, 2, 3], [1, 2, 3])).toThrow(
      'labels must hold at least two of each class for DeLong\'s test; received "2 positive and 1 negative"',
    )
  })
})

describe('mcNemarTest', () => {
  /** Decisions with these counts. */
  const decisions = ({ onlyA, onlyB, both, none }: (typeof reference.mcNemar)[number]['counts']) => {
    const of = (a: number, b: number): number[] => [
      ...Array<number>(onlyA).fill(a),
      ...Array<number>(onlyB).fill(b),
      ...Array<number>(both).fill(1),
      ...Array<number>(none).fill(0),
    ]
    return [of(1, 0), of(0, 1)] as const
  }

  it.each(reference.mcNemar)('equals statsmodels and scipy on $counts', (set) => {
    const [a, b] = decisions(set.counts)
    for (const method of ['exact', 'chi2', 'mid-p'] as const) {
      const test = mcNemarTest(a, b, { method })
      expect(test).toMatchObject({ onlyA: set.counts.onlyA, onlyB: set.counts.onlyB, method })
      expectClose([test.statistic], [set[method][0]!], 1e-13)
      expect(Math.abs(test.p / set[method][1]! - 1)).toBeLessThan(1e-11)
    }
    expect(mcNemarTest(a, b)).toEqual(mcNemarTest(a, b, { method: 'exact' }))
  })

  it('is 1 where no image tells the two apart, or as many for either', () => {
    expect(mcNemarTest([1, 0, 1], [1, 0, 1])).toEqual({ onlyA: 0, onlyB: 0, statistic: 0, p: 1, method: 'exact' })
    for (const method of ['exact', 'chi2', 'mid-p'] as const)
      expect(mcNemarTest([true, false], [false, true], { method })).toMatchObject({
        statistic: method === 'chi2' ? 0 : 1,
        p: 1,
      })
  })

  it('stays in range for very many images', () => {
    const n = 200_000
    const a = Uint8Array.from({ length: n }, (_, i) => Number(i % 2 === 0))
    const b = a.map((value) => 1 - value)
    expect(mcNemarTest(a, b).p).toBe(1)
    expect(mcNemarTest(a, b, { method: 'mid-p' }).p).toBeCloseTo(1, 9)
    expect(mcNemarTest(new Uint8Array(n).fill(1), new Uint8Array(n)).p).toBe(0)
  })

  it('refuses what cannot be compared', () => {
    expect(() => mcNemarTest([1, 0], [1])).toThrow('correctB must have as many values as correctA (2); received 1')
    expect(() => mcNemarTest([], [])).toThrow('correctA must hold at least one value')
    expect(() => mcNemarTest([1], [0.5])).toThrow('correctB[0] must be 0, 1, false or true; received 0.5')
    expect(() => mcNemarTest([1], [1], { method: 'yates' as 'chi2' })).toThrow(
      'options.method must be "exact", "chi2" or "mid-p"; received "yates"',
    )
  })
})
