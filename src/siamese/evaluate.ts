import { repairBackend } from '../backend/index.js'
import { ArgumentError, requireInteger, requireRange } from '../errors.js'
import { confusionMatrix, rates, rocAuc, type Confusion } from '../metrics/index.js'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'
import type { SiameseNetwork } from './network.js'
import { loadImages, type ImageLoader } from './imageLoader.js'

/** Options of {@link predictSiamese}. */
export interface PredictOptions {
  /** Loads images by index, `0` to `count - 1`. */
  readonly images: ImageLoader
  /** How many images there are. */
  readonly count: number
  /** Images at once; default 32. */
  readonly batchSize?: number
  /** Receives progress, stage `predict`, in images. */
  readonly onProgress?: OnProgress
  /** Stops between batches. */
  readonly signal?: AbortSignal
}

/** Stable `log(1 + e^x)`. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** The head's logits of all images, without dropout. */
async function logitsOf(network: SiameseNetwork, options: PredictOptions): Promise<Float64Array> {
  const { images, count, batchSize = 32, onProgress, signal } = options
  requireInteger('options.count', count, 0)
  requireInteger('options.batchSize', batchSize, 1)
  repairBackend()
  const report = trackProgress('predict', count, onProgress)
  const logits = new Float64Array(count)
  const batchAt = (start: number): number[] =>
    Array.from({ length: Math.max(0, Math.min(batchSize, count - start)) }, (_, i) => start + i)
  for (let start = 0; start < count; start += batchSize) {
    await breathe(signal)
    const indices = batchAt(start)
    const batch = await loadImages(network, images, indices, batchAt(start + batchSize))
    const embeddings = network.embed(batch)
    batch.dispose()
    const part = network.classify(embeddings)
    embeddings.dispose()
    logits.set(await part.data(), start)
    part.dispose()
    report(start + indices.length)
  }
  return logits
}

/**
 * Probability of malignant of each image, `sigmoid(logit)` of the head, without dropout, in batches.
 *
 * @throws ArgumentError for numbers out of range or images of another shape; the signal's reason when aborted.
 */
export async function predictSiamese(network: SiameseNetwork, options: PredictOptions): Promise<Float64Array> {
  return (await logitsOf(network, options)).map((logit) => 1 / (1 + Math.exp(-logit)))
}

/** Options of {@link evaluateSiamese}. */
export interface EvaluateOptions extends Omit<PredictOptions, 'count'> {
  /** Class of each image: 0 benign, 1 malignant. */
  readonly labels: ArrayLike<number>
  /** An image counts as malignant from this probability on; default 0.5. Choose it on validation data, never on the test. */
  readonly threshold?: number
}

/** What {@link evaluateSiamese} measured on single images; positive = malignant. A rate without any case is NaN. */
export interface SiameseEvaluation {
  /** Number of images. */
  readonly n: number
  /** Probability of malignant, one of each image. */
  readonly probabilities: Float64Array
  /** Mean binary cross-entropy of the head, in nats. */
  readonly loss: number
  /** (TP + TN) / n, equation (5). */
  readonly accuracy: number
  /** TP / (TP + FN), equation (6). */
  readonly tpr: number
  /** FP / (TN + FP), equation (7). */
  readonly fpr: number
  /** Area under the ROC curve; NaN with one class only. */
  readonly auc: number
  /** The counts. */
  readonly confusion: Confusion
  /** The threshold that was used. */
  readonly threshold: number
}

/**
 * Evaluates the head on images with known classes: accuracy, rates, ROC-AUC and cross-entropy, without dropout.
 *
 * @throws ArgumentError for no images, labels other than 0 and 1, or numbers out of range.
 */
export async function evaluateSiamese(network: SiameseNetwork, options: EvaluateOptions): Promise<SiameseEvaluation> {
  const { labels, threshold = 0.5, ...rest } = options
  if (labels.length === 0) throw new ArgumentError('options.labels', 'hold at least one label', [])
  requireRange('options.threshold', threshold, 0, 1)
  const logits = await logitsOf(network, { ...rest, count: labels.length })
  const probabilities = logits.map((logit) => 1 / (1 + Math.exp(-logit)))
  const confusion = confusionMatrix(
    labels,
    Array.from(probabilities, (p) => (p >= threshold ? 1 : 0)),
  )
  const { accuracy, tpr, fpr } = rates(confusion)
  return {
    n: labels.length,
    probabilities,
    loss: logits.reduce((sum, logit, i) => sum + softplus(labels[i] === 1 ? -logit : logit), 0) / labels.length,
    accuracy,
    tpr,
    fpr,
    auc: rocAuc(labels, logits, { onOneClass: 'nan' }),
    confusion,
    threshold,
  }
}
