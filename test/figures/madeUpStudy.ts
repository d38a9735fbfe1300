import { createRandom, type Random } from '../../src/random.js'
import { averagePrecision, rocCurve } from '../../src/metrics/index.js'
import { decide, evaluate as evaluateScored } from '../../src/pipeline/evaluation.js'
import type {
  Arm,
  Decisions,
  Evaluation,
  HeadResult,
  Interval,
  LockedThreshold,
  PipelineReport,
  PipelineResult,
  Prediction,
  RunResult,
} from '../../src/pipeline/reportTypes.js'
import { madeUpImage, madeUpResult } from './madeUp.js'

/** What a made-up study is like. */
export interface StudyShape {
  readonly images?: number
  readonly patients?: number
  readonly magnifications?: readonly number[]
  /** All test images are of this class. */
  readonly only?: 'benign' | 'malignant'
  readonly splits?: readonly RunResult['split'][]
  readonly arms?: readonly Arm[]
  readonly hasValidation?: boolean
  /** The name of a patient. */
  readonly patientName?: (i: number) => string
  readonly mistakes?: number
}

const around = (value: number, reach: number, method: string): Interval => ({
  low: Math.max(0, value - reach),
  high: Math.min(1, value + reach),
  level: 0.95,
  method,
})

/** The pipeline's evaluation, and made-up intervals by patient about twice as wide where it has none yet. */
function evaluate(
  items: readonly Prediction[],
  scoreOf: (item: Prediction) => number,
  lockedAt: number | null,
): Evaluation {
  const scored = items.map((item) => ({
    record: { id: item.id, patient: item.patient, label: item.label },
    score: scoreOf(item),
  }))
  const base = evaluateScored(scored)
  const reach = base.patients > 1 ? 0.12 : null
  const byPatient = (value: number | null): Interval | null =>
    value === null || reach === null ? null : around(value, reach, 'percentile bootstrap by patient, 2000 resamples')
  const withPatients = (made: Decisions): Decisions => ({
    ...made,
    accuracyByPatient: byPatient(made.accuracy),
    patientRecognition: { ...made.patientRecognition, interval: byPatient(made.patientRecognition.rate) },
  })
  const locked: LockedThreshold | null =
    lockedAt === null ? null : { value: lockedAt, rule: 'youden', chosenOn: 'validation' }
  const labels = scored.map(({ record }) => record.label === 'malignant')
  const scores = scored.map(({ score }) => score)
  const bins = Array.from({ length: 10 }, (_, i) => {
    const own = scored.filter(({ score }) => Math.min(9, Math.floor(score * 10)) === i)
    return {
      low: i / 10,
      high: (i + 1) / 10,
      n: own.length,
      meanProbability: own.reduce((sum, { score }) => sum + score, 0) / own.length,
      positiveShare: own.filter(({ record }) => record.label === 'malignant').length / own.length,
    }
  }).filter(({ n }) => n > 0)
  return {
    ...base,
    decisions: withPatients(base.decisions),
    locked: locked === null ? null : withPatients(decide(scored, locked)),
    aucByPatient: byPatient(base.auc),
    averagePrecision: base.auc !== null ? averagePrecision(labels, scores) : null,
    patientAuc:
      base.auc === null || base.patients < 4
        ? null
        : {
            auc: base.auc,
            interval: around(base.auc, 0.15, 'DeLong, logit'),
            patients: base.patients,
            malignant: Math.ceil(base.patients * 0.6),
          },
    brier: scores.reduce((sum, score, i) => sum + (score - Number(labels[i])) ** 2, 0) / scores.length,
    calibrationError: {
      value: bins.reduce(
        (sum, bin) => sum + (bin.n / scores.length) * Math.abs(bin.meanProbability - bin.positiveShare),
        0,
      ),
      bins: 10,
      strategy: 'uniform',
    },
    reliability: bins,
  }
}

function headOf(
  items: readonly Prediction[],
  scoreOf: (item: Prediction) => number,
  lockedAt: number | null,
): HeadResult {
  const present = [...new Set(items.map(({ magnification }) => magnification!))].sort((a, b) => a - b)
  return {
    overall: evaluate(items, scoreOf, lockedAt),
    byMagnification: Object.fromEntries(
      present.map((m) => [
        String(m),
        evaluate(
          items.filter((item) => item.magnification === m),
          scoreOf,
          lockedAt,
        ),
      ]),
    ),
  }
}

function drawPredictions(
  shape: Required<Omit<StudyShape, 'only'>> & Pick<StudyShape, 'only'>,
  random: Random,
): Prediction[] {
  const clip = (value: number): number => Math.min(1, Math.max(0, value))
  return Array.from({ length: shape.images }, (_, i) => {
    const patient = i % shape.patients
    const label = shape.only ?? (patient % 5 < 3 ? 'malignant' : 'benign')
    const isMalignant = label === 'malignant'
    return {
      id: `${shape.patientName(patient)}-${i}`,
      patient: shape.patientName(patient),
      magnification: shape.magnifications[Math.floor(i / shape.patients) % shape.magnifications.length]!,
      label,
      score: clip(random.normal(isMalignant ? 0.68 : 0.38, 0.2)),
      support: Math.round(clip(random.normal(isMalignant ? 0.65 : 0.4, 0.25)) * 5) / 5,
    }
  })
}

/** A whole study made up: every section and every figure has something to show. */
export function madeUpStudy(
  shape: StudyShape = {},
  protocol: Partial<PipelineReport['protocol']> = {},
): PipelineResult {
  const {
    images = 64,
    patients = 12,
    magnifications = [40, 100, 200, 400],
    splits = ['patient', 'image'],
    arms = ['esrgan', 'none', 'bicubic', 'psnr'],
    hasValidation = true,
    patientName = (i: number): string => `14-${2500 + i * 37}`,
    mistakes = 8,
    only,
  } = shape
  const whole = { images, patients, magnifications, splits, arms, hasValidation, patientName, mistakes, only }
  const made = madeUpResult(protocol)
  const validation = hasValidation ? { images: 24, patients: 4 } : null
  const runs = splits.flatMap((split) =>
    arms.map((arm): RunResult => {
      const items = drawPredictions(
        whole as Parameters<typeof drawPredictions>[0],
        createRandom(11, `made up ${split} ${arm}`),
      )
      const lockedAt = hasValidation ? 0.5437 : null
      return {
        split,
        arm,
        train: { images: 128, augmented: 16, patients: 17 },
        validation,
        test: { images, patients },
        leakedTestImages: split === 'image' ? images - 3 : 0,
        heads: {
          sigmoid: headOf(items, ({ score }) => score, lockedAt),
          support: { ...headOf(items, ({ support }) => support, lockedAt), method: 'kNN, k = 5', references: 128 },
          pair: {
            pairAccuracy: 0.713,
            pairAccuracyInterval: around(0.713, 0.08, 'percentile bootstrap by patient'),
            auc: 0.77,
            n: 200,
            similar: 100,
            threshold: 0.8731,
            scale: 3.1,
            chosenOn: hasValidation ? 'validation' : 'training',
            samePatientPairs: 9,
          },
        },
        history: made.report.history.siamese,
        keptEpoch: 10,
        predictions: items,
      }
    }),
  )
  const [run] = runs as [RunResult]
  const labels = run.predictions.map(({ label }) => label === 'malignant')
  const random = createRandom(7, 'made up map')
  const roc =
    only === undefined && new Set(labels).size === 2
      ? rocCurve(
          labels,
          run.predictions.map(({ score }) => score),
        )
      : null
  return {
    ...made,
    report: {
      ...made.report,
      protocol: {
        ...made.report.protocol,
        split: splits[0]!,
        test: run.test,
        validation,
        curves: hasValidation ? 'validation' : 'test',
        ...protocol,
      },
      runs,
      comparisons: splits.flatMap((split) =>
        arms.slice(1).map((b) => ({
          split,
          a: arms[0]!,
          b,
          head: 'sigmoid' as const,
          accuracy: {
            difference: 0.0313,
            interval: { low: -0.062, high: 0.125, level: 0.95, method: 'percentile bootstrap by patient' },
            mcNemar: { onlyA: 7, onlyB: 5, p: 0.774 },
          },
          auc:
            only !== undefined
              ? null
              : {
                  difference: -0.012,
                  interval: { low: -0.05, high: 0.03, level: 0.95, method: 'percentile bootstrap by patient' },
                  delong: { z: -0.61, p: 0.54 },
                },
        })),
      ),
      results: run.heads.sigmoid,
      predictions: run.predictions,
      roc: roc === null ? null : { fpr: [...roc.fpr], tpr: [...roc.tpr] },
      embedding: {
        explained: [0.523, 0.187],
        points: run.predictions.map(({ id, patient, label }, i) => ({
          id,
          patient,
          label,
          x: random.normal((label === 'malignant' ? 1.5 : -1) + Math.sin(i % patients), 0.6),
          y: random.normal(Math.cos((i % patients) * 2.1), 0.5),
        })),
      },
    },
    pictures: {
      ...made.pictures,
      mistakes: Array.from({ length: mistakes }, (_, i) => ({
        caption: `${patientName(i)}-100-00${i}, 100x`,
        image: madeUpImage(i % 3 === 1 ? 224 : 112, i % 3 === 2 ? 224 : 147, i),
        label: i % 2 === 0 ? ('malignant' as const) : ('benign' as const),
        score: i % 2 === 0 ? 0.03 + i / 100 : 0.97 - i / 100,
        patient: patientName(i),
        nearest: [0, 1].map((k) => ({
          caption: `${patientName(i + 20 + k)}-100-01${k}`,
          label: (i + k) % 3 === 0 ? ('malignant' as const) : ('benign' as const),
          distance: 0.1234 + k * 0.05,
          image: madeUpImage(56, 56, i * 3 + k),
        })),
      })),
    },
  }
}
