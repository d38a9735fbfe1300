import type { ImageRecord } from '../data/index.js'
import { saveSiamese, type SupportSet } from '../siamese/index.js'
import { describeSiamese } from './describe.js'
import { evaluateHeads } from './heads.js'
import { identify, type Identification } from './identificationStage.js'
import type { InputShelves } from './inputShelves.js'
import type { PreparedRecords } from './prepare.js'
import type { Arm, RunResult, Side } from './resultTypes.js'
import type { RunContext } from './runContext.js'

/** One trained and evaluated network, as plain data. */
export interface ArmRun {
  readonly result: RunResult
  /** The network in words. */
  readonly description: string
  /** The network with its heads as a file. */
  readonly model: Uint8Array
  readonly answers: Identification['answers']
  readonly support: SupportSet
  readonly embeddingSize: number
}

/** What {@link runArm} takes beside the context. */
export interface ArmRunOptions {
  readonly arm: Arm
  readonly shelves: InputShelves
  readonly prepared: PreparedRecords
  readonly split: RunResult['split']
  /** The key of the network's state in the store. */
  readonly key: string
  /** Text to keep in the network's file. */
  readonly metadata: Readonly<Record<string, string>>
}

/** How many images and patients. */
export const sideOf = (records: readonly ImageRecord[]): Side => ({
  images: records.length,
  patients: new Set(records.map(({ patient }) => patient)).size,
})

/** Trains, evaluates and saves the network of one arm, and frees it. */
export async function runArm(
  { arm, shelves, prepared, split, key, metadata }: ArmRunOptions,
  context: RunContext,
): Promise<ArmRun> {
  const { learned, validation, training } = prepared
  const { network, history, keptEpoch, answers } = await identify(shelves, prepared, key, context)
  try {
    const { embeddingSize, metric } = network
    const { heads, predictions, support, supportHow, pairHead, locked } = evaluateHeads({
      ...answers,
      embeddingSize,
      metric,
      seed: context.seed,
    })
    return {
      result: {
        split,
        arm,
        train: { ...sideOf(learned), augmented: training.length - learned.length },
        validation: validation.length === 0 ? null : sideOf(validation),
        test: sideOf(prepared.split.test),
        leakedTestImages: prepared.split.audit.leakedTestImages,
        heads,
        history,
        keptEpoch,
        predictions,
      },
      description: describeSiamese(network),
      model: await saveSiamese(network, {
        support: { set: support, ...supportHow },
        pairHead,
        metadata: { ...metadata, arm, ...(locked === null ? {} : { youdenThreshold: String(locked.value) }) },
      }),
      answers,
      support,
      embeddingSize,
    }
  } finally {
    network.dispose()
  }
}
