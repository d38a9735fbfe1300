import { describe, expect, it } from 'vitest'
import { normalQuantile, normalTail } from '../../src/metrics/normal.js'
import reference from '../reference/metrics_reference.json'
import statistics from '../reference/metrics_statistics.json'

describe('normalQuantile', () => {
  it.each(reference.normalQuantile)('equals scipy at p = $p', ({ p, z }) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(z)))
  })
})

describe('normalTail', () => {
  it.each(statistics.normalTail)('equals scipy at z = $z', ({ z, p }) => {
    expect(Math.abs(normalTail(z) - p)).toBeLessThanOrEqual(1e-12 * p)
  })

  it('is the inverse of the quantile, and nothing or everything at infinity', () => {
    for (const p of [1e-12, 0.025, 0.3, 0.5, 0.9])
      expect(Math.abs(normalTail(-normalQuantile(p)) / p - 1)).toBeLessThan(1e-12)
    expect([normalTail(Infinity), normalTail(-Infinity)]).toEqual([0, 1])
  })
})
