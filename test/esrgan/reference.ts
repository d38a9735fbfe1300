import { expect } from 'vitest'
import { expectClose } from '../helpers/tensors.js'
import { summarise, type Summary } from './formula.js'

export { fillByFormula, formulaImages, toTorch, weightedSum, type Summary } from './formula.js'

/** Compares with a summary, relative to the largest value of it. */
export function expectSummary(actual: ArrayLike<number>, expected: Summary, tolerance: number): void {
  const wanted = Array.isArray(expected) ? expected : expected.projections
  const found = summarise(actual, expected)
  const largest = Math.max(1e-3, ...wanted.map(Math.abs))
  expectClose(
    found.map((value) => value / largest),
    wanted.map((value) => value / largest),
    tolerance,
  )
}

/** |a - b| / |b|, both as vectors. */
export function relativeL2(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let [difference, size] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2
    size += b[i]! ** 2
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size)
}
