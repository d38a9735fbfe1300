import type { ImageRecord } from '../data/index.js'
import {
  aucOfRows,
  averagePrecision,
  brierScore,
  confusionMatrix,
  delongInterval,
  expectedCalibrationError,
  patientRecognition,
  patientScores,
  rates,
  reliabilityCurve,
  wilsonInterval,
} from '../metrics/index.js'
import { intervalByPatient, level } from './intervalByPatient.js'
import type { Decisions, Evaluation, HeadResult, Interval, LockedThreshold } from './resultTypes.js'

/** A record with a head's answer. */
export interface ScoredRecord {
  /** The image. */
  readonly record: ImageRecord
  /** How much speaks for malignant, in [0, 1]. */
  readonly score: number
}

/** How scores are to be judged. */
export interface EvaluateOptions {
  /** The threshold that was chosen before the test; null (default) where none was. */
  readonly locked?: LockedThreshold | null
  /** Whether the scores are probabilities, which are calibrated or not and have a cross-entropy; default true. */
  readonly isProbability?: boolean
  /** Of the bootstrap; default 0. */
  readonly seed?: number
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)

/** Binary cross-entropy of a probability, clipped at 1e-7 as Keras does. */
function crossEntropy({ record, score }: ScoredRecord): number {
  const p = Math.min(1 - 1e-7, Math.max(1e-7, record.label === 'malignant' ? score : 1 - score))
  return -Math.log(p)
}

/** The threshold of a head's scores before anything was seen. */
export const half: LockedThreshold = { value: 0.5, rule: 'fixed', chosenOn: 'nothing' }

const patientsOf = (scored: readonly ScoredRecord[]): string[] => scored.map(({ record }) => record.patient)
const labelsOf = (scored: readonly ScoredRecord[]): boolean[] =>
  scored.map(({ record }) => record.label === 'malignant')

/** Mean of the drawn rows' values. */
const meanOf =
  (values: ArrayLike<number>) =>
  (rows: Int32Array): number =>
    rows.reduce((sum, i) => sum + values[i]!, 0) / rows.length

/** What calling every image from a score on malignant gives. */
export function decide(scored: readonly ScoredRecord[], threshold: LockedThreshold, seed = 0): Decisions {
  const labels = labelsOf(scored)
  const patients = patientsOf(scored)
  const called = scored.map(({ score }) => score >= threshold.value)
  const confusion = confusionMatrix(labels, called)
  const { accuracy, tpr, fpr, precision, f1, balancedAccuracy, mcc } = rates(confusion)
  const isRight = labels.map((label, i) => Number(label === called[i]))
  const recognised = patientRecognition(labels, called, patients)
  // Each patient is one row here: drawn twice, it counts twice.
  const each = recognised.patients.map(({ group }) => group)
  const shares = recognised.patients.map(({ score }) => score)
  return {
    threshold,
    confusion,
    accuracy,
    accuracyInterval: {
      ...wilsonInterval(confusion.tp + confusion.tn, scored.length, { level }),
      level,
      method: 'Wilson, images counted as independent',
    },
    accuracyByPatient: intervalByPatient(patients, meanOf(isRight), seed),
    tpr: orNull(tpr),
    fpr: orNull(fpr),
    precision: orNull(precision),
    f1: orNull(f1),
    balancedAccuracy: orNull(balancedAccuracy),
    mcc: orNull(mcc),
    patientRecognition: {
      rate: recognised.rate,
      interval: intervalByPatient(each, meanOf(shares), seed),
      patients: each.length,
    },
  }
}

/** AUC with DeLong's logit interval; the interval null where its variance is 0, the AUC where there is one class only. */
function aucOf(
  labels: readonly (boolean | number)[],
  scores: readonly number[],
  unit: string,
): { auc: number | null; interval: Interval | null } {
  const { auc, variance, low, high } = delongInterval(labels, scores, { level, onOneClass: 'nan' })
  // Perfect separation has variance 0: an interval of no width would pretend to certainty.
  const interval = variance > 0 ? { low, high, level, method: `DeLong, logit, ${unit} counted as independent` } : null
  return { auc: orNull(auc), interval }
}

/** AUC of the patients' mean scores; null where a patient has images of both classes, or all patients are of one. */
function patientAucOf(scored: readonly ScoredRecord[]): Evaluation['patientAuc'] {
  const classes = new Map<string, boolean>()
  for (const { record } of scored) {
    const isMalignant = record.label === 'malignant'
    if ((classes.get(record.patient) ?? isMalignant) !== isMalignant) return null
    classes.set(record.patient, isMalignant)
  }
  const { labels, scores } = patientScores(
    labelsOf(scored),
    scored.map(({ score }) => score),
    patientsOf(scored),
  )
  const { auc, interval } = aucOf(labels, scores, 'patients')
  if (auc === null) return null
  const malignant = labels.reduce((sum, label) => sum + label, 0)
  return { auc, interval, patients: labels.length, malignant }
}

/** Bins of the calibration error. */
const bins = 10

/** Accuracy, AUC, rates, calibration and loss of scored images, with 95 % intervals by image and by patient. */
export function evaluate(
  scored: readonly ScoredRecord[],
  { locked = null, isProbability = true, seed = 0 }: EvaluateOptions = {},
): Evaluation {
  const labels = labelsOf(scored)
  const scores = scored.map(({ score }) => score)
  const patients = patientsOf(scored)
  const decisions = decide(scored, half, seed)
  const { auc, interval } = aucOf(labels, scores, 'images')
  const { accuracy, accuracyInterval, tpr, fpr } = decisions
  const positives = labels.filter(Boolean).length
  return {
    decisions,
    locked: locked === null ? null : decide(scored, locked, seed),
    accuracy,
    accuracyInterval,
    auc,
    aucInterval: interval,
    aucByPatient: auc === null ? null : intervalByPatient(patients, aucOfRows(labels, scores), seed),
    averagePrecision: auc === null ? null : averagePrecision(labels, scores),
    patientAuc: patientAucOf(scored),
    brier: isProbability ? brierScore(labels, scores) : null,
    calibrationError: isProbability
      ? { value: expectedCalibrationError(labels, scores, { bins }), bins, strategy: 'uniform' }
      : null,
    reliability: isProbability ? reliabilityCurve(labels, scores, { bins }) : [],
    loss: isProbability
      ? { binaryCrossEntropy: scored.reduce((sum, s) => sum + crossEntropy(s), 0) / scored.length }
      : {},
    tpr,
    fpr,
    n: scored.length,
    positives,
    patients: decisions.patientRecognition.patients,
  }
}

/** {@link evaluate} over all images and at each magnification that occurs. */
export function evaluateByMagnification(scored: readonly ScoredRecord[], options: EvaluateOptions): HeadResult {
  const present = [...new Set(scored.map(({ record }) => record.magnification))]
    .filter((magnification) => magnification !== undefined)
    .sort((a, b) => a - b)
  return {
    overall: evaluate(scored, options),
    byMagnification: Object.fromEntries(
      present.map((m) => [
        String(m),
        evaluate(
          scored.filter(({ record }) => record.magnification === m),
          options,
        ),
      ]),
    ),
  }
}
