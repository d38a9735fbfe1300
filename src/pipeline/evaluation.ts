import type { ImageRecord } from '../data/index.js'
import { confusionMatrix, delongInterval, rates, wilsonInterval } from '../metrics/index.js'
import type { Decisions, Evaluation, HeadResult, LockedThreshold } from './resultTypes.js'

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

/** The threshold of a head's probabilities before anything was seen. */
export const half: LockedThreshold = { value: 0.5, rule: 'fixed', chosenOn: 'nothing' }

/** Mean of the patients' shares of right answers. */
function recognition(scored: readonly ScoredRecord[], isRight: readonly boolean[]): number {
  const patients = new Map<string, { n: number; right: number }>()
  scored.forEach(({ record }, i) => {
    const { n, right } = patients.get(record.patient) ?? { n: 0, right: 0 }
    patients.set(record.patient, { n: n + 1, right: right + Number(isRight[i]) })
  })
  return [...patients.values()].reduce((sum, { n, right }) => sum + right / n, 0) / patients.size
}

/** What calling every image from a score on malignant gives. */
export function decide(scored: readonly ScoredRecord[], threshold: LockedThreshold): Decisions {
  const labels = scored.map(({ record }) => record.label === 'malignant')
  const called = scored.map(({ score }) => score >= threshold.value)
  const confusion = confusionMatrix(labels, called)
  const { accuracy, tpr, fpr, precision, f1, balancedAccuracy, mcc } = rates(confusion)
  const right = labels.map((label, i) => label === called[i])
  return {
    threshold,
    confusion,
    accuracy,
    accuracyInterval: {
      ...wilsonInterval(confusion.tp + confusion.tn, scored.length, { level }),
      level,
      method: 'Wilson, images counted as independent',
    },
    accuracyByPatient: null,
    tpr: orNull(tpr),
    fpr: orNull(fpr),
    precision: orNull(precision),
    f1: orNull(f1),
    balancedAccuracy: orNull(balancedAccuracy),
    mcc: orNull(mcc),
    patientRecognition: {
      rate: recognition(scored, right),
      interval: null,
      patients: new Set(scored.map(({ record }) => record.patient)).size,
    },
  }
}

/** Accuracy, AUC, rates and loss of scored images at threshold 0.5, with 95 % intervals. */
export function evaluate(scored: readonly ScoredRecord[]): Evaluation {
  const labels = scored.map(({ record }) => record.label === 'malignant')
  const scores = scored.map(({ score }) => score)
  const decisions = decide(scored, half)
  const delong = delongInterval(labels, scores, { level, onOneClass: 'nan' })
  // Perfect separation has variance 0: an interval of no width would pretend to certainty.
  const hasInterval = delong.variance > 0
  const { accuracy, accuracyInterval, tpr, fpr } = decisions
  return {
    decisions,
    locked: null,
    accuracy,
    accuracyInterval,
    auc: orNull(delong.auc),
    aucInterval: hasInterval
      ? { low: delong.low, high: delong.high, level, method: 'DeLong, logit, images counted as independent' }
      : null,
    aucByPatient: null,
    averagePrecision: null,
    patientAuc: null,
    brier: null,
    calibrationError: null,
    reliability: [],
    loss: { binaryCrossEntropy: scored.reduce((sum, s) => sum + crossEntropy(s), 0) / scored.length },
    tpr,
    fpr,
    n: scored.length,
    positives: labels.filter(Boolean).length,
    patients: decisions.patientRecognition.patients,
  }
}

/** {@link evaluate} over all images and at each magnification that occurs. */
export function evaluateByMagnification(scored: readonly ScoredRecord[]): HeadResult {
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
