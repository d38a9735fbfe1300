/** Two rows of numbers that ought to be the same: what the backend computed, and the truth. */
export interface Comparison {
  readonly actual: ArrayLike<number>
  readonly expected: ArrayLike<number>
}

/**
 * One statement about what a tfjs backend must compute. The same list of cases runs on every backend, in Node and in
 * browsers, so a case imports nothing of Node.
 */
export interface ConformanceCase {
  /** Unique, e.g. `conv2d 3x3 stride 2 same`. */
  readonly name: string
  readonly group: 'operation' | 'gradient' | 'optimizer' | 'network' | 'loss' | 'metric' | 'data'
  /** Largest {@link error} that passes: at most {@link usualTolerance}, unless `because` says why not. */
  readonly tolerance: number
  /** Why the tolerance is larger than the rule; required then. */
  readonly because?: string
  /**
   * On wasm the case runs with this precision whatever the backend's is: where it compares more digits than F(4x4) keeps, the
   * tolerance is that of the mathematics.
   */
  readonly precision?: 'exact'
  /** Computes on the active backend, reads with `await data()`, leaves no tensor. */
  run(): Promise<Readonly<Record<string, Comparison>>>
}

/** The largest tolerance of a case that has no `because`: 1e-3 for gradients and steps, 1e-4 for everything else. */
export function usualTolerance(group: ConformanceCase['group']): number {
  return ['gradient', 'optimizer', 'network'].includes(group) ? 1e-3 : 1e-4
}

/**
 * Relative error of a comparison: max|a - e| / max|e|, or max|a| where every e is 0. A length mismatch, a NaN, or an
 * infinity that the other side does not have in the same place is an infinite error.
 */
export function error({ actual, expected }: Comparison): number {
  if (actual.length !== expected.length) return Infinity
  let difference = 0
  let scale = 0
  for (let i = 0; i < expected.length; i += 1) {
    const a = actual[i]
    const e = expected[i]
    if (a === undefined || e === undefined || Number.isNaN(a) || Number.isNaN(e)) return Infinity
    if (Number.isFinite(a) && Number.isFinite(e)) {
      difference = Math.max(difference, Math.abs(a - e))
      scale = Math.max(scale, Math.abs(e))
    } else if (a !== e) return Infinity
  }
  return scale === 0 ? difference : difference / scale
}

/**
 * Root of the mean squared difference over that of the truth, or of the difference alone where every e is 0; infinite where
 * {@link error} is. It grows with the sums' rounding, not with the number of elements whose largest error counts there.
 */
export function rmsError(comparison: Comparison): number {
  const { actual, expected } = comparison
  if (error(comparison) === Infinity) return Infinity
  let difference = 0
  let scale = 0
  for (let i = 0; i < expected.length; i += 1) {
    if (!Number.isFinite(expected[i]!)) continue
    difference += (actual[i]! - expected[i]!) ** 2
    scale += expected[i]! ** 2
  }
  return Math.sqrt(scale === 0 ? difference / Math.max(1, expected.length) : difference / scale)
}

/** The largest {@link rmsError} of this package's kernels on wasm, by their precision. */
export const rmsLimits = { fast: 1e-5, exact: 1e-6 } as const
