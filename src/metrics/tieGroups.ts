import type { ScoredLabels } from './binary.js'

/** The scores of each class, ascending. */
export function sortedByClass({ positive, scores, positives, negatives }: ScoredLabels): {
  readonly positives: Float64Array
  readonly negatives: Float64Array
} {
  const sorted = { positives: new Float64Array(positives), negatives: new Float64Array(negatives) }
  let p = 0
  let n = 0
  for (let i = 0; i < scores.length; i++) {
    if (positive[i] === 1) sorted.positives[p++] = scores[i]!
    else sorted.negatives[n++] = scores[i]!
  }
  // Without a comparison of its own, a typed array is sorted natively.
  sorted.positives.sort()
  sorted.negatives.sort()
  return sorted
}

/** The distinct scores, and what is called positive from each of them on: counts at score >= `scores[i]`. */
export interface TieGroups {
  /** Distinct, descending. */
  readonly scores: Float64Array
  /** Positives with that score or a higher one. */
  readonly tp: Float64Array
  /** Negatives with that score or a higher one. */
  readonly fp: Float64Array
}

/** The distinct scores, highest first, with cumulated counts: the two sorted classes merged, O(n log n). */
export function tieGroups(labelled: ScoredLabels): TieGroups {
  const { positives, negatives } = sortedByClass(labelled)
  const n = labelled.scores.length
  const groups = { scores: new Float64Array(n), tp: new Float64Array(n), fp: new Float64Array(n) }
  let p = positives.length - 1
  let q = negatives.length - 1
  let count = 0
  while (p >= 0 || q >= 0) {
    const score = Math.max(p >= 0 ? positives[p]! : -Infinity, q >= 0 ? negatives[q]! : -Infinity)
    while (p >= 0 && positives[p] === score) p--
    while (q >= 0 && negatives[q] === score) q--
    groups.scores[count] = score
    groups.tp[count] = positives.length - 1 - p
    groups.fp[count] = negatives.length - 1 - q
    count++
  }
  return {
    scores: groups.scores.subarray(0, count),
    tp: groups.tp.subarray(0, count),
    fp: groups.fp.subarray(0, count),
  }
}
