import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OneClassError } from '../../src/errors.js'
import {
  confusionMatrix,
  rates,
  rocCurve,
  thresholdAtSensitivity,
  thresholdAtSpecificity,
  youdenThreshold,
  type ChosenThreshold,
} from '../../src/metrics/index.js'
import { bothClasses } from './arbitraries.js'
import { tiedSets } from './tiedSets.js'

const golden = { labels: [0, 0, 0, 1, 0, 1, 1, 0, 1, 1], scores: [0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.5, 0.5, 0.9, 0.9] }

const ratesAt = (labels: number[], scores: number[], threshold: number): { tpr: number; fpr: number } => {
  const { tpr, fpr } = rates(
    confusionMatrix(
      labels,
      scores.map((score) => score >= threshold),
    ),
  )
  return { tpr, fpr }
}

describe('thresholds', () => {
  it('are those of the golden curve', () => {
    const { labels, scores } = golden
    expect(youdenThreshold(labels, scores)).toEqual({ threshold: 0.5, tpr: 0.8, fpr: 0.2 })
    expect(thresholdAtSensitivity(labels, scores, 0.9)).toEqual({ threshold: 0.3, tpr: 1, fpr: 0.6 })
    expect(thresholdAtSensitivity(labels, scores, 0.8)).toEqual({ threshold: 0.5, tpr: 0.8, fpr: 0.2 })
    expect(thresholdAtSpecificity(labels, scores, 0.8)).toEqual({ threshold: 0.5, tpr: 0.8, fpr: 0.2 })
    expect(thresholdAtSpecificity(labels, scores, 1)).toEqual({ threshold: 0.9, tpr: 0.4, fpr: 0 })
    expect(thresholdAtSpecificity(labels, scores, 0)).toEqual({ threshold: 0.3, tpr: 1, fpr: 0.6 })
  })

  it('have the largest index of all that scikit-learn has, and are the highest of these', () => {
    for (const { labels, scores, tp, fp, distinct, positives, negatives } of tiedSets) {
      const index = tp.map((count, i) => count * negatives - fp[i]! * positives)
      const best = index.indexOf(Math.max(...index))
      expect(youdenThreshold(labels, scores).threshold).toBe(distinct[best])
    }
  })

  it('give the rates that they say, and no score gives better ones', () => {
    fc.assert(
      fc.property(bothClasses, fc.double({ min: 0.001, max: 1, noNaN: true }), ({ labels, scores }, wanted) => {
        const chosen: ChosenThreshold[] = [
          youdenThreshold(labels, scores),
          thresholdAtSensitivity(labels, scores, wanted),
          thresholdAtSpecificity(labels, scores, wanted),
        ]
        for (const { threshold, tpr, fpr } of chosen) {
          expect(Number.isFinite(threshold)).toBe(true)
          expect(ratesAt(labels, scores, threshold)).toEqual({ tpr, fpr })
        }
        const [, sensitive, specific] = chosen as [ChosenThreshold, ChosenThreshold, ChosenThreshold]
        expect(sensitive.tpr).toBeGreaterThanOrEqual(wanted)
        expect(1 - specific.fpr).toBeGreaterThanOrEqual(wanted - 1e-12)
        const curve = rocCurve(labels, scores, { dropIntermediate: false })
        curve.fpr.forEach((fpr, i) => {
          const tpr = curve.tpr[i]!
          if (tpr >= wanted) expect(sensitive.fpr).toBeLessThanOrEqual(fpr)
          if (1 - fpr >= wanted + 1e-12) expect(specific.tpr).toBeGreaterThanOrEqual(tpr)
        })
      }),
    )
  })

  it.each([1, -1, 0, -0, 5e-324, -1e300, 0.1])('are the next number above %d where nothing may be called', (score) => {
    const { threshold, tpr, fpr } = thresholdAtSpecificity([0, 1], [score, score], 1)
    expect({ tpr, fpr }).toEqual({ tpr: 0, fpr: 0 })
    expect(threshold).toBeGreaterThan(score)
    const between = score + (threshold - score) / 2
    expect([score + 0, threshold]).toContain(between + 0)
  })

  it('call everything positive where no score tells the classes apart', () => {
    expect(youdenThreshold([1, 1, 0, 0], [1, 2, 3, 4])).toEqual({ threshold: 1, tpr: 1, fpr: 1 })
    expect(youdenThreshold([1, 0], [7, 7])).toEqual({ threshold: 7, tpr: 1, fpr: 1 })
  })

  it('refuse what cannot be', () => {
    for (const choose of [
      youdenThreshold,
      (labels: number[], scores: number[]) => thresholdAtSensitivity(labels, scores, 0.9),
      (labels: number[], scores: number[]) => thresholdAtSpecificity(labels, scores, 0.9),
    ]) {
      expect(() => choose([1, 1], [1, 2])).toThrow(OneClassError)
      expect(() => choose([1, 1], [1, 2])).toThrow('a threshold is undefined for 2 positive and 0 negative labels')
      expect(() => choose([], [])).toThrow('labels must hold at least one value')
      expect(() => choose([1, 0], [1])).toThrow('scores must have as many values as labels (2); received 1')
      expect(() => choose([1, 0], [1, NaN])).toThrow('scores[1] must be a finite number; received NaN')
    }
    for (const value of [0, -0.1, 1.01, NaN])
      expect(() => thresholdAtSensitivity([0, 1], [1, 2], value)).toThrow(
        `sensitivity must be a number in (0, 1]; received ${value}`,
      )
    for (const value of [-0.1, 1.01, NaN])
      expect(() => thresholdAtSpecificity([0, 1], [1, 2], value)).toThrow(
        `specificity must be a number in [0, 1]; received ${value}`,
      )
    expect(() => thresholdAtSpecificity([0, 1], [Number.MAX_VALUE, 1], 1)).toThrow('less than the largest number')
  })
})
