import { describe, expect, it } from 'vitest'
import { wilsonInterval } from '../../src/metrics/index.js'
import { expectClose } from '../helpers/tensors.js'
import reference from '../reference/metrics_reference.json'

describe('wilsonInterval', () => {
  it.each(reference.wilson)(
    'equals scipy for $successes of $n at level $level',
    ({ successes, n, level, low, high }) => {
      const interval = wilsonInterval(successes, n, { level })
      expectClose([interval.low, interval.high], [low, high], 1e-13)
    },
  )

  it('takes a level of 0.95 by default', () => {
    expect(wilsonInterval(7, 10)).toEqual(wilsonInterval(7, 10, { level: 0.95 }))
  })

  it.each([
    [1, 0, 'n must be an integer >= 1; received 0'],
    [-1, 5, 'successes must be an integer >= 0; received -1'],
    [6, 5, 'successes must be a number in [0, 5]; received 6'],
    [0.5, 5, 'successes must be an integer >= 0; received 0.5'],
  ])('refuses %d of %d', (successes, n, message) => {
    expect(() => wilsonInterval(successes, n)).toThrow(message)
  })
})
