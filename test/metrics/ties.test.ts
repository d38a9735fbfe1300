import { describe, expect, it } from 'vitest'
import { delongVariance, rocAuc, rocCurve } from '../../src/metrics/index.js'
import { expectClose } from '../helpers/tensors.js'
import { tiedSets } from './tiedSets.js'

describe('1,000 random tied score sets of scikit-learn', () => {
  it('are there', () => {
    expect(tiedSets).toHaveLength(1000)
    expect(tiedSets.filter(({ scores }) => new Set(scores).size < scores.length).length).toBeGreaterThan(900)
  })

  it('have the same ROC curves, with and without the points on straight lines', () => {
    for (const { labels, scores, tp, fp, distinct, kept, positives, negatives } of tiedSets) {
      const full = rocCurve(labels, scores, { dropIntermediate: false })
      expect(full).toEqual({
        tpr: [0, ...tp.map((count) => count / positives)],
        fpr: [0, ...fp.map((count) => count / negatives)],
        thresholds: [Infinity, ...distinct],
      })
      expect(rocCurve(labels, scores).thresholds).toEqual([Infinity, ...kept])
    }
  })

  it('have the same areas', () => {
    expectClose(
      tiedSets.map(({ labels, scores }) => rocAuc(labels, scores)),
      tiedSets.map(({ auc }) => auc),
      1e-14,
    )
  })

  it("have the variances of DeLong's plain definition", () => {
    const sets = tiedSets.filter(({ delongVariance: variance }) => variance !== undefined)
    expect(sets.length).toBeGreaterThan(800)
    expectClose(
      sets.map(({ labels, scores }) => delongVariance(labels, scores)),
      sets.map(({ delongVariance: variance }) => variance!),
      1e-14,
    )
  })
})
