import { samplePairs, type ImageRecord } from '../data/index.js'
import { youdenThreshold } from '../metrics/index.js'
import {
  createSupportSet,
  evaluatePairs,
  fitPairHead,
  pairDistances,
  supportScores,
  type Metric,
  type PairHead,
  type SupportSet,
} from '../siamese/index.js'
import { evaluateByMagnification, type ScoredRecord } from './evaluation.js'
import { pairInterval } from './pairInterval.js'
import type { LockedThreshold, PairEvaluation, Prediction, RunResult } from './resultTypes.js'

/** Images of one side, with what the network makes of them. */
export interface AnsweredSide {
  /** The images, none of them augmented. */
  readonly records: readonly ImageRecord[]
  /** Their embeddings, row by row. */
  readonly embeddings: Float32Array
  /** Their probabilities of malignant. */
  readonly scores: Float64Array
}

/** What {@link evaluateHeads} takes. */
export interface HeadsOptions {
  /** The images that were learned from. */
  readonly learned: AnsweredSide
  /** The images to choose by; no records where there are none. */
  readonly validation: AnsweredSide
  /** The images of the results. */
  readonly test: AnsweredSide
  /** Numbers in a row of embeddings. */
  readonly embeddingSize: number
  /** How far apart two embeddings are. */
  readonly metric: Metric
  /** Of pairs and bootstrap. */
  readonly seed: number
}

/** What the heads of one network say of the test images, and the parts that they say it with. */
export interface HeadsResult {
  readonly heads: RunResult['heads']
  readonly predictions: readonly Prediction[]
  readonly support: SupportSet
  /** How the support set answers. */
  readonly supportHow: { readonly method: 'knn'; readonly k: number }
  readonly pairHead: PairHead
  /** The sigmoid head's threshold that validation chose. */
  readonly locked: LockedThreshold | null
}

/** Neighbours that vote. */
const neighbours = 5

/** Pairs to fit on, and pairs to judge by, at most. */
const pairCount = 2000

export const classOf = ({ label }: ImageRecord): number => (label === 'malignant' ? 1 : 0)

const scoredBy = (records: readonly ImageRecord[], scores: ArrayLike<number>): ScoredRecord[] =>
  records.map((record, i) => ({ record, score: scores[i]! }))

/** The Youden threshold of the validation images; null without images of both classes. */
function lock(records: readonly ImageRecord[], scores: ArrayLike<number>): LockedThreshold | null {
  const labels = records.map(classOf)
  if (!labels.includes(0) || !labels.includes(1)) return null
  return { value: youdenThreshold(labels, scores).threshold, rule: 'youden', chosenOn: 'validation' }
}

/** Whether there are a pair of one class and a pair of two. */
function canPair(records: readonly ImageRecord[]): boolean {
  const malignant = records.reduce((sum, record) => sum + classOf(record), 0)
  const benign = records.length - malignant
  return Math.min(malignant, benign) > 0 && Math.max(malignant, benign) > 1
}

/** Distances of balanced pairs of a side's images. */
function pairsOf({ records, embeddings }: AnsweredSide, purpose: number, options: HeadsOptions) {
  const { embeddingSize, metric, seed } = options
  const pairs = samplePairs(records.map(classOf), { count: pairCount, seed: seed * 2 + purpose })
  return { ...pairs, distances: pairDistances(embeddings, pairs, { embeddingSize, metric }) }
}

/** Pair verification: fitted on validation pairs, where there are none on training pairs, and judged by test pairs. */
function verifyPairs(options: HeadsOptions): { pair: PairEvaluation | null; pairHead: PairHead } {
  const { learned, validation, test, seed } = options
  const chosenOn = canPair(validation.records) ? 'validation' : 'training'
  const known = pairsOf(chosenOn === 'validation' ? validation : learned, 0, options)
  const pairHead = fitPairHead(known.distances, known.isSimilar)
  if (!canPair(test.records)) return { pair: null, pairHead }
  const asked = pairsOf(test, 1, options)
  const { n, similar, pairAccuracy, auc, probabilities } = evaluatePairs(pairHead, asked.distances, asked.isSimilar)
  const patients = test.records.map(({ patient }) => patient)
  const isRight = Array.from(probabilities, (p, k) => Number((p >= 0.5 ? 1 : 0) === asked.isSimilar[k]))
  return {
    pairHead,
    pair: {
      pairAccuracy,
      pairAccuracyInterval: pairInterval(patients, asked, isRight, seed),
      auc: Number.isNaN(auc) ? null : auc,
      n,
      similar,
      threshold: pairHead.threshold,
      scale: pairHead.scale,
      chosenOn,
      samePatientPairs: asked.a.filter((i, k) => patients[i] === patients[asked.b[k]!]).length,
    },
  }
}

/** Evaluates the three heads of a network from the embeddings of its images. */
export function evaluateHeads(options: HeadsOptions): HeadsResult {
  const { learned, validation, test, embeddingSize, metric, seed } = options
  const support = createSupportSet({
    embeddings: learned.embeddings,
    embeddingSize,
    labels: learned.records.map(classOf),
    ids: learned.records.map(({ id }) => id),
    metric,
  })
  const references = learned.records.length
  const supportHow = { method: 'knn', k: Math.min(neighbours, references) } as const
  const near = (embeddings: Float32Array): Float64Array => supportScores(support, embeddings, supportHow)
  const supported = near(test.embeddings)
  const locked = lock(validation.records, validation.scores)
  const { pair, pairHead } = verifyPairs(options)
  return {
    heads: {
      sigmoid: evaluateByMagnification(scoredBy(test.records, test.scores), { locked, isProbability: true, seed }),
      support: {
        method: `malignant share of the ${supportHow.k} nearest training images, ${metric} distance`,
        references,
        ...evaluateByMagnification(scoredBy(test.records, supported), {
          locked: lock(validation.records, near(validation.embeddings)),
          isProbability: false,
          seed,
        }),
      },
      pair,
    },
    predictions: test.records.map((record, i) => ({
      id: record.id,
      patient: record.patient,
      magnification: record.magnification ?? null,
      label: record.label,
      score: test.scores[i]!,
      support: supported[i]!,
    })),
    support,
    supportHow,
    pairHead,
    locked,
  }
}
