import { ArgumentError } from '../errors.js'
import {
  aucOfRows,
  averagePrecision,
  bootstrapByGroup,
  confusionMatrix,
  delongInterval,
  patientRecognition,
  patientScores,
  rates,
  rocAuc,
  rocCurve,
  thresholdAtSensitivity,
  thresholdAtSpecificity,
  youdenThreshold,
  type ChosenThreshold,
  type Confusion,
  type Rates,
  type RocCurve,
} from '../metrics/index.js'
import type { Scores } from './scores.js'

/** An interval; or null, and why these data have none. */
interface WithInterval {
  readonly interval: {
    readonly method: string
    readonly level: number
    readonly low: number
    readonly high: number
  } | null
  readonly noInterval?: string
}

/** What a table of labels and scores says of patients. */
interface PatientResult extends WithInterval {
  readonly n: number
  /** Patient recognition rate at the threshold; null where there is none. */
  readonly recognition: ({ readonly rate: number; readonly imageRate: number } & WithInterval) | null
  /** Of the patients' mean scores, as its interval is; null where a group has both labels. */
  readonly auc: number | null
}

/** What `esrgan-scnn roc` prints. */
export interface RocResult extends WithInterval {
  readonly auc: number
  readonly n: number
  readonly positives: number
  readonly groups?: number
  readonly averagePrecision: number
  /** Chosen on these very rows: their rates flatter. */
  readonly thresholds: {
    readonly youden: ChosenThreshold
    readonly sensitivity95: ChosenThreshold
    readonly specificity95: ChosenThreshold
  }
  /** The decisions score >= threshold; null where there is no threshold. */
  readonly decisions: (Confusion & Rates & { readonly threshold: number }) | null
  readonly patients?: PatientResult
  readonly roc: RocCurve
}

/** The interval, or the reason for which these data have none. */
function intervalOr(make: () => WithInterval): WithInterval {
  try {
    return make()
  } catch (error) {
    if (error instanceof ArgumentError) return { interval: null, noInterval: error.message }
    throw error
  }
}

const delong = (labels: readonly number[], scores: readonly number[], rows: string): WithInterval =>
  intervalOr(() => {
    const { variance, low, high, level } = delongInterval(labels, scores)
    return variance > 0
      ? { interval: { method: `DeLong, logit, ${rows} counted as independent`, level, low, high } }
      : { interval: null, noInterval: "DeLong's variance is 0: the scores separate the classes, or say nothing at all" }
  })

const clustered = (groups: readonly (string | number)[], statistic: (rows: Int32Array) => number): WithInterval =>
  intervalOr(() => {
    const { level, low, high, resamples, undefinedResamples } = bootstrapByGroup(groups, statistic)
    const left = undefinedResamples === 0 ? '' : `, ${undefinedResamples} of them undefined`
    return { interval: { method: `bootstrap of groups, percentile, ${resamples} resamples${left}`, level, low, high } }
  })

function ofPatients(
  { labels, scores }: Scores,
  groups: readonly string[],
  called: readonly boolean[] | undefined,
): PatientResult {
  const n = new Set(groups).size
  let recognition: PatientResult['recognition'] = null
  if (called !== undefined) {
    const { rate, imageRate, patients } = patientRecognition(labels, called, groups)
    const mean = (rows: Int32Array): number => rows.reduce((sum, i) => sum + patients[i]!.score, 0) / rows.length
    const names = patients.map(({ group }) => group)
    recognition = { rate, imageRate, ...clustered(names, mean) }
  }
  let patients: ReturnType<typeof patientScores>
  try {
    patients = patientScores(labels, scores, groups)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    return { n, recognition, auc: null, interval: null, noInterval: error.message }
  }
  const auc = rocAuc(patients.labels, patients.scores)
  return { n, recognition, auc, ...delong(patients.labels, patients.scores, 'patients') }
}

/** Everything that a table of labels and scores of both classes says; `threshold` decides score >= threshold. */
export function rocResult(table: Scores, threshold: number | undefined): RocResult {
  const { labels, scores, groups } = table
  const isProbability = scores.every((score) => score >= 0 && score <= 1)
  const at = threshold ?? (isProbability ? 0.5 : undefined)
  const called = at === undefined ? undefined : scores.map((score) => score >= at)
  const confusion = called && confusionMatrix(labels, called)
  return {
    auc: rocAuc(labels, scores),
    n: labels.length,
    positives: labels.filter((label) => label === 1).length,
    ...(groups && { groups: new Set(groups).size }),
    ...(groups ? clustered(groups, aucOfRows(labels, scores)) : delong(labels, scores, 'rows')),
    averagePrecision: averagePrecision(labels, scores),
    thresholds: {
      youden: youdenThreshold(labels, scores),
      sensitivity95: thresholdAtSensitivity(labels, scores, 0.95),
      specificity95: thresholdAtSpecificity(labels, scores, 0.95),
    },
    decisions: confusion === undefined ? null : { threshold: at!, ...confusion, ...rates(confusion) },
    ...(groups && { patients: ofPatients(table, groups, called) }),
    roc: rocCurve(labels, scores),
  }
}
