import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { confusionMatrix, rates } from '../../src/metrics/index.js'
import { expectClose } from '../helpers/tensors.js'
import reference from '../reference/metrics_reference.json'

describe('confusionMatrix and rates', () => {
  it.each(reference.scoreSets)('equal scikit-learn on $labels.length decisions', (set) => {
    const confusion = confusionMatrix(
      set.labels,
      set.scores.map((score) => score >= 0.5),
    )
    expect(confusion).toEqual(set.confusion)
    const actual = rates(confusion)
    for (const [name, expected] of Object.entries(set.rates))
      expectClose([actual[name as keyof typeof actual]], [expected], 1e-14)
    expectClose([actual.fpr + actual.tnr, actual.tpr + actual.fnr], [1, 1], 1e-15)
  })

  it('counts malignant called malignant as a true positive', () => {
    expect(confusionMatrix([1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 0, 0])).toEqual({ tp: 2, fn: 1, fp: 1, tn: 2 })
  })

  it('gives NaN for rates without a case, not a flattering or damning number', () => {
    const never = rates(confusionMatrix([0, 0], [0, 0]))
    expect(never).toMatchObject({ accuracy: 1, fpr: 0, tnr: 1 })
    for (const name of ['tpr', 'fnr', 'precision', 'f1', 'balancedAccuracy', 'mcc'] as const)
      expect(never[name]).toBeNaN()
  })

  it('keeps Matthews correlation exact for large counts', () => {
    expectClose([rates({ tp: 1e9, fp: 0, tn: 1e9, fn: 0 }).mcc], [1], 1e-15)
  })

  it('refuses scores where decisions are due, and bad counts', () => {
    expect(() => confusionMatrix([0, 1], [0.2, 0.9])).toThrow(ArgumentError)
    expect(() => confusionMatrix([0, 1], [0.2, 0.9])).toThrow(
      'predictions[0] must be 0, 1, false or true; received 0.2',
    )
    expect(() => confusionMatrix([0, 1], [1])).toThrow('predictions must have as many values as labels (2); received 1')
    expect(() => confusionMatrix([], [])).toThrow('labels must hold at least one value; received []')
    expect(() => rates({ tp: 1, fp: -1, tn: 0, fn: 0 })).toThrow('confusion.fp must be an integer >= 0; received -1')
  })
})
