import type { AugmentedRecord } from '../data/index.js'
import type { ArmInput } from './armInput.js'
import { fingerprint, keyName } from './fingerprint.js'
import { lowResolutionInput } from './inputs.js'
import type { PreparedRecords } from './prepare.js'
import type { ReadImages } from './readImages.js'
import type { RunContext } from './runContext.js'
import { shelveImages, type ImageShelf } from './superResolved.js'

/** The inputs of one network. */
export interface InputShelves {
  /** Side of every image, in pixels. */
  readonly side: number
  /** Of `training`: originals, then their augmented copies. */
  readonly train: ImageShelf
  /** Of the validation side, which may be empty. */
  readonly validation: ImageShelf
  /** Of the test side. */
  readonly test: ImageShelf
}

/**
 * Makes the inputs of all sides, once, and reads them from the store. There they are named by the original's pixels, too: a picture that
 * was exchanged, or one of other data with the same name, is made anew.
 */
export async function inputShelves(
  input: ArmInput,
  { source, hashes }: Pick<ReadImages, 'source' | 'hashes'>,
  { training, validation, split }: PreparedRecords,
  { settings, store, inputCache: cache, meter, onProgress, signal }: RunContext,
): Promise<InputShelves> {
  const { inputSize, resize, augmentation: sampling } = settings
  const shelve = async (items: readonly AugmentedRecord[], side: string): Promise<ImageShelf> =>
    shelveImages({
      keys: await Promise.all(
        items.map(async ({ record: { id }, copy }) => {
          const picture = await fingerprint(hashes.get(id)!)
          return `${input.key}/${await keyName(id)}~${picture}~${copy}`
        }),
      ),
      read: (i) => source.read(items[i]!.record),
      make: async (i, original) => {
        const { augmentation } = items[i]!
        const how = augmentation === undefined ? { resize } : { resize, augmentation, sampling }
        return input.make(await meter.wait(lowResolutionInput(original, inputSize, how)), signal)
      },
      side: input.side,
      store,
      cache,
      stage: input.stage,
      part: side,
      meter,
      onProgress,
      signal,
    })
  const originals = (records: PreparedRecords['validation']): AugmentedRecord[] =>
    records.map((record) => ({ record, copy: 0 }))
  return {
    side: input.side,
    train: await shelve(training, 'train'),
    validation: await shelve(originals(validation), 'validation'),
    test: await shelve(originals(split.test), 'test'),
  }
}
