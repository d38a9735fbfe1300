import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { confusionMatrix, patientRecognition, patientScores, rates, rocAuc } from '../../src/metrics/index.js'
import { expectClose } from '../helpers/tensors.js'

describe('patientRecognition', () => {
  it('counts each patient once, whatever its number of images', () => {
    // a: 3 of 4 right, b: 0 of 1, c: 1 of 1.
    const result = patientRecognition([1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 1, 0], ['a', 'a', 'a', 'a', 'b', 'c'])
    expect(result).toEqual({
      rate: (0.75 + 0 + 1) / 3,
      imageRate: 4 / 6,
      patients: [
        { group: 'a', n: 4, right: 3, score: 0.75 },
        { group: 'b', n: 1, right: 0, score: 0 },
        { group: 'c', n: 1, right: 1, score: 1 },
      ],
    })
  })

  it('is the accuracy where each image is a patient, and where there is one patient', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 30 }), (pairs) => {
        const labels = pairs.map(([label]) => label)
        const calls = pairs.map(([, call]) => call)
        const { accuracy } = rates(confusionMatrix(labels, calls))
        for (const groups of [pairs.map((_, i) => i), pairs.map(() => 'one')]) {
          const { rate, imageRate } = patientRecognition(labels, calls, groups)
          expectClose([rate, imageRate], [accuracy, accuracy], 1e-14)
        }
      }),
    )
  })

  it('takes typed arrays, and tells the number 1 from the text 1', () => {
    const numbered = patientRecognition(Uint8Array.of(1, 0, 1), Uint8Array.of(1, 1, 1), Int32Array.of(7, 7, 9))
    expect(numbered.patients.map(({ group }) => group)).toEqual([7, 9])
    expect(patientRecognition([1, 1], [1, 0], [1, '1']).patients).toHaveLength(2)
  })

  it('refuses what does not fit together', () => {
    expect(() => patientRecognition([], [], [])).toThrow('labels must hold at least one value')
    expect(() => patientRecognition([0, 1], [0], ['a', 'b'])).toThrow(
      'predictions must have as many values as labels (2)',
    )
    expect(() => patientRecognition([0, 1], [0, 0.5], ['a', 'b'])).toThrow('predictions[1] must be 0, 1, false or true')
    expect(() => patientRecognition([0, 1], [0, 1], ['a'])).toThrow('groups must have as many values as labels (2)')
    expect(() => patientRecognition([0, 1], [0, 1], [1, Infinity])).toThrow('groups[1] must be a string or a finite')
  })
})

describe('patientScores', () => {
  it('gives each patient its label and mean score: what the patient AUC is made of', () => {
    const { groups, labels, scores } = patientScores([1, 0, 1, 0, 1], [0.9, 0.2, 0.5, 0.6, 0.3], [5, 'b', 5, 'b', 'c'])
    expect(groups).toEqual([5, 'b', 'c'])
    expect(labels).toEqual([1, 0, 1])
    expectClose(scores, [0.7, 0.4, 0.3], 1e-15)
    expect(rocAuc(labels, scores)).toBe(0.5)
  })

  it('refuses a patient with both labels, by name', () => {
    expect(() => patientScores([1, 0, 1], [1, 2, 3], ['a', 'b', 'b'])).toThrow(ArgumentError)
    expect(() => patientScores([1, 0, 1], [1, 2, 3], ['a', 'b', 'b'])).toThrow(
      'groups must have one label each: this one has both; received "b"',
    )
    expect(() => patientScores([1, 0], [1, NaN], ['a', 'b'])).toThrow('scores[1] must be a finite number')
    expect(() => patientScores([1, 0], [1, 2], [])).toThrow('groups must have as many values as labels (2)')
  })
})
