import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aucOfRows, bootstrapByGroup, rocAuc } from '../../src/metrics/index.js'
import { bothClasses } from './arbitraries.js'

describe('aucOfRows', () => {
  it('equals rocAuc of the picked rows, however often a row is picked', () => {
    fc.assert(
      fc.property(bothClasses, fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), ({ labels, scores }, picks) => {
        const auc = aucOfRows(labels, scores)
        for (const rows of [picks, picks.toReversed().slice(1)].map((list) => list.map((i) => i % labels.length))) {
          if (rows.length === 0) continue
          const expected = rocAuc(
            rows.map((i) => labels[i]!),
            rows.map((i) => scores[i]!),
            { onOneClass: 'nan' },
          )
          expect(auc(rows)).toBe(expected)
        }
      }),
    )
  })

  it('is a statistic of the bootstrap', () => {
    const labels = [0, 0, 1, 1, 0, 1, 0, 1]
    const scores = [1, 2, 2, 3, 1, 0, -0, 5]
    const groups = ['a', 'a', 'b', 'b', 'c', 'd', 'e', 'f']
    const plain = bootstrapByGroup(groups, (rows) =>
      rocAuc(
        Array.from(rows, (i) => labels[i]!),
        Array.from(rows, (i) => scores[i]!),
        { onOneClass: 'nan' },
      ),
    )
    expect(bootstrapByGroup(groups, aucOfRows(labels, scores))).toEqual(plain)
  })

  it('refuses what is no score', () => {
    expect(() => aucOfRows([], [])).toThrow('labels must hold at least one value')
    expect(() => aucOfRows([0, 1], [0])).toThrow('scores must have as many values as labels (2)')
    expect(() => aucOfRows([0, 1], [0, NaN])).toThrow('scores[1] must be a finite number')
    expect(() => aucOfRows([0, 1], [0, 1])([0, 2])).toThrow(
      'rows[1] must be an integer from 0 to 1, a row of the scores; received 2',
    )
    expect(() => bootstrapByGroup(['a', 'b', 'c'], aucOfRows([0, 1], [0, 1]))).toThrow('rows[2] must be an integer')
  })
})
