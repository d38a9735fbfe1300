import { describe, expect, it } from 'vitest'
import { normalQuantile } from '../../src/metrics/normal.js'
import reference from '../reference/metrics_reference.json'

describe('normalQuantile', () => {
  it.each(reference.normalQuantile)('equals scipy at p = $p', ({ p, z }) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(z)))
  })
})
