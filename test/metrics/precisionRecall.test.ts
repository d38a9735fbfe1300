import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OneClassError } from '../../src/errors.js'
import { averagePrecision, precisionRecallCurve } from '../../src/metrics/index.js'
import { expectClose } from '../helpers/tensors.js'
import { bothClasses } from './arbitraries.js'
import { tiedSets } from './tiedSets.js'

describe('precisionRecallCurve', () => {
  it("gives the curve of scikit-learn's manual", () => {
    expect(precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])).toEqual({
      precision: [0.5, 2 / 3, 0.5, 1, 1],
      recall: [1, 1, 0.5, 0.5, 0],
      thresholds: [0.1, 0.35, 0.4, 0.8],
    })
  })

  it('equals scikit-learn on 1,000 tied score sets', () => {
    for (const { labels, scores, tp, fp, distinct, positives } of tiedSets)
      expect(precisionRecallCurve(labels, scores)).toEqual({
        precision: [...tp.map((count, i) => count / (count + fp[i]!)).toReversed(), 1],
        recall: [...tp.map((count) => count / positives).toReversed(), 0],
        thresholds: distinct.toReversed(),
      })
  })

  it('needs both classes', () => {
    for (const metric of [precisionRecallCurve, averagePrecision]) {
      expect(() => metric([1, 1], [1, 2])).toThrow(OneClassError)
      expect(() => metric([0, 0], [1, 2])).toThrow('undefined for 0 positive and 2 negative labels')
      expect(() => metric([], [])).toThrow('labels must hold at least one value')
      expect(() => metric([0, 1], [1])).toThrow('scores must have as many values as labels (2)')
      expect(() => metric([0, 1], [NaN, 1])).toThrow('scores[0] must be a finite number; received NaN')
    }
  })
})

describe('averagePrecision', () => {
  it('equals scikit-learn on 1,000 tied score sets', () => {
    expectClose(
      tiedSets.map(({ labels, scores }) => averagePrecision(labels, scores)),
      tiedSets.map(({ averagePrecision: expected }) => expected),
      1e-14,
    )
  })

  it('is the share of positives for equal scores, 1 for separated ones', () => {
    expect(averagePrecision([1, 0, 0, 0], [2, 2, 2, 2])).toBe(0.25)
    expect(averagePrecision([1, 0, 1, 0], [3, 1, 2, 0])).toBe(1)
  })

  it('does not change under monotone maps of the scores', () => {
    fc.assert(
      fc.property(bothClasses, ({ labels, scores }) => {
        expect(averagePrecision(labels, scores.map(Math.exp))).toBe(averagePrecision(labels, scores))
      }),
    )
  })
})
