import { describe, expect, it } from 'vitest'
import { ArgumentError, OneClassError } from '../../src/errors.js'
import { delongInterval, delongVariance } from '../../src/metrics/index.js'
import { expectClose } from '../helpers/tensors.js'
import reference from '../reference/metrics_reference.json'

const labels = [0, 0, 0, 1, 0, 1, 1, 0, 1, 1]
const scores = [0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.5, 0.5, 0.9, 0.9]

describe('delongVariance', () => {
  it('gives the golden variances', () => {
    expectClose([delongVariance([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])], [0.125], 1e-15)
    expectClose([delongVariance(labels, scores)], [0.0142], 1e-15)
  })

  it.each(reference.scoreSets)('equals the plain definition on $labels.length tied scores', (set) => {
    expectClose([delongVariance(set.labels, set.scores)], [set.delongVariance], 1e-14)
  })

  it('equals the sums over distinct scores on a million tied ones', () => {
    const n = 1_000_000
    const many = Float64Array.from({ length: n }, (_, i) => ((i * 7919) % 100) + (i % 3))
    const each = Uint8Array.from({ length: n }, (_, i) => Number(i % 7 < 2))
    const counts = [0, 1].map((label) => {
      const of = new Float64Array(102)
      many.forEach((score, i) => (of[score]! += Number(each[i] === label)))
      return of
    })
    const [zeros, ones] = counts as [Float64Array, Float64Array]
    const total = (of: Float64Array): number => of.reduce((sum, count) => sum + count, 0)
    const spread = (own: Float64Array, other: Float64Array): number => {
      const placement = own.map(
        (_, score) =>
          other.reduce((sum, count, s) => sum + count * (s < score ? 1 : s === score ? 0.5 : 0), 0) / total(other),
      )
      const mean = own.reduce((sum, count, s) => sum + count * placement[s]!, 0) / total(own)
      const squares = own.reduce((sum, count, s) => sum + count * (placement[s]! - mean) ** 2, 0)
      return squares / (total(own) - 1) / total(own)
    }
    const expected = spread(ones, zeros) + spread(zeros, ones)
    expect(Math.abs(delongVariance(each, many) / expected - 1)).toBeLessThan(1e-12)
  })

  it('needs two of each class', () => {
    expect(() => delongVariance([1, 1], [1, 2])).toThrow(OneClassError)
    expect(() => delongVariance([0, 0, 1], [1, 2, 3])).toThrow(ArgumentError)
    expect(() => delongVariance([0, 0, 1], [1, 2, 3])).toThrow(
      'labels must hold at least two of each class for DeLong\'s variance; received "1 positive and 2 negative"',
    )
    expect(delongVariance([0, 0, 1], [1, 2, 3], { onOneClass: 'nan' })).toBeNaN()
    expect(delongVariance([0, 0], [1, 2], { onOneClass: 'nan' })).toBeNaN()
  })
})

describe('delongInterval', () => {
  it('gives the golden intervals on both scales', () => {
    const logit = delongInterval(labels, scores)
    expect(logit).toMatchObject({ level: 0.95, method: 'logit', auc: 0.86 })
    expectClose([logit.low, logit.high], [0.469, 0.977], 5e-4)
    const wald = delongInterval(labels, scores, { method: 'wald' })
    expectClose([wald.low, wald.high], [0.626, 1.094], 5e-4)
    expectClose(
      [wald.low, wald.high],
      [0.86 - 1.959963984540054 * Math.sqrt(0.0142), 0.86 + 1.959963984540054 * Math.sqrt(0.0142)],
      1e-14,
    )
  })

  it('widens with the level', () => {
    const narrow = delongInterval(labels, scores, { level: 0.5 })
    const wide = delongInterval(labels, scores, { level: 0.99 })
    expect(wide.low).toBeLessThan(narrow.low)
    expect(wide.high).toBeGreaterThan(narrow.high)
    expect(wide.high).toBeLessThan(1)
  })

  it('has ends at every level below 1', () => {
    const { low, high } = delongInterval(labels, scores, { level: 1 - 2 ** -53 })
    expect(low).toBeGreaterThan(0)
    expect(low).toBeLessThan(0.05)
    expect(high).toBeLessThanOrEqual(1)
  })

  it('is a point where the classes are perfectly separated', () => {
    expect(delongInterval([0, 0, 1, 1], [1, 2, 3, 4])).toMatchObject({ auc: 1, variance: 0, low: 1, high: 1 })
    expect(delongInterval([1, 1, 0, 0], [1, 2, 3, 4])).toMatchObject({ auc: 0, variance: 0, low: 0, high: 0 })
  })

  it('is NaN for one class where asked to', () => {
    const { auc, low, high } = delongInterval([1, 1], [1, 2], { onOneClass: 'nan' })
    expect([auc, low, high].every(Number.isNaN)).toBe(true)
    // One image of each class has an area, but no variance and so no interval: least of all the point [1, 1].
    expect(delongInterval([0, 1], [0, 1], { onOneClass: 'nan' })).toMatchObject({
      auc: 1,
      variance: NaN,
      low: NaN,
      high: NaN,
    })
    expect(() => delongInterval([1, 1], [1, 2])).toThrow(OneClassError)
  })

  it('refuses impossible options', () => {
    for (const level of [0, 1, 95, NaN]) {
      expect(() => delongInterval(labels, scores, { level })).toThrow(
        `options.level must be a number in (0, 1); received ${level}`,
      )
    }
    expect(() => delongInterval(labels, scores, { method: 'probit' as 'logit' })).toThrow(
      'options.method must be "logit" or "wald"; received "probit"',
    )
  })
})
