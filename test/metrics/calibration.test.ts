import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brierScore, expectedCalibrationError, logLoss, reliabilityCurve } from '../../src/metrics/index.js'
import { expectClose } from '../helpers/tensors.js'
import reference from '../reference/metrics_statistics.json'

describe('calibration', () => {
  it.each(reference.calibration)('equals scikit-learn on $labels.length probabilities in $bins bins', (set) => {
    const { labels, probabilities, bins } = set
    expectClose([brierScore(labels, probabilities), logLoss(labels, probabilities)], [set.brier, set.logLoss], 1e-13)
    for (const strategy of ['uniform', 'quantile'] as const) {
      const curve = reliabilityCurve(labels, probabilities, { bins, strategy })
      const expected = set.curves[strategy]
      expect(curve.map(({ n }) => n)).toEqual(expected.n)
      expectClose(
        curve.map(({ meanProbability }) => meanProbability),
        expected.mean,
        1e-13,
      )
      expectClose(
        curve.map(({ positiveShare }) => positiveShare),
        expected.share,
        1e-13,
      )
      expectClose([expectedCalibrationError(labels, probabilities, { bins, strategy })], [expected.error], 1e-13)
    }
  })

  it('has ten bins of equal width by default, closed above, and leaves empty ones out', () => {
    expect(reliabilityCurve([0, 1, 1, 0, 1], [0, 0.1, 0.11, 0.7, 1])).toEqual([
      { low: 0, high: 0.1, n: 2, meanProbability: 0.05, positiveShare: 0.5 },
      { low: 0.1, high: 0.2, n: 1, meanProbability: 0.11, positiveShare: 1 },
      { low: 0.6, high: 0.7, n: 1, meanProbability: 0.7, positiveShare: 0 },
      { low: 0.9, high: 1, n: 1, meanProbability: 1, positiveShare: 1 },
    ])
  })

  it('keeps every image in one bin, whatever the bins', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 20 })), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom('uniform' as const, 'quantile' as const),
        (items, bins, strategy) => {
          const labels = items.map(([label]) => label)
          const probabilities = items.map(([, p]) => p / 20)
          const curve = reliabilityCurve(labels, probabilities, { bins, strategy })
          expect(curve.reduce((sum, { n }) => sum + n, 0)).toBe(items.length)
          for (const { low, high, meanProbability } of curve) {
            expect(meanProbability).toBeGreaterThanOrEqual(low - 1e-12)
            expect(meanProbability).toBeLessThanOrEqual(high + 1e-12)
          }
          const error = expectedCalibrationError(labels, probabilities, { bins, strategy })
          expect(error).toBeGreaterThanOrEqual(0)
          // A bin's squared gap is no more than the mean squared one.
          expect(error).toBeLessThanOrEqual(Math.sqrt(brierScore(labels, probabilities)) + 1e-12)
        },
      ),
    )
  })

  it('is perfect for the labels themselves, and 1 for their opposites', () => {
    const labels = [0, 1, 1, 0, 1]
    const opposite = labels.map((label) => 1 - label)
    expect([brierScore(labels, labels), expectedCalibrationError(labels, labels)]).toEqual([0, 0])
    expect([brierScore(labels, opposite), expectedCalibrationError(labels, opposite)]).toEqual([1, 1])
    expectClose([logLoss(labels, labels), logLoss(labels, opposite)], [Number.EPSILON, 52 * Math.LN2], 1e-12)
  })

  it('is defined for one class', () => {
    expect(brierScore([1, 1], [0.5, 1])).toBe(0.125)
    expect(expectedCalibrationError([1, 1], [0.5, 1])).toBe(0.25)
  })

  it('refuses what is no probability, and bins that cannot be', () => {
    for (const metric of [brierScore, logLoss, reliabilityCurve, expectedCalibrationError]) {
      for (const p of [-0.1, 1.5, NaN, Infinity])
        expect(() => metric([0, 1], [0.5, p])).toThrow(`probabilities[1] must be a number in [0, 1]; received ${p}`)
      expect(() => metric([], [])).toThrow('labels must hold at least one value')
      expect(() => metric([0, 1], [0.5])).toThrow('probabilities must have as many values as labels (2)')
      expect(() => metric([0, 3], [0.5, 0.5])).toThrow('labels[1] must be 0, 1, false or true')
    }
    for (const bins of [0, 2.5, NaN])
      expect(() => reliabilityCurve([0], [0], { bins })).toThrow('options.bins must be an integer >= 1')
    expect(() => reliabilityCurve([0], [0], { strategy: 'equal' as 'uniform' })).toThrow(
      'options.strategy must be "uniform" or "quantile"; received "equal"',
    )
  })
})
