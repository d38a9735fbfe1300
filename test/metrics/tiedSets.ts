import reference from '../reference/metrics_ties.json'

/** Labels and scores with what scikit-learn says of them. */
interface TiedSet {
  readonly labels: number[]
  readonly scores: number[]
  readonly positives: number
  readonly negatives: number
  /** Distinct scores, descending, and the positives and negatives from each of them on. */
  readonly distinct: number[]
  readonly tp: number[]
  readonly fp: number[]
  /** The thresholds that are kept where points on straight lines are dropped. */
  readonly kept: number[]
  readonly auc: number
  readonly averagePrecision: number
  /** Undefined where a class has one label. */
  readonly delongVariance: number | undefined
}

const scoresOf = (text: string): number[] => Array.from(text, (digit) => reference.digits.indexOf(digit) - 18)
const countsOf = (text: string): number[] => text.split(',').map(Number)

/** The sets of metrics_ties.json, whose script says how they are written. */
export const tiedSets: readonly TiedSet[] = reference.sets.map((line) => {
  const [labelText, scoreText, tp, fp, kept, auc, averagePrecision, variance] = line.split(' ') as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const labels = Array.from(labelText, Number)
  const scores = scoresOf(scoreText)
  const positives = labels.filter((label) => label === 1).length
  return {
    labels,
    scores,
    positives,
    negatives: labels.length - positives,
    distinct: [...new Set(scores)].toSorted((a, b) => b - a),
    tp: countsOf(tp),
    fp: countsOf(fp),
    kept: scoresOf(kept),
    auc: Number(auc),
    averagePrecision: Number(averagePrecision),
    delongVariance: variance === '' ? undefined : Number(variance),
  }
})
