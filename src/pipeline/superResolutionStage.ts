import type { ImageRecord, ImageSource, PatchBatch, Store } from '../data/index.js'
import { patchCutter } from '../data/patches.js'
import { stepsAhead } from '../data/stepsAhead.js'
import {
  createDiscriminator,
  createRRDBGenerator,
  saveGenerator,
  trainESRGAN,
  type Discriminator,
  type ESRGANTrainerState,
  type Generator,
  type RollBack,
} from '../esrgan/index.js'
import type { PixelImage } from '../image.js'
import type { FeatureExtractor } from '../losses/index.js'
import type { OnProgress } from '../training/index.js'
import { alternating } from './alternating.js'
import { DataError } from '../errors.js'
import { packCheckpoint, saveSeconds, unpackCheckpoint } from './checkpoint.js'
import type { DataMeter } from './dataMeter.js'
import type { PipelineLosses } from './options.js'
import type { ESRGANSettings } from './presets.js'
import type { StepHistory } from './reportTypes.js'
import { scale } from './scale.js'
import { validationCrops } from './validationCrops.js'

/** What {@link trainSuperResolution} takes. */
export interface SuperResolutionStageOptions {
  readonly source: ImageSource
  /** Training images, without augmented copies. */
  readonly train: readonly ImageRecord[]
  /** Images that are not trained on: some are measured for the training curve, which decides nothing. */
  readonly heldOut: readonly ImageRecord[]
  readonly settings: ESRGANSettings
  readonly features: FeatureExtractor
  readonly losses: PipelineLosses
  readonly store: Store
  /** The keys of the stage's state, and of the generator as the PSNR stage leaves it, in the store. */
  readonly keys: { readonly state: string; readonly psnr: string }
  readonly seed: number
  readonly meter: DataMeter
  readonly onProgress: OnProgress | undefined
  readonly signal: AbortSignal | undefined
}

/** The trained networks, which the caller disposes, and their training curve. */
export interface SuperResolutionStage {
  readonly generator: Generator
  readonly discriminator: Discriminator
  /** The generator as the PSNR stage left it, as `saveGenerator` writes it. */
  readonly psnr: Uint8Array
  readonly history: readonly StepHistory[]
  /** Every return to earlier weights. */
  readonly rollBacks: readonly RollBack[]
}

/** Trains the ESRGAN half from where the store's state stands, if there is one. */
export async function trainSuperResolution(options: SuperResolutionStageOptions): Promise<SuperResolutionStage> {
  const { source, train, heldOut, settings, features, losses, store, keys, seed, meter, onProgress, signal } = options
  const { blocks, features: width, growth, bicubicSkip, checkpoint, batchSize, degradation } = settings
  const images = { count: train.length, read: (i: number): Promise<PixelImage> => source.read(train[i]!) }
  // While a step computes, the images of the next one are read and its patches cut; tensors are made when it begins.
  const patches = (patchSize: number, purpose: number, steps: number): Patches => {
    const cutter = patchCutter({ images, patchSize, batchSize, scale, degradation, seed: seed * 2 + purpose })
    const ahead = stepsAhead((n, { whenFree }) => cutter.values(n, whenFree, meter.work), steps)
    return {
      step: async (n) => {
        const values = await meter.wait(ahead.at(n))
        return meter.work(() => cutter.tensors(values))
      },
      close: ahead.close,
    }
  }
  const drawn = {
    psnr: patches(settings.psnrPatch, 0, settings.psnrSteps),
    gan: patches(settings.ganPatch, 1, settings.ganSteps),
  }

  const saved = await store.get(keys.state)
  const checkpointed = saved === undefined ? undefined : unpackCheckpoint(saved, keys.state)
  const past = checkpointed?.values as { meta: ESRGANTrainerState['meta']; history: StepHistory[] } | undefined
  const history: StepHistory[] = [...(past?.history ?? [])]

  const generator = createRRDBGenerator({ blocks, features: width, growth, bicubicSkip, checkpoint, scale, seed })
  let discriminator: Discriminator | undefined
  meter.begin()
  try {
    // Without PSNR steps the stage leaves the generator as it begins.
    if (saved === undefined && settings.psnrSteps === 0) await store.set(keys.psnr, await saveGenerator(generator))
    discriminator = createDiscriminator({
      patchSize: settings.ganPatch,
      features: settings.discriminatorFeatures,
      seed,
    })
    const { rollBacks } = await trainESRGAN({
      generator,
      discriminator,
      features,
      batch: (step, stage) => drawn[stage].step(step),
      psnrSteps: settings.psnrSteps,
      ganSteps: settings.ganSteps,
      psnrRate: settings.psnrRate,
      ganRate: settings.ganRate,
      microBatch: settings.microBatch,
      validation: {
        every: settings.validateEvery,
        images: await validationCrops(source, alternating(heldOut, Math.min(4, heldOut.length)), scale),
      },
      saveEvery: settings.saveEvery,
      saveSeconds,
      ...(losses.psnr === undefined ? {} : { psnrLosses: losses.psnr }),
      ...(losses.generator === undefined ? {} : { losses: losses.generator }),
      ...(losses.discriminator === undefined ? {} : { discriminatorLosses: losses.discriminator }),
      ...(past === undefined ? {} : { resume: { tensors: checkpointed!.groups['esrgan']!, meta: past.meta } }),
      onSave: async ({ tensors, meta }) => {
        const isAfterPSNR = meta.stage === 'psnr' && meta.psnrSteps === settings.psnrSteps
        if (isAfterPSNR) await store.set(keys.psnr, await saveGenerator(generator))
        const done = history.filter(({ stage, step }) => step <= (stage === 'psnr' ? meta.psnrSteps : meta.ganSteps))
        await store.set(keys.state, packCheckpoint({ groups: { esrgan: tensors }, values: { meta, history: done } }))
      },
      onProgress: (event) => {
        meter.book(event.stage)
        // After a roll-back steps are done again: the new ones count.
        while (history.at(-1)?.stage === event.stage && history.at(-1)!.step > event.step - (event.values ? 1 : 0)) {
          history.pop()
        }
        if (event.values !== undefined) {
          history.push({ stage: event.stage as 'psnr' | 'gan', step: event.step, values: event.values })
        }
        onProgress?.(event)
      },
      ...(signal === undefined ? {} : { signal }),
    })
    const psnr = await store.get(keys.psnr)
    if (psnr === undefined) throw new DataError(keys.psnr, 'is no longer in the store')
    return { generator, discriminator, psnr, history, rollBacks }
  } catch (error) {
    generator.dispose()
    discriminator?.dispose()
    throw error
  } finally {
    drawn.psnr.close()
    drawn.gan.close()
  }
}

/** The batches of a stage. */
interface Patches {
  /** The batch of step `n`; the caller disposes it. */
  step(n: number): Promise<PatchBatch>
  close(): void
}
