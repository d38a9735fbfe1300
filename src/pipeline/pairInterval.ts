import type { PairBatch } from '../data/index.js'
import { intervalByPatient } from './intervalByPatient.js'
import type { Interval } from './resultTypes.js'

/**
 * Bootstrap interval of the share of right answers about pairs, half of them similar. Patients are drawn with replacement, and with one
 * all pairs that hold an image of it: a pair of two patients counts as often as both were drawn (the product), one within a patient as
 * often as that patient (the vertex bootstrap, Snijders and Borgatti 1999). Pairs are never counted as independent, though many share
 * an image. Of the similar and of the dissimilar pairs the share is taken apart, so that each kind keeps its half.
 *
 * @param patients of each image
 * @param isRight 1 where the answer about a pair is right, else 0
 * @returns null where {@link intervalByPatient} gives none
 */
export function pairInterval(
  patients: readonly string[],
  { a, b, isSimilar }: PairBatch,
  isRight: ArrayLike<number>,
  seed: number,
): Interval | null {
  const times = new Int32Array(patients.length)
  return intervalByPatient(
    patients,
    (images) => {
      times.fill(0)
      for (const image of images) times[image]!++
      const pairs = [0, 0]
      const right = [0, 0]
      for (let k = 0; k < a.length; k++) {
        const [i, j] = [a[k]!, b[k]!]
        const weight = patients[i] === patients[j] ? times[i]! : times[i]! * times[j]!
        pairs[isSimilar[k]!]! += weight
        right[isSimilar[k]!]! += weight * isRight[k]!
      }
      return (right[0]! / pairs[0]! + right[1]! / pairs[1]!) / 2
    },
    seed,
  )
}
