import type { ImageRecord } from '../data/index.js'
import { confusionMatrix, delongInterval, rates, wilsonInterval } from '../metrics/index.js'
import type { Evaluation, RunResult } from './reportTypes.js'

/** A record with the network's answer. */
export interface ScoredRecord {
  /** The image. */
  readonly record: ImageRecord
  /** Probability of malignant. */
  readonly score: number
}

const level = 0.95
const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)

/** Binary cross-entropy of a probability, clipped at 1e-7 as Keras does. */
function crossEntropy({ record, score }: ScoredRecord): number {
  const p = Math.min(1 - 1e-7, Math.max(1e-7, record.label === 'malignant' ? score : 1 - score))
  return -Math.log(p)
}

/** Accuracy, AUC, rates and loss of scored images at threshold 0.5, with 95 % intervals. */
export function evaluate(scored: readonly ScoredRecord[]): Evaluation {
  const labels = scored.map(({ record }) => record.label === 'malignant')
  const scores = scored.map(({ score }) => score)
  const confusion = confusionMatrix(
    labels,
    scores.map((score) => score >= 0.5),
  )
  const { accuracy, tpr, fpr } = rates(confusion)
  const delong = delongInterval(labels, scores, { level, onOneClass: 'nan' })
  const wilson = wilsonInterval(confusion.tp + confusion.tn, scored.length, { level })
  // Perfect separation has variance 0: an interval of no width would pretend to certainty.
  const hasInterval = delong.variance > 0
  return {
    accuracy,
    accuracyInterval: { ...wilson, level, method: 'Wilson, images counted as independent' },
    auc: orNull(delong.auc),
    aucInterval: hasInterval
      ? { low: delong.low, high: delong.high, level, method: 'DeLong, logit, images counted as independent' }
      : null,
    loss: { binaryCrossEntropy: scored.reduce((sum, s) => sum + crossEntropy(s), 0) / scored.length },
    tpr: orNull(tpr),
    fpr: orNull(fpr),
    n: scored.length,
    positives: labels.filter(Boolean).length,
    patients: new Set(scored.map(({ record }) => record.patient)).size,
  }
}

/** {@link evaluate} over all images and at each magnification that occurs. */
export function evaluateByMagnification(
  scored: readonly ScoredRecord[],
): Pick<RunResult, 'overall' | 'byMagnification'> {
  const present = [...new Set(scored.map(({ record }) => record.magnification))]
    .filter((magnification) => magnification !== undefined)
    .sort((a, b) => a - b)
  return {
    overall: evaluate(scored),
    byMagnification: Object.fromEntries(
      present.map((m) => [String(m), evaluate(scored.filter(({ record }) => record.magnification === m))]),
    ),
  }
}
