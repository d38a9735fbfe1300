import { version_core } from '@tensorflow/tfjs-core'
import { version } from '../../package.json'
import {
  publishedTableI,
  tableI,
  type DataAudit,
  type ImageRecord,
  type ImageSource,
  type SkippedImage,
} from '../data/index.js'
import type { RollBack } from '../esrgan/index.js'
import type { FeatureExtractor } from '../losses/index.js'
import { rocCurve } from '../metrics/index.js'
import { describeSettings } from './describe.js'
import { esrganMemory } from './memory.js'
import type { PreparedRecords } from './prepare.js'
import type { PipelineSettings } from './presets.js'
import { publishedResults } from './published.js'
import type { PipelineReport, Prediction, RunResult, StepHistory } from './reportTypes.js'

/** Everything that a finished run knows. */
export interface RunParts {
  readonly protocol: Pick<PipelineReport['protocol'], 'seed' | 'preset' | 'backend' | 'maxSteps'>
  readonly settings: PipelineSettings
  readonly source: ImageSource
  /** The main split. */
  readonly prepared: PreparedRecords
  readonly skipped: readonly SkippedImage[]
  /** Of the images used, with the main split. */
  readonly audit: DataAudit
  readonly features: FeatureExtractor
  readonly networks: PipelineReport['protocol']['networks']
  readonly superResolution: {
    readonly measured: PipelineReport['superResolution']
    readonly history: readonly StepHistory[]
    readonly rollBacks: readonly RollBack[]
  }
  /** Every run, the main one first. */
  readonly runs: readonly RunResult[]
  readonly comparisons: PipelineReport['comparisons']
  readonly embedding: PipelineReport['embedding']
  readonly seconds: Readonly<Record<string, number>>
  readonly dataTime: PipelineReport['dataTime']
}

const patientsOf = (records: readonly ImageRecord[]): number => new Set(records.map(({ patient }) => patient)).size

function measuredTable(records: readonly ImageRecord[]): PipelineReport['tableI'] {
  const { benign, malignant } = tableI(records)
  return {
    measured: { benign: benign.counts, malignant: malignant.counts },
    slides: { benign: benign.patients, malignant: malignant.patients },
    published: { benign: publishedTableI.benign.counts, malignant: publishedTableI.malignant.counts },
  }
}

/** The ROC curve of the sigmoid head; null where only one class is present. */
function rocOf(predictions: readonly Prediction[]): PipelineReport['roc'] {
  const labels = predictions.map(({ label }) => label === 'malignant')
  if (!labels.includes(true) || !labels.includes(false)) return null
  const { fpr, tpr } = rocCurve(
    labels,
    predictions.map(({ score }) => score),
  )
  return { fpr, tpr }
}

/** Puts the whole report together. */
export function assembleReport(parts: RunParts): PipelineReport {
  const { protocol, settings, source, prepared, audit, features, runs, superResolution } = parts
  const { split } = prepared
  const used = [...split.train, ...split.test]
  const run = runs[0]!
  const { unknown, collisions, duplicates, pictures, leaks } = audit
  const { onBothSides, leakedTestImages, testImagesInLeaks } = audit.split!
  return {
    schemaVersion: 3,
    protocol: {
      split: run.split,
      ...protocol,
      source: source.kind,
      sourceDescription: source.description,
      images: used.length,
      patients: patientsOf(used),
      train: run.train,
      validation: run.validation,
      test: run.test,
      curves: run.validation === null ? 'test' : 'validation',
      inputSize: settings.inputSize,
      networks: parts.networks,
      perceptual: features.name,
      settings: {
        ...describeSettings(settings),
        // An official fold has a share of its own.
        ...(split.kind === 'official' ? { 'test share': Number((run.test.images / used.length).toFixed(4)) } : {}),
        'perceptual features': features.description,
        'expected memory of training, MiB': Math.round(esrganMemory(settings.esrgan, features).bytes / 2 ** 20),
      },
      skipped: parts.skipped.map(({ record, problem }) => `${record.id}: ${problem}`),
    },
    tableI: measuredTable(used),
    leakage: { onBothSides, leakedTestImages, testImagesInLeaks, unknown, collisions, duplicates, pictures, leaks },
    runs,
    comparisons: parts.comparisons,
    results: run.heads.sigmoid,
    predictions: run.predictions,
    embedding: parts.embedding,
    roc: rocOf(run.predictions),
    superResolution: superResolution.measured,
    history: { esrgan: superResolution.history, rollBacks: superResolution.rollBacks, siamese: run.history },
    versions: { package: version, tfjs: version_core },
    published: publishedResults,
    figures: [],
    seconds: parts.seconds,
    dataTime: parts.dataTime,
  }
}
