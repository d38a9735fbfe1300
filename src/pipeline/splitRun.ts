import type { SplitName } from '../data/index.js'
import { saveGenerator, type RollBack } from '../esrgan/index.js'
import { armInput, needsGenerator, type TrainedGenerators } from './armInput.js'
import { runArm, type ArmRun } from './armRun.js'
import { describeESRGAN } from './describe.js'
import { inputShelves, type InputShelves } from './inputShelves.js'
import { measureSuperResolution } from './measureSuperResolution.js'
import type { PreparedRecords } from './prepare.js'
import type { ReadImages } from './readImages.js'
import type { PipelinePictures, PipelineReport, StepHistory } from './reportTypes.js'
import type { Arm } from './resultTypes.js'
import { named, type RunContext } from './runContext.js'
import type { SplitKeys } from './runKeys.js'
import { trainSuperResolution } from './superResolutionStage.js'

/** What came of a split's ESRGAN half, as plain data. */
export interface SuperResolution {
  readonly networks: ReturnType<typeof describeESRGAN>
  readonly history: readonly StepHistory[]
  readonly rollBacks: readonly RollBack[]
  /** The main arm's generator as a file: `psnr`'s, else ESRGAN's. */
  readonly model: Uint8Array
  /** On held-out images; only of the main split. */
  readonly measured:
    | { readonly measured: PipelineReport['superResolution']; readonly panels: PipelinePictures['panels'] }
    | undefined
}

/** What came of a split. */
export interface SplitRun {
  /** Undefined where no arm needs a generator, and the split is not the main one. */
  readonly superResolution: SuperResolution | undefined
  /** One for each arm, in their order. */
  readonly arms: readonly ArmRun[]
}

/** What {@link runSplit} takes beside the context. */
export interface SplitRunOptions {
  readonly split: SplitName
  /** Whether its results are the main ones: its generator is trained and measured in any case. */
  readonly isMain: boolean
  readonly arms: readonly Arm[]
  readonly images: Pick<ReadImages, 'source' | 'hashes'>
  readonly prepared: PreparedRecords
  readonly keys: SplitKeys
  /** What the parts are called in progress reports; undefined where there is one only. */
  readonly name: string | undefined
  /** Text to keep in the networks' files. */
  readonly metadata: Readonly<Record<string, string>>
  /** Called when all inputs are made, and the originals are needed no more. */
  readonly onInputs: () => void
}

/** Trains ESRGAN on a split's training side and makes the inputs of all arms with it; the generators are freed again. */
async function makeInputs(
  { isMain, arms, images, prepared, keys }: SplitRunOptions,
  context: RunContext,
): Promise<{ superResolution: SuperResolution | undefined; shelves: InputShelves[] }> {
  const { settings, features, losses, store, seed, meter, onProgress, signal, timed } = context
  const { learned, validation, split } = prepared
  const { source } = images
  const owned: { dispose(): void }[] = []
  try {
    let generators: TrainedGenerators | undefined
    let superResolution: SuperResolution | undefined
    if (isMain || arms.some(needsGenerator)) {
      const { generator, discriminator, psnr, history, rollBacks } = await timed('esrgan', () =>
        trainSuperResolution({
          source,
          train: learned,
          heldOut: validation.length > 0 ? validation : split.test,
          settings: settings.esrgan,
          features,
          losses,
          store,
          keys: { state: keys.esrgan, psnr: keys.psnr },
          seed,
          meter,
          onProgress,
          signal,
        }),
      )
      owned.push(generator, discriminator)
      const measured = isMain
        ? await timed('measure', () =>
            measureSuperResolution({
              generator,
              source,
              test: split.test,
              count: settings.esrgan.evaluationImages,
              onProgress,
              signal,
            }),
          )
        : undefined
      const networks = describeESRGAN(generator, discriminator)
      const model = arms[0] === 'psnr' ? psnr : await saveGenerator(generator)
      superResolution = { networks, history, rollBacks, model, measured }
      generators = { esrgan: generator, psnr }
    }
    const shelves: InputShelves[] = []
    for (const arm of arms) {
      const input = await armInput(arm, settings, { seed, generators })
      owned.push(input)
      const part = arms.length === 1 ? context : named(context, arm)
      shelves.push(await timed(input.stage, () => inputShelves(input, images, prepared, part)))
    }
    return { superResolution, shelves }
  } finally {
    for (const owner of owned) owner.dispose()
  }
}

/** One split: its ESRGAN, and a Siamese network for each arm. */
export async function runSplit(options: SplitRunOptions, context: RunContext): Promise<SplitRun> {
  const { split, arms, prepared, keys, name, metadata, onInputs } = options
  const own = named(context, name)
  const { superResolution, shelves } = await makeInputs(options, own)
  onInputs()
  const runs: ArmRun[] = []
  for (const [i, arm] of arms.entries()) {
    const part = arms.length === 1 ? own : named(own, arm)
    const run = { arm, shelves: shelves[i]!, prepared, split, key: keys.siamese[arm], metadata }
    runs.push(await context.timed('siamese', () => runArm(run, part)))
  }
  return { superResolution, arms: runs }
}
