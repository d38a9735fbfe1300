/**
 * Throws unless both have one length and `|a - b| <= tolerance * max(1, |b|)` everywhere, with NaN and Infinity only where the other
 * has it too.
 */
export function requireClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers, not ${expected.length}`)
  let worst = 0
  let at = -1
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!
    const b = expected[i]!
    const error = Object.is(a, b) || a === b ? 0 : Math.abs(a - b) / Math.max(1, Math.abs(b))
    if (error <= worst) continue
    worst = Number.isNaN(error) ? Infinity : error
    at = i
  }
  if (worst > tolerance)
    throw new Error(`element ${at} is ${actual[at]}, not ${expected[at]} (error ${worst}, tolerance ${tolerance})`)
}

/** Throws unless all are finite numbers. */
export function requireFinite(what: string, values: ArrayLike<number>): void {
  const at = Array.from(values).findIndex((value) => !Number.isFinite(value))
  if (at !== -1) throw new Error(`element ${at} of the ${what} is ${values[at]}`)
}
