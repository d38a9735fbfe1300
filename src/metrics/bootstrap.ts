import { ArgumentError, requireInteger } from '../errors.js'
import { createRandom } from '../random.js'
import { bootstrapEnds, type BootstrapMethod } from './bootstrapEnds.js'
import { groupRows } from './groups.js'
import { criticalValue } from './normal.js'

/** Options of {@link bootstrapByGroup}. */
export interface BootstrapOptions {
  /** How often the groups are drawn anew; default 2000. */
  resamples?: number
  /** Confidence level in (0, 1); default 0.95. */
  level?: number
  /** Equal seeds give equal intervals; an integer, default 0. */
  seed?: number
  /**
   * `'percentile'` (default): quantiles of the resampled values; `'basic'`: those mirrored at the estimate; `'bca'`:
   * corrected for bias and acceleration, which takes the statistic once more for every group.
   */
  method?: BootstrapMethod
}

/** A bootstrap interval, and how it was made. */
export interface BootstrapInterval {
  /** The statistic of the data as they are. */
  estimate: number
  /** Lower end. */
  low: number
  /** Upper end. */
  high: number
  /** Confidence level, for example 0.95. */
  level: number
  /** How the ends were made. */
  method: BootstrapMethod
  /** Resamples drawn. */
  resamples: number
  /** Those of them that were left out, as the statistic was not finite there. */
  undefinedResamples: number
  /** Groups that were drawn from. */
  groups: number
}

/**
 * Confidence interval of any statistic of rows that come in groups, for example images of patients: whole groups are
 * drawn with replacement, as many as there are, so that images of one patient are never counted as independent.
 *
 * ```ts
 * bootstrapByGroup(patients, aucOfRows(labels, scores))
 * bootstrapByGroup(patients, (rows) => rows.reduce((right, i) => right + (called[i] === labels[i] ? 1 : 0), 0) / rows.length)
 * ```
 *
 * Resamples on which the statistic is NaN or infinite (the AUC of one class) are left out and counted.
 *
 * Source: Efron and Tibshirani 1993, "An introduction to the bootstrap"; Field and Welsh 2007, "Bootstrapping clustered data".
 *
 * @param groups - The group of each row: strings or finite numbers.
 * @param statistic - A number of the rows with these indices; a row that was drawn twice is there twice.
 * @throws ArgumentError for fewer than two groups, bad options, a statistic that is not finite on the data as they are or on
 * more than half of the resamples; and for `'bca'` where it is undefined. What the statistic throws comes through.
 */
export function bootstrapByGroup(
  groups: ArrayLike<string | number>,
  statistic: (indices: Int32Array) => number,
  { resamples = 2000, level = 0.95, seed = 0, method = 'percentile' }: BootstrapOptions = {},
): BootstrapInterval {
  requireInteger('options.resamples', resamples, 1)
  criticalValue(level)
  if (!Number.isSafeInteger(seed)) throw new ArgumentError('options.seed', 'be an integer', seed)
  if (method !== 'percentile' && method !== 'basic' && method !== 'bca')
    throw new ArgumentError('options.method', 'be "percentile", "basic" or "bca"', method)
  const { rows } = groupRows(groups)
  if (rows.length < 2) throw new ArgumentError('groups', 'hold at least two groups', rows.length)
  const of = (drawn: readonly Int32Array[]): number => {
    const indices = new Int32Array(drawn.reduce((sum, group) => sum + group.length, 0))
    let at = 0
    for (const group of drawn) {
      indices.set(group, at)
      at += group.length
    }
    return statistic(indices)
  }

  const estimate = statistic(Int32Array.from({ length: groups.length }, (_, i) => i))
  if (!Number.isFinite(estimate)) throw new ArgumentError('statistic', 'be finite on the data as they are', estimate)
  const random = createRandom(seed, 'metrics', 'bootstrap')
  const values = Float64Array.from({ length: resamples }, () => of(rows.map(() => rows[random.integer(rows.length)]!)))
  const resampled = values.filter(Number.isFinite).sort()
  const undefinedResamples = resamples - resampled.length
  if (2 * undefinedResamples > resamples)
    throw new ArgumentError(
      'statistic',
      'be finite on at least half of the resamples',
      `${undefinedResamples} of ${resamples} undefined`,
    )
  const jackknife = (): Float64Array => Float64Array.from(rows, (left) => of(rows.filter((group) => group !== left)))
  const ends = bootstrapEnds({ estimate, resampled, jackknife }, level, method)
  return { estimate, ...ends, level, method, resamples, undefinedResamples, groups: rows.length }
}
