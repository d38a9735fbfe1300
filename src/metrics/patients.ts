import { ArgumentError } from '../errors.js'
import { checkLabels, checkNumbers, requireSameLength } from './binary.js'
import { groupRows, type Grouped } from './groups.js'

/** How well the images of one patient were recognised. */
export interface PatientScore {
  /** The patient. */
  group: string | number
  /** Images. */
  n: number
  /** Those called right. */
  right: number
  /** right / n. */
  score: number
}

/** Accuracy by patient and by image. */
export interface RecognitionByPatient {
  /** Patient recognition rate: the mean of the patients' scores, so that each patient counts once. */
  rate: number
  /** Image recognition rate: the share of right images, so that each image counts once. */
  imageRate: number
  /** In the order of their first images. */
  patients: PatientScore[]
}

function checkGroups(groups: ArrayLike<string | number>, labels: Uint8Array): Grouped {
  requireSameLength('groups', groups, labels)
  return groupRows(groups)
}

/**
 * Patient recognition rate, sum over patients of (right / all images of the patient), over the number of patients; and the image
 * recognition rate, right / all images. Labels and predictions are 0/1 or booleans (decisions, not scores).
 *
 * Source: Spanhol, Oliveira, Petitjean, Heutte 2016, "A dataset for breast cancer histopathological image classification".
 *
 * For an interval resample the patients' scores, each a row: a patient that a bootstrap draws twice must count twice.
 *
 * @param groups - The patient of each image: strings or finite numbers.
 * @throws ArgumentError where nothing is given, lengths differ, or a label, prediction or group is none.
 */
export function patientRecognition(
  labels: ArrayLike<number | boolean>,
  predictions: ArrayLike<number | boolean>,
  groups: ArrayLike<string | number>,
): RecognitionByPatient {
  const truth = checkLabels('labels', labels)
  requireSameLength('predictions', predictions, truth)
  const called = checkLabels('predictions', predictions)
  const { names, rows } = checkGroups(groups, truth)
  const patients = rows.map((images, k) => {
    const right = images.reduce((count, i) => count + Number(called[i] === truth[i]), 0)
    return { group: names[k]!, n: images.length, right, score: right / images.length }
  })
  return {
    rate: patients.reduce((sum, { score }) => sum + score, 0) / patients.length,
    imageRate: patients.reduce((sum, { right }) => sum + right, 0) / truth.length,
    patients,
  }
}

/** One label and score for each patient: what ROC, AUC and DeLong take. */
export interface PatientScores {
  /** The patients, in the order of their first images. */
  groups: (string | number)[]
  /** 1 = positive. */
  labels: number[]
  /** The mean score of the patient's images. */
  scores: number[]
}

/**
 * Each patient's mean score: `rocAuc(labels, scores)` of them is the patient-level AUC, and `delongInterval` its interval with
 * patients, not images, as the independent cases.
 *
 * @throws ArgumentError where nothing is given, lengths differ, a label, score or group is none, or a patient has both labels.
 */
export function patientScores(
  labels: ArrayLike<number | boolean>,
  scores: ArrayLike<number>,
  groups: ArrayLike<string | number>,
): PatientScores {
  const truth = checkLabels('labels', labels)
  const values = checkNumbers('scores', scores, truth)
  const { names, rows } = checkGroups(groups, truth)
  const mixed = rows.findIndex((images) => images.some((i) => truth[i] !== truth[images[0]!]))
  if (mixed >= 0) throw new ArgumentError('groups', 'have one label each: this one has both', names[mixed])
  return {
    groups: [...names],
    labels: rows.map((images) => truth[images[0]!]!),
    scores: rows.map((images) => images.reduce((sum, i) => sum + values[i]!, 0) / images.length),
  }
}
