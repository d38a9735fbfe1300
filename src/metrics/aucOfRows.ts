import { checkScores } from './binary.js'

/**
 * The ROC-AUC of any rows of the same labels and scores, which are sorted once: the statistic of `bootstrapByGroup`, equal to
 * `rocAuc` of the picked rows in a fraction of its time. Rows may repeat; with one class only it gives NaN.
 *
 * ```ts
 * bootstrapByGroup(patients, aucOfRows(labels, scores))
 * ```
 *
 * @throws ArgumentError where nothing is given, lengths differ, a label is not 0 or 1, or a score is not finite.
 */
export function aucOfRows(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
): (rows: ArrayLike<number>) => number {
  const { positive, scores: values } = checkScores(labels, scores)
  const distinct = values.toSorted().filter((value, i, sorted) => i === 0 || value !== sorted[i - 1])
  const placeOf = new Map<number, number>()
  distinct.forEach((value, place) => placeOf.set(value, place))
  const places = Int32Array.from(values, (value) => placeOf.get(value)!)
  const positives = new Int32Array(distinct.length)
  const negatives = new Int32Array(distinct.length)
  return (rows) => {
    positives.fill(0)
    negatives.fill(0)
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      ;(positive[row] === 1 ? positives : negatives)[places[row]!]!++
    }
    let twice = 0
    let below = 0
    let all = 0
    for (let place = 0; place < distinct.length; place++) {
      twice += positives[place]! * (2 * below + negatives[place]!)
      below += negatives[place]!
      all += positives[place]!
    }
    return all === 0 || below === 0 ? NaN : twice / (2 * all * below)
  }
}
