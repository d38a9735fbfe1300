import { requireInteger } from '../errors.js'
import { checkLabels, requireSameLength } from './binary.js'

/** Counts of a binary decision; positive = malignant. */
export interface Confusion {
  /** Positives called positive. */
  tp: number
  /** Negatives called positive. */
  fp: number
  /** Negatives called negative. */
  tn: number
  /** Positives called negative. */
  fn: number
}

/** What follows from a confusion matrix. A rate without any case (0/0) is NaN, never 0 or 1. */
export interface Rates {
  /** (TP + TN) / all: equation (5) of the paper. */
  accuracy: number
  /** True positive rate, sensitivity, recall: TP / (TP + FN), equation (6). */
  tpr: number
  /** False positive rate: FP / (FP + TN), equation (7). */
  fpr: number
  /** True negative rate, specificity: TN / (FP + TN). */
  tnr: number
  /** False negative rate: FN / (TP + FN). */
  fnr: number
  /** TP / (TP + FP). */
  precision: number
  /** Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN). */
  f1: number
  /** (TPR + TNR) / 2. */
  balancedAccuracy: number
  /** Matthews' correlation: (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)). */
  mcc: number
}

/**
 * Counts true and false positives and negatives. Labels and predictions are 0/1 or booleans (decisions, not scores),
 * 1 or true = positive.
 *
 * @throws ArgumentError where nothing is given, lengths differ, or a value is not 0, 1, false or true.
 */
export function confusionMatrix(
  labels: ArrayLike<number | boolean>,
  predictions: ArrayLike<number | boolean>,
): Confusion {
  const truth = checkLabels('labels', labels)
  requireSameLength('predictions', predictions, truth)
  const confusion: Confusion = { tp: 0, fp: 0, tn: 0, fn: 0 }
  checkLabels('predictions', predictions).forEach((called, i) => {
    if (truth[i] === 1) confusion[called === 1 ? 'tp' : 'fn']++
    else confusion[called === 1 ? 'fp' : 'tn']++
  })
  return confusion
}

/**
 * Accuracy, true and false positive rate and their relatives from the counts of {@link confusionMatrix}.
 *
 * @throws ArgumentError unless every count is a non-negative integer.
 */
export function rates({ tp, fp, tn, fn }: Confusion): Rates {
  for (const [name, count] of Object.entries({ tp, fp, tn, fn })) requireInteger(`confusion.${name}`, count, 0)
  const tpr = tp / (tp + fn)
  const tnr = tn / (tn + fp)
  return {
    accuracy: (tp + tn) / (tp + tn + fp + fn),
    tpr,
    fpr: fp / (fp + tn),
    tnr,
    fnr: fn / (tp + fn),
    precision: tp / (tp + fp),
    f1: (2 * tp) / (2 * tp + fp + fn),
    balancedAccuracy: (tpr + tnr) / 2,
    // Two square roots: the product of four counts may leave the range of exact integers.
    mcc: (tp * tn - fp * fn) / (Math.sqrt((tp + fp) * (tp + fn)) * Math.sqrt((tn + fp) * (tn + fn))),
  }
}
