import type { AugmentedRecord, ImageSource } from '../data/index.js'
import { lowResolutionInput } from './inputs.js'
import type { PipelineSettings } from './presets.js'
import type { PipelinePictures } from './reportTypes.js'

/** How many augmented copies are shown. */
const shownCopies = 6

/** The first augmented copies, as they enter the generator, each beside its original. */
export async function augmentedSamples(
  source: ImageSource,
  training: readonly AugmentedRecord[],
  { inputSize, resize, augmentation }: PipelineSettings,
): Promise<PipelinePictures['augmented']> {
  const samples: PipelinePictures['augmented'][number][] = []
  for (const item of training.filter(({ copy }) => copy > 0).slice(0, shownCopies)) {
    const { theta, zoomRows, zoomColumns } = item.augmentation!
    const original = await source.read(item.record)
    samples.push({
      caption: `${item.record.id}, original`,
      image: await lowResolutionInput(original, inputSize, { resize }),
    })
    samples.push({
      caption: `${theta.toFixed(1)} degrees, zoom ${zoomRows.toFixed(2)} x ${zoomColumns.toFixed(2)}`,
      image: await lowResolutionInput(original, inputSize, {
        resize,
        augmentation: item.augmentation!,
        sampling: augmentation,
      }),
    })
  }
  return samples
}
