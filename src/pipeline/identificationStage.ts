import type { ImageRecord, Store } from '../data/index.js'
import {
  classifyEmbeddings,
  createPairBatches,
  createSiamese,
  defaultWidths,
  embedImages,
  trainSiamese,
  type SiameseCheckpoint,
  type SiameseEpoch,
  type SiameseNetwork,
} from '../siamese/index.js'
import { packCheckpoint, saveSeconds, unpackCheckpoint } from './checkpoint.js'
import { classOf, type AnsweredSide } from './heads.js'
import type { InputShelves } from './inputShelves.js'
import type { PreparedRecords } from './prepare.js'
import type { SiameseSettings } from './presets.js'
import type { EpochHistory } from './resultTypes.js'
import type { RunContext } from './runContext.js'
import { scale } from './scale.js'
import type { ImageShelf } from './superResolved.js'

/** The trained network, which the caller disposes, its curve and its answers. */
export interface Identification {
  readonly network: SiameseNetwork
  readonly history: readonly EpochHistory[]
  /** The epoch whose weights the network holds. */
  readonly keptEpoch: number
  /** Of the images that were learned from (without copies), chosen by, and judged by. */
  readonly answers: { readonly learned: AnsweredSide; readonly validation: AnsweredSide; readonly test: AnsweredSide }
}

/** What decides which images are paired. */
function pairing(records: readonly ImageRecord[], settings: SiameseSettings) {
  const { samePatient, epochs, batchSize, margin } = settings
  return {
    labels: records.map(classOf),
    // An original and its augmented copy are no pair.
    pictures: records.map(({ id }) => id),
    samePatient,
    ...(samePatient === 'allow' ? {} : { groups: records.map(({ patient }) => patient) }),
    epochs,
    batchSize,
    margin,
  }
}

/** Throws where the training images cannot be paired as the settings say: known before anything is trained. */
export function requirePairs(
  records: readonly ImageRecord[],
  settings: SiameseSettings,
  { seed, stepsPerEpoch = Infinity }: { seed: number; stepsPerEpoch: number | undefined },
): void {
  const { labels, ...rules } = pairing(records, settings)
  createPairBatches(labels, { ...rules, strategy: settings.pairs, seed, stepsPerEpoch })
}

/** The state that the store holds, if there is one. */
async function savedState(store: Store, key: string): Promise<SiameseCheckpoint | undefined> {
  const saved = await store.get(key)
  if (saved === undefined) return undefined
  const { groups, values } = unpackCheckpoint(saved, key)
  const { step, best, ...place } = values as Omit<SiameseCheckpoint, 'state' | 'best'> & {
    step: number
    best?: { epoch: number; value: number }
  }
  return {
    ...place,
    state: { step, weights: groups['weights']!, optimizer: groups['optimizer']! },
    ...(best === undefined ? {} : { best: { ...best, weights: groups['best']! } }),
  }
}

async function saveState(store: Store, key: string, { state, best, ...place }: SiameseCheckpoint): Promise<void> {
  const { step, weights, optimizer } = state
  const groups = { weights, optimizer, ...(best === undefined ? {} : { best: best.weights }) }
  const values = {
    ...place,
    step,
    ...(best === undefined ? {} : { best: { epoch: best.epoch, value: best.value } }),
  }
  await store.set(key, packCheckpoint({ groups, values }))
}

const epochHistory = ({ epoch, loss, accuracy, validation }: SiameseEpoch): EpochHistory => {
  const { loss: heldOutLoss, accuracy: heldOutAccuracy, auc } = validation!
  // What was saved as JSON has null for NaN.
  return { epoch, loss, accuracy, heldOutLoss, heldOutAccuracy, heldOutAuc: Number.isFinite(auc) ? auc : null }
}

/**
 * Trains the Siamese half from where the store's state stands, if there is one, and answers all originals. The curve is measured on
 * validation, and where there is none on the test side, which then chooses nothing: `keep: 'best'` and `patience` need validation.
 */
export async function identify(
  shelves: InputShelves,
  { training, learned, validation, split: { test } }: PreparedRecords,
  key: string,
  context: RunContext,
): Promise<Identification> {
  const { settings, losses, maxSteps, store, seed, meter, onProgress, signal } = context
  const { siamese, inputSize } = settings
  const { widths, embeddingSize, dropout, keep, patience, microBatch } = siamese
  const { side } = shelves
  const resume = await savedState(store, key)
  const network = createSiamese({
    inputShape: [side, side, 3],
    embeddingSize,
    dropout,
    seed,
    // Every arm's encoder is the one that suits the enlarged input.
    widths: widths ?? defaultWidths([inputSize * scale, inputSize * scale, 3]),
  })
  const [shelf, heldOut] = validation.length > 0 ? [shelves.validation, validation] : [shelves.test, test]
  meter.begin()
  try {
    const { history, keptEpoch } = await trainSiamese({
      network,
      images: shelves.train.batch,
      ...pairing(
        training.map(({ record }) => record),
        siamese,
      ),
      pairs: siamese.pairs,
      validation: { images: shelf.batch, labels: heldOut.map(classOf) },
      ...(keep === 'best' || patience !== undefined ? { best: { metric: 'loss', direction: 'min' } } : {}),
      ...(patience === undefined ? {} : { patience }),
      microBatch,
      learningRate: siamese.learningRate,
      lambda: siamese.lambda,
      seed,
      saveSeconds,
      onSave: (checkpoint) => saveState(store, key, checkpoint),
      onEpoch: async (_, checkpoint) => saveState(store, key, await checkpoint()),
      ...(maxSteps === undefined ? {} : { stepsPerEpoch: maxSteps }),
      ...(losses.siamese === undefined ? {} : { losses: losses.siamese }),
      ...(resume === undefined ? {} : { resume }),
      onProgress: (event) => {
        meter.book('siamese')
        onProgress?.(event)
      },
      ...(signal === undefined ? {} : { signal }),
    })
    const answer = async (of: ImageShelf, records: readonly ImageRecord[]): Promise<AnsweredSide> => {
      const embeddings = await embedImages(network, {
        images: of.batch,
        count: records.length,
        batchSize: microBatch,
        ...(signal === undefined ? {} : { signal }),
      })
      return { records, embeddings, scores: await classifyEmbeddings(network, embeddings) }
    }
    const answers = {
      // The originals stand first on the training shelf.
      learned: await answer(shelves.train, learned),
      validation: await answer(shelves.validation, validation),
      test: await answer(shelves.test, test),
    }
    meter.book('siamese')
    return { network, history: history.map(epochHistory), keptEpoch, answers }
  } catch (error) {
    network.dispose()
    throw error
  }
}
