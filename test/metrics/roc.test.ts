import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError, OneClassError } from '../../src/errors.js'
import { rocAuc, rocCurve } from '../../src/metrics/index.js'
import { expectClose } from '../helpers/tensors.js'
import reference from '../reference/metrics_reference.json'
import { bothClasses } from './arbitraries.js'

describe('rocCurve', () => {
  it('gives the textbook curve', () => {
    const { fpr, tpr, thresholds } = rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    expect(fpr).toEqual([0, 0, 0.5, 0.5, 1])
    expect(tpr).toEqual([0, 0.5, 0.5, 1, 1])
    expect(thresholds).toEqual([Infinity, 0.8, 0.4, 0.35, 0.1])
  })

  it('groups ties and drops the points on straight lines', () => {
    const labels = [0, 0, 0, 1, 0, 1, 1, 0, 1, 1]
    const scores = [0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.5, 0.5, 0.9, 0.9]
    const { fpr, tpr } = rocCurve(labels, scores)
    expect(fpr).toEqual([0, 0, 0.2, 0.4, 0.6, 1])
    expect(tpr).toEqual([0, 0.4, 0.8, 0.8, 1, 1])
    expect(rocCurve(labels, scores, { dropIntermediate: false }).fpr).toEqual([0, 0, 0.2, 0.4, 0.6, 0.8, 1])
  })

  it.each(reference.scoreSets)('equals scikit-learn on $labels.length tied scores', (set) => {
    for (const [expected, dropIntermediate] of [
      [set.roc, true],
      [set.fullRoc, false],
    ] as const) {
      const actual = rocCurve(set.labels, set.scores, { dropIntermediate })
      expectClose(actual.fpr, expected.fpr, 1e-15)
      expectClose(actual.tpr, expected.tpr, 1e-15)
      // -0 and 0 are one threshold.
      expect(actual.thresholds).toEqual([Infinity, ...expected.thresholds.map((threshold) => threshold + 0)])
    }
  })

  it('takes booleans and typed arrays', () => {
    const expected = rocCurve([0, 1, 1], [0.25, 0.5, 0.75])
    expect(rocCurve([false, true, true], Float32Array.of(0.25, 0.5, 0.75))).toEqual(expected)
    expect(rocCurve(Uint8Array.of(0, 1, 1), [0.25, 0.5, 0.75])).toEqual(expected)
  })

  it('makes one diagonal of scores that are all equal', () => {
    expect(rocCurve([0, 1, 0], [2, 2, 2])).toEqual({ fpr: [0, 1], tpr: [0, 1], thresholds: [Infinity, 2] })
  })

  it('takes 0 and -0 for one score, in either order', () => {
    for (const scores of [
      [0, -0, -0, 0, 1],
      [-0, 0, 0, -0, 1],
    ]) {
      expect(rocCurve([0, 0, 1, 1, 1], scores)).toEqual({
        fpr: [0, 0, 1],
        tpr: [0, 1 / 3, 1],
        thresholds: [Infinity, 1, 0],
      })
      expect(rocAuc([0, 0, 1, 1, 1], scores)).toBe(2 / 3)
    }
  })

  it('gives NaN for the undefined rates only where asked to', () => {
    expect(() => rocCurve([1, 1], [1, 2])).toThrow(OneClassError)
    const { fpr, tpr } = rocCurve([1, 1], [1, 2], { onOneClass: 'nan' })
    expect(fpr.every(Number.isNaN)).toBe(true)
    expect(tpr).toEqual([0, 0.5, 1])
  })
})

describe('rocAuc', () => {
  it('gives the golden areas', () => {
    expect(rocAuc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])).toBe(0.75)
    expect(rocAuc([0, 0, 0, 1, 0, 1, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.5, 0.5, 0.9, 0.9])).toBe(0.86)
  })

  it.each(reference.scoreSets)('equals scikit-learn on $labels.length tied scores', ({ labels, scores, auc }) => {
    expectClose([rocAuc(labels, scores)], [auc], 1e-14)
  })

  it('is 1 on saturated but separated scores, where binned areas say 0.5', () => {
    expect(rocAuc([0, 0, 1, 1], [1 - 3e-16, 1 - 3e-16, 1, 1])).toBe(1)
  })

  it('is the trapezoid area under the curve', () => {
    fc.assert(
      fc.property(bothClasses, ({ labels, scores }) => {
        const { fpr, tpr } = rocCurve(labels, scores)
        let area = 0
        for (let i = 1; i < fpr.length; i++) area += ((fpr[i]! - fpr[i - 1]!) * (tpr[i]! + tpr[i - 1]!)) / 2
        expectClose([rocAuc(labels, scores)], [area], 1e-12)
      }),
    )
  })

  it('does not change under monotone maps of the scores', () => {
    fc.assert(
      fc.property(bothClasses, ({ labels, scores }) => {
        const auc = rocAuc(labels, scores)
        for (const map of [(s: number) => 3 * s - 7, Math.atan, Math.exp, (s: number) => s ** 3])
          expect(rocAuc(labels, scores.map(map))).toBe(auc)
      }),
    )
  })

  it('adds up to 1 with the area of the negated scores, and of the swapped labels', () => {
    fc.assert(
      fc.property(bothClasses, ({ labels, scores }) => {
        const auc = rocAuc(labels, scores)
        const negated = scores.map((s) => -s)
        expectClose([auc + rocAuc(labels, negated)], [1], 1e-15)
        expect(
          rocAuc(
            labels.map((label) => 1 - label),
            negated,
          ),
        ).toBe(auc)
      }),
    )
  })

  it('does not depend on the order of the images', () => {
    fc.assert(
      fc.property(bothClasses, fc.nat(), ({ labels, scores }, by) => {
        const turn = <T>(items: T[]): T[] => items.map((_, i) => items[(i + by) % items.length]!)
        expect(rocAuc(turn(labels), turn(scores))).toBe(rocAuc(labels, scores))
      }),
    )
  })

  it('needs both classes', () => {
    expect(() => rocAuc([0, 0], [1, 2])).toThrow(OneClassError)
    expect(() => rocAuc([0, 0], [1, 2])).toThrow(
      'labels must hold both classes: ROC-AUC is undefined for 0 positive and 2 negative labels',
    )
    expect(rocAuc([0, 0], [1, 2], { onOneClass: 'nan' })).toBeNaN()
  })

  it.each([
    [[], [], 'labels must hold at least one value; received []'],
    [[0, 1], [1], 'scores must have as many values as labels (2); received 1'],
    [[0, 1, 1], [1, NaN, 2], 'scores[1] must be a finite number; received NaN'],
    [[0, 1], [Infinity, 0], 'scores[0] must be a finite number; received Infinity'],
    [[0, 2], [1, 2], 'labels[1] must be 0, 1, false or true; received 2'],
    [[0, NaN], [1, 2], 'labels[1] must be 0, 1, false or true; received NaN'],
  ])('refuses labels %j with scores %j', (labels, scores, message) => {
    for (const metric of [rocAuc, rocCurve]) {
      expect(() => metric(labels, scores)).toThrow(ArgumentError)
      expect(() => metric(labels, scores)).toThrow(message)
    }
  })

  it('refuses an unknown answer to one class', () => {
    expect(() => rocAuc([0, 1], [1, 2], { onOneClass: 'zero' as 'nan' })).toThrow(
      'options.onOneClass must be "throw" or "nan"; received "zero"',
    )
  })
})
