import { ArgumentError, OneClassError } from '../errors.js'
import { sigmoid, softplus } from './logistic.js'

/** Pair verification by distance: `P(same class) = sigmoid(scale * (threshold - D))`. */
export interface PairHead {
  /** How fast the probability falls with the distance, >= 0; 0 where nearer pairs were no likelier to be of one class. */
  readonly scale: number
  /** The distance at which both answers are equally likely. */
  readonly threshold: number
}

/** Whether scale and threshold are finite numbers, the scale >= 0. */
export const isPairHead = ({ scale, threshold }: { scale: unknown; threshold: unknown }): boolean =>
  Number.isFinite(scale) && (scale as number) >= 0 && Number.isFinite(threshold)

/** Throws unless each distance is finite and has a label 0 or 1, both there. Gives how many are similar. */
export function requireLabelledDistances(distances: ArrayLike<number>, isSimilar: ArrayLike<number>): number {
  if (distances.length === 0) throw new ArgumentError('distances', 'hold at least one value', [])
  if (isSimilar.length !== distances.length)
    throw new ArgumentError(
      'isSimilar',
      `have one entry for each of the ${distances.length} distances`,
      isSimilar.length,
    )
  let similar = 0
  for (let k = 0; k < distances.length; k++) {
    if (!Number.isFinite(distances[k])) throw new ArgumentError(`distances[${k}]`, 'be a finite number', distances[k])
    if (isSimilar[k] !== 0 && isSimilar[k] !== 1) throw new ArgumentError(`isSimilar[${k}]`, 'be 0 or 1', isSimilar[k])
    similar += isSimilar[k]!
  }
  return similar
}

/** The first of the steps 1, 1/2, 1/4 ... whose loss is below the bound, and that loss; none where rounding hides every gain. */
function descend(lossAfter: (step: number) => number, bound: number): [step: number, loss: number] | undefined {
  for (let step = 1; step > Number.EPSILON; step /= 2) {
    const loss = lossAfter(step)
    if (loss < bound) return [step, loss]
  }
  return undefined
}

/** Minimises the mean of `softplus(z) - target z`, `z = offset + slope x`, by Newton's method with halved steps. Strictly convex here. */
function newton(x: Float64Array, targets: Float64Array): { offset: number; slope: number } {
  const lossAt = (offset: number, slope: number): number =>
    x.reduce((sum, each, k) => sum + softplus(offset + slope * each) - targets[k]! * (offset + slope * each), 0) /
    x.length
  let [offset, slope] = [0, 0]
  let loss = lossAt(offset, slope)
  for (let round = 0; round < 100; round++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0]
    x.forEach((each, k) => {
      const p = sigmoid(offset + slope * each)
      const [error, curvature] = [p - targets[k]!, p * (1 - p)]
      g0 += error
      g1 += error * each
      h00 += curvature
      h01 += curvature * each
      h11 += curvature * each * each
    })
    const determinant = h00 * h11 - h01 * h01
    const [step0, step1] = [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant]
    // Near the minimum the whole step is right, and rounding hides what it gains.
    const gain = (g0 * step0 + g1 * step1) / x.length
    const found = descend((size) => lossAt(offset - size * step0, slope - size * step1), gain > 1e-6 ? loss : Infinity)
    if (found === undefined) break
    const [step, next] = found
    offset -= step * step0
    slope -= step * step1
    loss = next
    if (gain < 1e-20) break
  }
  return { offset, slope }
}

/**
 * Fits pair verification to pairs with known answers: logistic regression of `isSimilar` on the distance, by Newton's method. The targets
 * are Platt's, (s + 1) / (s + 2) for the s similar pairs and 1 / (d + 2) for the d dissimilar ones, so that the fit is finite also
 * where a distance separates them (Platt 1999; scikit-learn's sigmoid calibration). Where nearer pairs are no likelier to be of one class
 * the head says 1/2 to all: `scale` 0, `threshold` the mean distance. Fit it on validation pairs, half of them similar (`samplePairs`).
 *
 * @param distances of each pair, from `pairDistances`
 * @param isSimilar 1 = same class, 0 = not; both must be there
 * @throws ArgumentError for no pairs, unequal lengths, numbers that are not finite or labels other than 0 and 1
 * @throws OneClassError where all pairs are similar, or none
 */
export function fitPairHead(distances: ArrayLike<number>, isSimilar: ArrayLike<number>): PairHead {
  const similar = requireLabelledDistances(distances, isSimilar)
  const n = distances.length
  if (similar === 0 || similar === n)
    throw new OneClassError(
      `isSimilar must hold both kinds: pair verification cannot be fitted to ${similar} similar and ${n - similar} dissimilar pairs`,
    )
  // In units of the largest, as the squares of very small or large numbers are none.
  const unit = Float64Array.from(distances, Math.abs).reduce((most, d) => Math.max(most, d), 0) || 1
  const values = Float64Array.from(distances, (d) => d / unit)
  const mean = values.reduce((sum, d) => sum + d, 0) / n
  const deviation = Math.sqrt(values.reduce((sum, d) => sum + (d - mean) ** 2, 0) / n)
  if (!(deviation > 0)) return { scale: 0, threshold: distances[0]! }
  const targets = values.map((_, k) => (isSimilar[k] === 1 ? (similar + 1) / (similar + 2) : 1 / (n - similar + 2)))
  const { offset, slope } = newton(
    values.map((d) => (d - mean) / deviation),
    targets,
  )
  const scale = -slope / deviation / unit
  const threshold = (mean - (offset / slope) * deviation) * unit
  if (!(slope < 0 && isPairHead({ scale, threshold }))) return { scale: 0, threshold: mean * unit }
  return { scale, threshold }
}

/**
 * The probability that a pair at this distance is of one class: `sigmoid(scale * (threshold - D))`.
 *
 * @throws ArgumentError for a distance that is not finite
 */
export function pairProbability({ scale, threshold }: PairHead, distance: number): number {
  if (!Number.isFinite(distance)) throw new ArgumentError('distance', 'be a finite number', distance)
  return sigmoid(scale * (threshold - distance))
}
