import { ArgumentError } from '../errors.js'
import { confusionMatrix, rates, rocAuc, type Confusion } from '../metrics/index.js'
import { meanCrossEntropy, sigmoid } from './logistic.js'
import type { SiameseNetwork } from './network.js'
import { logitsOf, type PredictOptions } from './predict.js'
import { requireZerosAndOnes } from './requireLabels.js'

/** Options of {@link evaluateSiamese}. */
export interface EvaluateOptions extends Omit<PredictOptions, 'count'> {
  /** Class of each image: 0 benign, 1 malignant. */
  readonly labels: ArrayLike<number>
  /** An image counts as malignant from this probability on; default 0.5. Choose it on validation data, never on the test. */
  readonly threshold?: number
}

/** What the sigmoid head and the support set are measured by: decisions about single images, positive = malignant. */
export interface ImageDecisions {
  /** Number of images. */
  readonly n: number
  /** TP / (TP + FN), equation (6); NaN where nothing is malignant. */
  readonly tpr: number
  /** FP / (TN + FP), equation (7); NaN where nothing is benign. */
  readonly fpr: number
  /** Area under the ROC curve of the scores; NaN with one class only. */
  readonly auc: number
  /** The counts. */
  readonly confusion: Confusion
  /** The threshold that was used. */
  readonly threshold: number
}

/** What {@link evaluateSiamese} measured. */
export interface SiameseEvaluation extends ImageDecisions {
  /** The head that answered. */
  readonly head: 'sigmoid'
  /** Probability of malignant, one of each image. */
  readonly probabilities: Float64Array
  /** Mean binary cross-entropy of the head, in nats. */
  readonly loss: number
  /** The sigmoid head's accuracy, of images: (TP + TN) / n, equation (5). */
  readonly imageAccuracy: number
}

/** The highest threshold: the next number above 1, at which nothing is malignant, as `thresholdAtSpecificity` may choose. */
export const highestThreshold: number = 1 + Number.EPSILON

/** Throws unless this is a threshold of scores in [0, 1]. */
export function requireThreshold(argument: string, threshold: number): void {
  if (!(threshold >= 0 && threshold <= highestThreshold))
    throw new ArgumentError(argument, 'be a number in [0, 1], or the next above 1', threshold)
}

/** Decisions at a threshold, and the AUC of the scores that order the images. */
export function decide(
  labels: ArrayLike<number>,
  decided: ArrayLike<number>,
  ordering: ArrayLike<number>,
  threshold: number,
): ImageDecisions & { readonly accuracy: number } {
  const confusion = confusionMatrix(
    labels,
    Array.from(decided, (score) => (score >= threshold ? 1 : 0)),
  )
  const { accuracy, tpr, fpr } = rates(confusion)
  return {
    n: labels.length,
    accuracy,
    tpr,
    fpr,
    auc: rocAuc(labels, ordering, { onOneClass: 'nan' }),
    confusion,
    threshold,
  }
}

/**
 * Evaluates the sigmoid head on images with known classes: accuracy, rates, ROC-AUC and cross-entropy, without dropout. The other heads
 * have {@link evaluateSupport} and {@link evaluatePairs}.
 *
 * @throws ArgumentError for no images, labels other than 0 and 1, or numbers out of range.
 */
export async function evaluateSiamese(network: SiameseNetwork, options: EvaluateOptions): Promise<SiameseEvaluation> {
  const { labels, threshold = 0.5, ...rest } = options
  requireZerosAndOnes('options.labels', labels)
  requireThreshold('options.threshold', threshold)
  const logits = await logitsOf(network, { ...rest, count: labels.length })
  const probabilities = logits.map(sigmoid)
  // By the logits: of two probabilities that round to 1 one may still be the higher.
  const { accuracy, ...decisions } = decide(labels, probabilities, logits, threshold)
  return {
    head: 'sigmoid',
    ...decisions,
    probabilities,
    loss: meanCrossEntropy(logits, labels),
    imageAccuracy: accuracy,
  }
}
