import { requireInteger, requireRange } from '../errors.js'
import { criticalValue } from './normal.js'

/** A confidence interval of a proportion. */
export interface ProportionInterval {
  /** Lower end, in [0, 1]. */
  low: number
  /** Upper end, in [0, 1]. */
  high: number
}

/**
 * Wilson's score interval of a proportion `successes / n`, for example an accuracy with its n: with p = successes / n,
 * (p + z^2/2n +- z sqrt(p (1-p) / n + z^2 / 4n^2)) / (1 + z^2/n). Never leaves [0, 1].
 *
 * Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
 *
 * @param options - `level`: the confidence level in (0, 1); default 0.95.
 * @throws ArgumentError unless n is a positive integer, successes an integer in [0, n] and level in (0, 1).
 */
export function wilsonInterval(
  successes: number,
  n: number,
  { level = 0.95 }: { level?: number } = {},
): ProportionInterval {
  requireInteger('n', n, 1)
  requireInteger('successes', successes, 0)
  requireRange('successes', successes, 0, n)
  const z = criticalValue(level)
  const p = successes / n
  const share = (z * z) / n
  const centre = p + share / 2
  const half = z * Math.sqrt((p * (1 - p)) / n + share / (4 * n))
  return {
    low: successes === 0 ? 0 : (centre - half) / (1 + share),
    high: successes === n ? 1 : (centre + half) / (1 + share),
  }
}
