import { version_core } from '@tensorflow/tfjs-core'
import { version } from '../../package.json'
import {
  publishedTableI,
  tableI,
  type AugmentedRecord,
  type DataAudit,
  type ImageRecord,
  type ImageSource,
  type SkippedImage,
  type Split,
  type SplitName,
} from '../data/index.js'
import type { RollBack } from '../esrgan/index.js'
import type { FeatureExtractor } from '../losses/index.js'
import { rocCurve } from '../metrics/index.js'
import type { SiameseEpoch } from '../siamese/index.js'
import { describeSettings } from './describe.js'
import { evaluateByMagnification, type ScoredRecord } from './evaluation.js'
import { esrganMemory } from './memory.js'
import type { PipelineSettings } from './presets.js'
import { publishedResults } from './published.js'
import type { EpochHistory, PipelineReport, Prediction, RunResult, StepHistory } from './reportTypes.js'

/** Everything that a finished run knows. */
export interface RunParts {
  readonly protocol: Pick<PipelineReport['protocol'], 'seed' | 'preset' | 'backend' | 'maxSteps'> & {
    readonly split: SplitName
  }
  readonly settings: PipelineSettings
  readonly source: ImageSource
  readonly split: Split
  readonly training: readonly AugmentedRecord[]
  readonly skipped: readonly SkippedImage[]
  /** Of the images used, with the split. */
  readonly audit: DataAudit
  readonly features: FeatureExtractor
  readonly networks: PipelineReport['protocol']['networks']
  readonly superResolution: PipelineReport['superResolution']
  readonly esrganHistory: readonly StepHistory[]
  readonly rollBacks: readonly RollBack[]
  readonly siameseHistory: readonly SiameseEpoch[]
  readonly scored: readonly ScoredRecord[]
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

/** The ROC curve of the scored images; null where only one class is present. */
function rocOf(scored: readonly ScoredRecord[]): PipelineReport['roc'] {
  const labels = scored.map(({ record }) => record.label === 'malignant')
  if (!labels.includes(true) || !labels.includes(false)) return null
  const { fpr, tpr } = rocCurve(
    labels,
    scored.map(({ score }) => score),
  )
  return { fpr, tpr }
}

/** Evaluates the scored test images and puts the whole report together. */
export function assembleReport(parts: RunParts): PipelineReport {
  const { protocol, settings, source, split, training, skipped, features, networks, scored, seconds } = parts
  const { train, test } = split
  const used = [...train, ...test]
  const { unknown, collisions, duplicates, pictures, leaks } = parts.audit
  const { onBothSides, leakedTestImages, testImagesInLeaks } = parts.audit.split!
  const sides = {
    train: { images: train.length, augmented: training.length - train.length, patients: patientsOf(train) },
    validation: null,
    test: { images: test.length, patients: patientsOf(test) },
  }
  const history = parts.siameseHistory.map(({ epoch, loss, accuracy, validation }): EpochHistory => ({
    epoch,
    loss,
    accuracy,
    heldOutLoss: validation!.loss,
    heldOutAccuracy: validation!.accuracy,
    heldOutAuc: Number.isNaN(validation!.auc) ? null : validation!.auc,
  }))
  const predictions = scored.map(({ record, score }): Prediction => ({
    id: record.id,
    patient: record.patient,
    magnification: record.magnification ?? null,
    label: record.label,
    score,
    support: null,
  }))
  const run: RunResult = {
    split: protocol.split,
    arm: 'esrgan',
    ...sides,
    leakedTestImages,
    heads: { sigmoid: evaluateByMagnification(scored), support: null, pair: null },
    history,
    keptEpoch: history.length,
    predictions,
  }
  return {
    schemaVersion: 3,
    protocol: {
      ...protocol,
      source: source.kind,
      sourceDescription: source.description,
      images: used.length,
      patients: patientsOf(used),
      ...sides,
      curves: 'test',
      inputSize: settings.inputSize,
      networks,
      perceptual: features.name,
      settings: {
        ...describeSettings(settings),
        // An official fold has a share of its own.
        ...(split.kind === 'official' ? { 'test share': Number((test.length / used.length).toFixed(4)) } : {}),
        'perceptual features': features.description,
        'expected memory of training, MiB': Math.round(esrganMemory(settings.esrgan, features).bytes / 2 ** 20),
      },
      skipped: skipped.map(({ record, problem }) => `${record.id}: ${problem}`),
    },
    tableI: measuredTable(used),
    leakage: { onBothSides, leakedTestImages, testImagesInLeaks, unknown, collisions, duplicates, pictures, leaks },
    runs: [run],
    comparisons: [],
    results: run.heads.sigmoid,
    predictions,
    embedding: null,
    roc: rocOf(scored),
    superResolution: parts.superResolution,
    history: {
      esrgan: parts.esrganHistory,
      rollBacks: parts.rollBacks,
      siamese: history,
    },
    versions: { package: version, tfjs: version_core },
    published: publishedResults,
    figures: [],
    seconds,
    dataTime: parts.dataTime,
  }
}
