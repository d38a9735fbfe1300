import { ArgumentError, requireRange } from '../errors.js'
import { rocAuc } from '../metrics/index.js'
import type { Embeddings } from './embeddings.js'
import { decide, type ImageDecisions } from './evaluate.js'
import { pairProbability, requireLabelledDistances, type PairHead } from './pairHead.js'
import { supportScores, type SupportScoresOptions, type SupportSet } from './supportSet.js'

/** What {@link evaluateSupport} measured. */
export interface SupportEvaluation extends ImageDecisions {
  /** The head that answered. */
  readonly head: 'support'
  /** Scores of malignant, one of each image. */
  readonly scores: Float64Array
  /** The support set's accuracy, of images: (TP + TN) / n. */
  readonly supportAccuracy: number
}

/** Options of {@link evaluateSupport}. */
export interface EvaluateSupportOptions extends SupportScoresOptions {
  /** An image counts as malignant from this score on; default 0.5. Choose it on validation data, never on the test. */
  readonly threshold?: number
}

/**
 * Evaluates a support set on embeddings with known classes.
 *
 * @param embeddings `[count * embeddingSize]`, from `embedImages`; of none of the references
 * @param labels 0 benign, 1 malignant, one of each row
 * @throws ArgumentError for no images, lengths that differ, labels other than 0 and 1, or options out of range
 */
export function evaluateSupport(
  support: SupportSet,
  embeddings: Embeddings,
  labels: ArrayLike<number>,
  { threshold = 0.5, ...options }: EvaluateSupportOptions = {},
): SupportEvaluation {
  requireRange('options.threshold', threshold, 0, 1)
  const scores = supportScores(support, embeddings, options)
  if (labels.length !== scores.length)
    throw new ArgumentError('labels', `have one entry for each of the ${scores.length} embeddings`, labels.length)
  const { accuracy, ...decisions } = decide(labels, scores, scores, threshold)
  return { head: 'support', ...decisions, scores, supportAccuracy: accuracy }
}

/** What {@link evaluatePairs} measured: of pairs, not of images. */
export interface PairsEvaluation {
  /** The head that answered. */
  readonly head: 'pair'
  /** Number of pairs. */
  readonly n: number
  /** How many of them are of one class. */
  readonly similar: number
  /** Probability of one class, one of each pair. */
  readonly probabilities: Float64Array
  /** Pair verification's accuracy, of pairs: those that it rightly took for one class (probability >= 1/2) or two, over n. */
  readonly pairAccuracy: number
  /** Mean binary cross-entropy of the probabilities, in nats. */
  readonly loss: number
  /** Area under the ROC curve of the negated distance, positive = one class; NaN where all pairs are of one kind. */
  readonly auc: number
}

/**
 * Evaluates pair verification on distances of pairs with known answers.
 *
 * @throws ArgumentError for no pairs, lengths that differ, numbers that are not finite or labels other than 0 and 1
 */
export function evaluatePairs(
  head: PairHead,
  distances: ArrayLike<number>,
  isSimilar: ArrayLike<number>,
): PairsEvaluation {
  const similar = requireLabelledDistances(distances, isSimilar)
  const n = distances.length
  const probabilities = Float64Array.from(distances, (distance) => pairProbability(head, distance))
  const right = probabilities.filter((p, k) => (p >= 0.5 ? 1 : 0) === isSimilar[k]).length
  const logits = Float64Array.from(distances, (distance) => head.scale * (head.threshold - distance))
  const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
  return {
    head: 'pair',
    n,
    similar,
    probabilities,
    pairAccuracy: right / n,
    loss: logits.reduce((sum, logit, k) => sum + softplus(isSimilar[k] === 1 ? -logit : logit), 0) / n,
    auc: rocAuc(
      isSimilar,
      Float64Array.from(distances, (distance) => -distance),
      { onOneClass: 'nan' },
    ),
  }
}
