import { ArgumentError } from '../errors.js'
import { bootstrapByGroup } from '../metrics/index.js'
import type { Interval } from './resultTypes.js'

/** Confidence level of every interval of the report. */
export const level = 0.95

/**
 * Bootstrap interval of a statistic, patients drawn with replacement; null where it says nothing: one patient, a statistic that
 * most resamples do not have (the AUC where a class has very few patients), or one that is the same in all of them.
 */
export function intervalByPatient(
  patients: readonly (string | number)[],
  statistic: (rows: Int32Array) => number,
  seed: number,
): Interval | null {
  if (new Set(patients).size < 2) return null
  try {
    const { low, high, resamples, undefinedResamples } = bootstrapByGroup(patients, statistic, { level, seed })
    const without = undefinedResamples === 0 ? '' : ` (${undefinedResamples} without a value left out)`
    return low === high
      ? null
      : { low, high, level, method: `bootstrap by patient, ${resamples} resamples${without}, percentiles` }
  } catch (error) {
    if (error instanceof ArgumentError && error.argument === 'statistic') return null
    throw error
  }
}
