import { tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'
import { rocAuc } from '../metrics/index.js'
import type { Pairs } from '../losses/index.js'
import { requirePairRows, type Embeddings } from './embeddings.js'
import { decide, requireThreshold, type ImageDecisions } from './evaluate.js'
import { meanCrossEntropy, sigmoid } from './logistic.js'
import type { SiameseNetwork } from './network.js'
import { requireLabelledDistances, type PairHead } from './pairHead.js'
import { supportScores, type SupportScoresOptions, type SupportSet } from './supportSet.js'

/** Pairs that are verified at once. */
const atOnce = 1024

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
  requireThreshold('options.threshold', threshold)
  const scores = supportScores(support, embeddings, options)
  if (labels.length !== scores.length)
    throw new ArgumentError('labels', `have one entry for each of the ${scores.length} embeddings`, labels.length)
  const { accuracy, ...decisions } = decide(labels, scores, scores, threshold)
  return { head: 'support', ...decisions, scores, supportAccuracy: accuracy }
}

/** What {@link evaluatePairs} and {@link evaluateVerification} measured: of pairs, not of images. */
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
  /** Area under the ROC curve (positive = one class) of the negated distance, or of the trained head's logits; NaN where all pairs are of one kind. */
  readonly auc: number
}

/** Judges logits of one class; `ordering` is what the AUC is taken of. */
function judgePairs(logits: Float64Array, ordering: Float64Array, isSimilar: ArrayLike<number>): PairsEvaluation {
  const similar = requireLabelledDistances(ordering, isSimilar)
  const n = logits.length
  return {
    head: 'pair',
    n,
    similar,
    probabilities: logits.map(sigmoid),
    pairAccuracy: logits.filter((logit, k) => (logit >= 0 ? 1 : 0) === isSimilar[k]).length / n,
    loss: meanCrossEntropy(logits, isSimilar),
    auc: rocAuc(isSimilar, ordering, { onOneClass: 'nan' }),
  }
}

/**
 * Evaluates pair verification by distance on pairs with known answers.
 *
 * @param distances of each pair, from `pairDistances`
 * @param isSimilar 1 = same class, 0 = not
 * @throws ArgumentError for no pairs, lengths that differ, numbers that are not finite or labels other than 0 and 1
 */
export function evaluatePairs(
  { scale, threshold }: PairHead,
  distances: ArrayLike<number>,
  isSimilar: ArrayLike<number>,
): PairsEvaluation {
  const values = Float64Array.from(distances)
  return judgePairs(
    values.map((distance) => scale * (threshold - distance)),
    values.map((distance) => -distance),
    isSimilar,
  )
}

/**
 * Evaluates the trained head of pair verification, `network.verify`, on pairs of embeddings; its AUC is that of its probabilities.
 *
 * @param embeddings `[count * embeddingSize]`, from `embedImages`
 * @param pairs rows of each pair and whether they are of one class, from `samplePairs`
 * @throws ArgumentError for a network without `pairHead`, rows that there are not, or what {@link evaluatePairs} refuses
 */
export async function evaluateVerification(
  network: SiameseNetwork,
  embeddings: Embeddings,
  { a, b, isSimilar }: Pairs,
): Promise<PairsEvaluation> {
  const { verify, embeddingSize } = network
  if (verify === undefined) throw new ArgumentError('network', 'have a pairHead', 'one without')
  requirePairRows(embeddings, { a, b }, embeddingSize)
  const logits = new Float64Array(a.length)
  const rows = (places: ArrayLike<number>, start: number): Tensor2D => {
    const count = Math.min(atOnce, places.length - start)
    const values = new Float32Array(count * embeddingSize)
    for (let k = 0, at = 0; k < count; k++) {
      const row = places[start + k]! * embeddingSize
      for (let i = 0; i < embeddingSize; i++) values[at++] = embeddings[row + i]!
    }
    return tensor2d(values, [count, embeddingSize])
  }
  for (let start = 0; start < a.length; start += atOnce) {
    const part = tidy(() => verify(rows(a, start), rows(b, start)))
    try {
      logits.set(await part.data(), start)
    } finally {
      part.dispose()
    }
  }
  return judgePairs(logits, logits, isSimilar)
}
