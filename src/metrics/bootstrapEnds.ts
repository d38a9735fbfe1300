import { ArgumentError } from '../errors.js'
import { criticalValue, normalQuantile, normalTail } from './normal.js'
import { quantile } from './quantile.js'

/** How the ends of a bootstrap interval follow from the resampled values. */
export type BootstrapMethod = 'percentile' | 'basic' | 'bca'

/** What an interval is made of. */
export interface BootstrapValues {
  /** The statistic of the data as they are. */
  readonly estimate: number
  /** The statistic of every resample, ascending, finite. */
  readonly resampled: Float64Array
  /** The statistic without each group in turn; asked for by `'bca'` only. */
  readonly jackknife: () => Float64Array
}

const share = (values: Float64Array, holds: (value: number) => boolean): number =>
  values.reduce((count, value) => count + Number(holds(value)), 0) / values.length

/** Efron's acceleration, a sixth of the skewness of the values without each group in turn; 0 where they are all equal. */
function accelerationOf(without: Float64Array): number {
  const mean = without.reduce((sum, value) => sum + value, 0) / without.length
  const deviations = without.map((value) => mean - value)
  // In units of the largest, as the cubes of very small or large numbers are none.
  const largest = deviations.reduce((most, each) => Math.max(most, Math.abs(each)), 0)
  if (largest === 0) return 0
  const cubes = deviations.reduce((sum, each) => sum + (each / largest) ** 3, 0)
  const squares = deviations.reduce((sum, each) => sum + (each / largest) ** 2, 0)
  return cubes / (6 * squares ** 1.5)
}

/** The shares of the resampled values below the ends of a bias-corrected and accelerated interval. */
function bcaShares({ estimate, resampled, jackknife }: BootstrapValues, level: number): [low: number, high: number] {
  const below = (share(resampled, (value) => value < estimate) + share(resampled, (value) => value <= estimate)) / 2
  if (below === 0 || below === 1)
    throw new ArgumentError('options.method', 'be "percentile" or "basic" where all resamples lie on one side', 'bca')
  const without = jackknife()
  if (!without.every(Number.isFinite))
    throw new ArgumentError('options.method', 'be "percentile" or "basic" where a group is indispensable', 'bca')
  const acceleration = accelerationOf(without)
  const bias = normalQuantile(below)
  const z = criticalValue(level)
  const shareAt = (from: number): number => normalTail(-(bias + from / (1 - acceleration * from)))
  return [shareAt(bias - z), shareAt(bias + z)]
}

/**
 * The ends of a bootstrap interval: `'percentile'` the quantiles of the resampled values, `'basic'` those mirrored at the
 * estimate, `'bca'` quantiles corrected for bias and acceleration (Efron 1987).
 */
export function bootstrapEnds(
  values: BootstrapValues,
  level: number,
  method: BootstrapMethod,
): { readonly low: number; readonly high: number } {
  const tail = (1 - level) / 2
  const shares = method === 'bca' ? bcaShares(values, level) : ([tail, 1 - tail] as const)
  const [low, high] = shares.map((q) => quantile(values.resampled, q)) as [number, number]
  return method === 'basic' ? { low: 2 * values.estimate - high, high: 2 * values.estimate - low } : { low, high }
}
