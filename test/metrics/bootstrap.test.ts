import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aucOfRows, bootstrapByGroup, delongInterval, rocAuc } from '../../src/metrics/index.js'
import { bootstrapEnds } from '../../src/metrics/bootstrapEnds.js'
import { normalTail } from '../../src/metrics/normal.js'
import { createRandom } from '../../src/random.js'
import { expectClose } from '../helpers/tensors.js'
import reference from '../reference/metrics_statistics.json'

const aucOf =
  (labels: ArrayLike<number>, scores: ArrayLike<number>) =>
  (rows: Int32Array): number =>
    rocAuc(
      Array.from(rows, (i) => labels[i]!),
      Array.from(rows, (i) => scores[i]!),
      { onOneClass: 'nan' },
    )
const meanOf =
  (values: ArrayLike<number>) =>
  (rows: Int32Array): number =>
    rows.reduce((sum, i) => sum + values[i]!, 0) / rows.length

describe('bootstrapEnds', () => {
  it.each(reference.bootstrap)('equals scipy on $groups.length images at level $level, by every method', (set) => {
    const statistic = aucOf(set.labels, set.scores)
    const rows = set.groups.map((_, i) => i)
    const jackknife = (): Float64Array =>
      Float64Array.from(new Set(set.groups), (left) =>
        statistic(Int32Array.from(rows.filter((i) => set.groups[i] !== left))),
      )
    expectClose([statistic(Int32Array.from(rows))], [set.estimate], 1e-14)
    const values = { estimate: set.estimate, resampled: Float64Array.from(set.resampled), jackknife }
    for (const method of ['percentile', 'basic', 'bca'] as const) {
      const { low, high } = bootstrapEnds(values, set.level, method)
      expectClose([low, high], set.intervals[method], 1e-12)
    }
  })
})

describe('bootstrapByGroup', () => {
  it('comes near scipy on resamples of its own', () => {
    for (const set of reference.bootstrap) {
      const statistic = aucOf(set.labels, set.scores)
      const own = bootstrapByGroup(set.groups, statistic, { level: set.level, resamples: 1000 })
      expect(own).toMatchObject({ level: set.level, resamples: 1000, undefinedResamples: 0, method: 'percentile' })
      expectClose([own.estimate], [set.estimate], 1e-14)
      // scipy's 199 resamples leave the ends this uncertain.
      expectClose([own.low, own.high], set.intervals.percentile, 0.05)
    }
  })

  it('draws groups as often as they should be: the spread of a mean', () => {
    const values = Array.from({ length: 50 }, (_, i) => (i * 17) % 50)
    const means: number[] = []
    bootstrapByGroup(
      values.map((_, i) => i),
      (rows) => {
        means.push(meanOf(values)(rows))
        return means.at(-1)!
      },
      { resamples: 4000 },
    )
    means.shift()
    const mean = means.reduce((sum, value) => sum + value, 0) / means.length
    const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / means.length
    // The values 0 .. 49 have mean 24.5 and variance (50^2 - 1) / 12; a mean of 50 draws has a fiftieth of that.
    const expected = (50 ** 2 - 1) / 12 / 50
    expect(Math.abs(mean - 24.5)).toBeLessThan(4 * Math.sqrt(expected / 4000))
    expect(Math.abs(variance / expected - 1)).toBeLessThan(4 * Math.sqrt(2 / 4000))
  })

  it('does not take copies of a row for more evidence, where they are of its group', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6]
    const fivefold = values.flatMap((value) => Array<number>(5).fill(value))
    const patients = fivefold.map((_, i) => `p${Math.floor(i / 5)}`)
    for (const method of ['percentile', 'basic', 'bca'] as const) {
      const single = bootstrapByGroup(
        values.map((_, i) => i),
        meanOf(values),
        { method, seed: 3 },
      )
      const clustered = bootstrapByGroup(patients, meanOf(fivefold), { method, seed: 3 })
      expectClose([clustered.low, clustered.high], [single.low, single.high], 1e-12)
      const naive = bootstrapByGroup(
        fivefold.map((_, i) => i),
        meanOf(fivefold),
        { method, seed: 3 },
      )
      expect(naive.high - naive.low).toBeLessThan(0.6 * (clustered.high - clustered.low))
    }
  })

  it('holds the true area about as often as it says where images come by patient, and DeLong far less often', () => {
    // Ten images of each of forty patients: the class, the patient and the image add to the score, the latter two N(0, 1).
    const shift = 1.5
    const truth = normalTail(-shift / 2)
    const studies = 150
    let clustered = 0
    let independent = 0
    for (let study = 0; study < studies; study++) {
      const random = createRandom(study, 'test', 'coverage')
      const rows = Array.from({ length: 40 }, (_, patient) => {
        const own = (patient % 2) * shift + random.normal()
        return Array.from({ length: 10 }, () => ({ patient, label: patient % 2, score: own + random.normal() }))
      }).flat()
      const labels = rows.map(({ label }) => label)
      const scores = rows.map(({ score }) => score)
      const statistic = aucOfRows(labels, scores)
      const groups = rows.map(({ patient }) => patient)
      const interval = bootstrapByGroup(groups, statistic, { resamples: 400, seed: study })
      const delong = delongInterval(labels, scores)
      clustered += Number(interval.low <= truth && truth <= interval.high)
      independent += Number(delong.low <= truth && truth <= delong.high)
    }
    // 95 % is asked for; 150 studies know a share to 2 %, and the percentile interval of forty patients is a little short.
    expect(clustered / studies).toBeGreaterThan(0.88)
    expect(independent / studies).toBeLessThan(0.75)
  })

  it('is a function of its seed, and widens with the level', () => {
    const groups = ['a', 'b', 'c', 'd', 'e']
    const statistic = meanOf([1, 2, 3, 4, 10])
    expect(bootstrapByGroup(groups, statistic)).toEqual(bootstrapByGroup(groups, statistic, { seed: 0 }))
    const [first, second] = [1, 2].map((seed) =>
      bootstrapByGroup(groups, statistic, { seed, resamples: 20, level: 0.5 }),
    )
    expect(first).not.toEqual(second)
    const narrow = bootstrapByGroup(groups, statistic, { level: 0.5 })
    const wide = bootstrapByGroup(groups, statistic, { level: 0.99 })
    expect(wide.low).toBeLessThan(narrow.low)
    expect(wide.high).toBeGreaterThan(narrow.high)
  })

  it('moves and stretches with the statistic', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        (values, factor) => {
          const groups = values.map((_, i) => i % Math.max(2, values.length >> 1))
          const plain = bootstrapByGroup(groups, meanOf(values), { resamples: 50 })
          const moved = bootstrapByGroup(groups, (rows) => 7 + factor * meanOf(values)(rows), { resamples: 50 })
          expectClose(
            [moved.estimate, moved.low, moved.high],
            [plain.estimate, plain.low, plain.high].map((x) => 7 + factor * x),
            1e-12,
          )
        },
      ),
    )
  })

  it('is a point for a statistic that never changes', () => {
    for (const method of ['percentile', 'basic', 'bca'] as const)
      expect(bootstrapByGroup([1, 2, 3], () => 5, { method })).toMatchObject({ estimate: 5, low: 5, high: 5 })
  })

  it('leaves resamples out on which the statistic is undefined, and counts them', () => {
    // Three patients, one of them negative: no resample of 27 with both classes lacks it, 1 of it alone and 8 without it do.
    const { undefinedResamples, low, high } = bootstrapByGroup(['a', 'b', 'c'], aucOf([0, 1, 1], [1, 2, 0]))
    expect(Math.abs(undefinedResamples / 2000 - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / 2000))
    expect([low, high]).toEqual([0, 1])
  })

  it('corrects for skewness whatever the unit', () => {
    const values = [1, 2, 3, 4, 5, 7, 9, 11]
    const interval = (unit: number): number[] => {
      const mean = (rows: Int32Array): number => rows.reduce((sum, i) => sum + values[i]!, 0) / rows.length
      const found = bootstrapByGroup(values, (rows) => unit * mean(rows), { method: 'bca', resamples: 200 })
      return [found.low / unit, found.high / unit]
    }
    for (const unit of [1e-200, 1e-110, 1e110, 1e200]) expectClose(interval(unit), interval(1), 1e-12)
  })

  it('refuses what says nothing', () => {
    expect(() => bootstrapByGroup(['a', 'a'], () => 1)).toThrow('groups must hold at least two groups; received 1')
    expect(() => bootstrapByGroup([], () => 1)).toThrow('groups must hold at least two groups; received 0')
    expect(() => bootstrapByGroup([1, NaN], () => 1)).toThrow('groups[1] must be a string or a finite number')
    expect(() => bootstrapByGroup([1, null as unknown as string], () => 1)).toThrow('groups[1] must be a string')
    expect(() => bootstrapByGroup([1, 2], () => NaN)).toThrow('statistic must be finite on the data as they are')
    expect(() =>
      bootstrapByGroup([1, 2, 3], (rows) => (new Set(rows).size === 3 ? 1 : NaN), { resamples: 100 }),
    ).toThrow(/statistic must be finite on at least half of the resamples; received "\d+ of 100 undefined"/)
    expect(() =>
      bootstrapByGroup([1, 2], () => {
        throw new RangeError('of its own')
      }),
    ).toThrow('of its own')
    for (const level of [0, 1, 95, NaN])
      expect(() => bootstrapByGroup([1, 2], () => 1, { level })).toThrow('options.level must be a number in (0, 1)')
    for (const resamples of [0, 1.5, NaN])
      expect(() => bootstrapByGroup([1, 2], () => 1, { resamples })).toThrow(
        'options.resamples must be an integer >= 1',
      )
    expect(() => bootstrapByGroup([1, 2], () => 1, { seed: 0.5 })).toThrow('options.seed must be an integer')
    expect(() => bootstrapByGroup([1, 2], () => 1, { method: 'BCa' as 'bca' })).toThrow(
      'options.method must be "percentile", "basic" or "bca"; received "BCa"',
    )
    // The jackknife without the only negative patient has one class.
    expect(() => bootstrapByGroup(['a', 'b', 'c'], aucOf([0, 1, 1], [1, 2, 0]), { method: 'bca' })).toThrow(
      'options.method must be "percentile" or "basic" where a group is indispensable',
    )
    // A statistic that is larger on the data as they are than on any resample.
    let calls = 0
    expect(() => bootstrapByGroup([1, 2], () => (calls++ === 0 ? 2 : 1), { method: 'bca' })).toThrow(
      'where all resamples lie on one side',
    )
  })
})
