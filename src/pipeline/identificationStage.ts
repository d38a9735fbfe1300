import type { ImageRecord, Store } from '../data/index.js'
import {
  createPairBatches,
  createSiamese,
  predictSiamese,
  trainSiamese,
  type SiameseCheckpoint,
  type SiameseEpoch,
  type SiameseNetwork,
} from '../siamese/index.js'
import type { OnProgress } from '../training/index.js'
import { packCheckpoint, saveSeconds, unpackCheckpoint } from './checkpoint.js'
import type { DataMeter } from './dataMeter.js'
import type { ScoredRecord } from './evaluation.js'
import type { PipelineLosses } from './options.js'
import type { SiameseSettings } from './presets.js'
import type { ImageShelf } from './superResolved.js'

/** Images with what is known of them, index by index. */
export interface LabelledShelf {
  readonly shelf: ImageShelf
  readonly records: readonly ImageRecord[]
}

/** What {@link identify} takes. */
export interface IdentifyOptions {
  readonly train: LabelledShelf
  readonly test: LabelledShelf
  /** Side of the images, in pixels. */
  readonly side: number
  readonly settings: SiameseSettings
  readonly losses: PipelineLosses
  /** Ends each epoch after so many steps. */
  readonly stepsPerEpoch: number | undefined
  readonly store: Store
  /** The key of the stage's state in the store. */
  readonly key: string
  readonly seed: number
  readonly meter: DataMeter
  readonly onProgress: OnProgress | undefined
  readonly signal: AbortSignal | undefined
}

/** The trained network, which the caller disposes, its curve and its answers on the test set. */
export interface Identification {
  readonly network: SiameseNetwork
  readonly history: readonly SiameseEpoch[]
  readonly scored: readonly ScoredRecord[]
}

const isMalignant = ({ label }: ImageRecord): number => (label === 'malignant' ? 1 : 0)

/** What decides which images are paired. */
function pairing(records: readonly ImageRecord[], settings: SiameseSettings) {
  const { samePatient, epochs, batchSize, margin } = settings
  return {
    labels: records.map(isMalignant),
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

/** Trains the Siamese half from where the store's state stands, if there is one, and scores the test set. */
export async function identify(options: IdentifyOptions): Promise<Identification> {
  const { train, test, side, settings, losses, stepsPerEpoch, store, key, seed, meter, onProgress, signal } = options
  const { widths, embeddingSize, dropout } = settings
  const saved = await store.get(key)
  let resume: SiameseCheckpoint | undefined
  if (saved !== undefined) {
    const { groups, values } = unpackCheckpoint(saved, key)
    const { step, ...place } = values as Omit<SiameseCheckpoint, 'state'> & { step: number }
    resume = { ...place, state: { step, weights: groups['weights']!, optimizer: groups['optimizer']! } }
  }
  const network = createSiamese({
    inputShape: [side, side, 3],
    embeddingSize,
    dropout,
    seed,
    ...(widths === undefined ? {} : { widths }),
  })
  const save = async ({ state, ...place }: SiameseCheckpoint): Promise<void> => {
    const { step, weights, optimizer } = state
    await store.set(key, packCheckpoint({ groups: { weights, optimizer }, values: { ...place, step } }))
  }
  meter.begin()
  try {
    const { history } = await trainSiamese({
      network,
      images: train.shelf.batch,
      ...pairing(train.records, settings),
      pairs: settings.pairs,
      validation: { images: test.shelf.batch, labels: test.records.map(isMalignant) },
      microBatch: settings.microBatch,
      learningRate: settings.learningRate,
      lambda: settings.lambda,
      seed,
      saveSeconds,
      onSave: save,
      onEpoch: async (_, checkpoint) => save(await checkpoint()),
      ...(stepsPerEpoch === undefined ? {} : { stepsPerEpoch }),
      ...(losses.siamese === undefined ? {} : { losses: losses.siamese }),
      ...(resume === undefined ? {} : { resume }),
      onProgress: (event) => {
        meter.book('siamese')
        onProgress?.(event)
      },
      ...(signal === undefined ? {} : { signal }),
    })
    const scores = await predictSiamese(network, {
      images: test.shelf.batch,
      count: test.records.length,
      batchSize: settings.microBatch,
      ...(signal === undefined ? {} : { signal }),
    })
    meter.book('siamese')
    return { network, history, scored: test.records.map((record, i) => ({ record, score: scores[i]! })) }
  } catch (error) {
    network.dispose()
    throw error
  }
}
