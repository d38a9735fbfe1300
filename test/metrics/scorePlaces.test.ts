import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scorePlaces } from '../../src/metrics/scorePlaces.js'

const check = (scores: readonly number[]): void => {
  const values = Float64Array.from(scores, (score) => score + 0)
  const distinct = [...new Set(values)].toSorted((a, b) => b - a)
  expect([...scorePlaces(Float64Array.from(distinct), values)]).toEqual(
    [...values].map((value) => distinct.indexOf(value)),
  )
}

describe('scorePlaces', () => {
  it('finds every score, however the scores lie', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(fc.property(fc.array(finite, { minLength: 1, maxLength: 60 }), check))
    fc.assert(fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 60 }), check))
  })

  it.each([
    [[3]],
    [[Number.MAX_VALUE, -Number.MAX_VALUE, 0, 1, 2]],
    [[Number.MIN_VALUE, 0, -Number.MIN_VALUE]],
    [[1e300, ...Array.from({ length: 50 }, (_, i) => i / 7)]],
    [Array.from({ length: 60 }, (_, i) => 1 + i * Number.EPSILON)],
    [Array.from({ length: 60 }, (_, i) => 2 ** -i)],
  ])('finds them in %j', (scores) => check(scores))
})
