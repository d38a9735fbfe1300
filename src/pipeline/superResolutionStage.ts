import {
  crop,
  modCrop,
  resizeBicubic,
  resizeImage,
  type ImageRecord,
  type ImageSource,
  type PatchBatch,
  type Store,
} from '../data/index.js'
import { patchCutter } from '../data/patches.js'
import { stepsAhead } from '../data/stepsAhead.js'
import {
  createDiscriminator,
  createRRDBGenerator,
  trainESRGAN,
  upscale,
  type Discriminator,
  type ESRGANTrainerState,
  type Generator,
  type RollBack,
} from '../esrgan/index.js'
import { toRGB, type PixelImage } from '../image.js'
import type { FeatureExtractor } from '../losses/index.js'
import { psnr, ssim } from '../metrics/index.js'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'
import { packCheckpoint, saveSeconds, unpackCheckpoint } from './checkpoint.js'
import type { DataMeter } from './dataMeter.js'
import type { PipelineLosses } from './options.js'
import type { ESRGANSettings } from './presets.js'
import type { PipelinePictures, PipelineReport, StepHistory } from './reportTypes.js'
import { validationCrops } from './validationCrops.js'

/** The paper's factor. */
export const scale = 4

/** What {@link trainSuperResolution} takes. */
export interface SuperResolutionStageOptions {
  readonly source: ImageSource
  /** Training images, without augmented copies. */
  readonly train: readonly ImageRecord[]
  /** Held-out images: some are measured for the training curve, which decides nothing. */
  readonly test: readonly ImageRecord[]
  readonly settings: ESRGANSettings
  readonly features: FeatureExtractor
  readonly losses: PipelineLosses
  readonly store: Store
  /** The key of the stage's state in the store. */
  readonly key: string
  readonly seed: number
  readonly meter: DataMeter
  readonly onProgress: OnProgress | undefined
  readonly signal: AbortSignal | undefined
}

/** The trained networks, which the caller disposes, and their training curve. */
export interface SuperResolutionStage {
  readonly generator: Generator
  readonly discriminator: Discriminator
  readonly history: readonly StepHistory[]
  /** Every return to earlier weights. */
  readonly rollBacks: readonly RollBack[]
}

/** Trains the ESRGAN half from where the store's state stands, if there is one. */
export async function trainSuperResolution(options: SuperResolutionStageOptions): Promise<SuperResolutionStage> {
  const { source, train, test, settings, features, losses, store, key, seed, meter, onProgress, signal } = options
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

  const saved = await store.get(key)
  const checkpointed = saved === undefined ? undefined : unpackCheckpoint(saved, key)
  const past = checkpointed?.values as { meta: ESRGANTrainerState['meta']; history: StepHistory[] } | undefined
  const history: StepHistory[] = [...(past?.history ?? [])]

  const generator = createRRDBGenerator({ blocks, features: width, growth, bicubicSkip, checkpoint, scale, seed })
  let discriminator: Discriminator | undefined
  meter.begin()
  try {
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
        images: await validationCrops(source, alternating(test, Math.min(4, test.length)), scale),
      },
      saveEvery: settings.saveEvery,
      saveSeconds,
      ...(losses.psnr === undefined ? {} : { psnrLosses: losses.psnr }),
      ...(losses.generator === undefined ? {} : { losses: losses.generator }),
      ...(losses.discriminator === undefined ? {} : { discriminatorLosses: losses.discriminator }),
      ...(past === undefined ? {} : { resume: { tensors: checkpointed!.groups['esrgan']!, meta: past.meta } }),
      onSave: async ({ tensors, meta }) => {
        const done = history.filter(({ stage, step }) => step <= (stage === 'psnr' ? meta.psnrSteps : meta.ganSteps))
        await store.set(key, packCheckpoint({ groups: { esrgan: tensors }, values: { meta, history: done } }))
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
    return { generator, discriminator, history, rollBacks }
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

/** Each pixel repeated, as a magnifier shows it. */
const magnified = (image: PixelImage): PixelImage =>
  resizeImage(image, { width: image.width * scale, height: image.height * scale, method: 'nearest' })

/** How many of the measured images become panels. */
const shownPanels = 3

/** `n` records, benign and malignant in turn while there are both, each class spread evenly over its list. */
function alternating(records: readonly ImageRecord[], n: number): ImageRecord[] {
  const halves = (['benign', 'malignant'] as const).map((label) => records.filter((record) => record.label === label))
  const wanted = [Math.min(halves[0]!.length, Math.ceil(n / 2)), 0]
  wanted[1] = Math.min(halves[1]!.length, n - wanted[0]!)
  wanted[0] = n - wanted[1]
  const picked = halves.map((half, k) =>
    Array.from({ length: wanted[k]! }, (_, i) => half[Math.floor((i * half.length) / wanted[k]!)]!),
  )
  return Array.from({ length: Math.max(...wanted) }, (_, i) => picked.flatMap((half) => half.slice(i, i + 1))).flat()
}

/** What {@link measureSuperResolution} takes. */
export interface MeasureOptions {
  readonly generator: Generator
  readonly source: ImageSource
  /** Held-out images. */
  readonly test: readonly ImageRecord[]
  /** How many of them to measure, of both classes and spread evenly over the list. */
  readonly count: number
  readonly onProgress: OnProgress | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * PSNR and SSIM (Y, crop 4) of held-out originals, shrunk x1/4 by MATLAB's bicubic and enlarged again by the generator
 * and by bicubic, with panels of a few patients of both classes.
 */
export async function measureSuperResolution(
  options: MeasureOptions,
): Promise<{ measured: PipelineReport['superResolution']; panels: PipelinePictures['panels'] }> {
  const { generator, source, test, count, onProgress, signal } = options
  const n = Math.min(count, test.length)
  const comparison = { channel: 'y', crop: scale } as const
  const sums = { psnr: 0, ssim: 0, bicubicPsnr: 0, bicubicSsim: 0 }
  const panels: PipelinePictures['panels'][number][] = []
  const shown = new Set<string>()
  const chosen = alternating(test, n)
  const report = trackProgress('measure', n, onProgress)
  for (let i = 0; i < n; i++) {
    const record = chosen[i]!
    const hr = modCrop(toRGB(await source.read(record)), scale)
    const lr = resizeBicubic(hr, { scale: 1 / scale })
    const bicubic = resizeBicubic(lr, { scale })
    const sr = await upscale(generator, lr, signal === undefined ? {} : { signal })
    const both = { bicubic: psnr(bicubic, hr, comparison), sr: psnr(sr, hr, comparison) }
    sums.psnr += both.sr
    sums.bicubicPsnr += both.bicubic
    sums.ssim += ssim(sr, hr, comparison)
    sums.bicubicSsim += ssim(bicubic, hr, comparison)
    // One panel a patient, and the classes in turn: the list has them side by side.
    const kind = panels.length % 2 === 0 ? 'benign' : 'malignant'
    if (panels.length < shownPanels && !shown.has(record.patient) && record.label === kind) {
      shown.add(record.patient)
      const side = Math.min(160, Math.floor(Math.min(hr.width, hr.height) / scale) * scale)
      const left = Math.floor((hr.width - side) / 2 / scale) * scale
      const top = Math.floor((hr.height - side) / 2 / scale) * scale
      const place = { top, left, width: side, height: side }
      panels.push({
        caption: record.id,
        lr: magnified(crop(lr, { top: top / scale, left: left / scale, width: side / scale, height: side / scale })),
        bicubic: crop(bicubic, place),
        sr: crop(sr, place),
        hr: crop(hr, place),
        psnr: both,
      })
    }
    report(i + 1)
    await breathe(signal)
  }
  const mean = (sum: number): number => sum / n
  return {
    measured: {
      psnr: mean(sums.psnr),
      ssim: mean(sums.ssim),
      bicubicPsnr: mean(sums.bicubicPsnr),
      bicubicSsim: mean(sums.bicubicSsim),
      ...comparison,
      n,
    },
    panels,
  }
}
