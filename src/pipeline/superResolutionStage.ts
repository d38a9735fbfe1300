import { modCrop, patchSampler, resizeBicubic, type ImageRecord, type ImageSource, type Store } from '../data/index.js'
import {
  createDiscriminator,
  createRRDBGenerator,
  trainESRGAN,
  upscale,
  type Discriminator,
  type ESRGANTrainerState,
  type Generator,
} from '../esrgan/index.js'
import { toRGB, type PixelImage } from '../image.js'
import type { FeatureExtractor } from '../losses/index.js'
import { psnr, ssim } from '../metrics/index.js'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'
import { packCheckpoint, unpackCheckpoint } from './checkpoint.js'
import type { PipelineLosses } from './options.js'
import type { ESRGANSettings } from './presets.js'
import type { PipelinePictures, PipelineReport, StepHistory } from './reportTypes.js'

/** The paper's factor. */
export const scale = 4

/** What {@link trainSuperResolution} takes. */
export interface SuperResolutionStageOptions {
  readonly source: ImageSource
  /** Training images, without augmented copies. */
  readonly train: readonly ImageRecord[]
  readonly settings: ESRGANSettings
  readonly features: FeatureExtractor
  readonly losses: PipelineLosses
  readonly store: Store
  /** The key of the stage's state in the store. */
  readonly key: string
  readonly seed: number
  readonly onProgress: OnProgress | undefined
  readonly signal: AbortSignal | undefined
}

/** The trained networks, which the caller disposes, and their training curve. */
export interface SuperResolutionStage {
  readonly generator: Generator
  readonly discriminator: Discriminator
  readonly history: readonly StepHistory[]
}

/** Trains the ESRGAN half from where the store's state stands, if there is one. */
export async function trainSuperResolution(options: SuperResolutionStageOptions): Promise<SuperResolutionStage> {
  const { source, train, settings, features, losses, store, key, seed, onProgress, signal } = options
  const { blocks, features: width, growth, bicubicSkip, checkpoint, batchSize, noise } = settings
  const images = { count: train.length, read: (i: number): Promise<PixelImage> => source.read(train[i]!) }
  const sampler = (patchSize: number, purpose: number): ReturnType<typeof patchSampler> =>
    patchSampler({ images, patchSize, batchSize, scale, noise, seed: seed * 2 + purpose })
  const patches = { psnr: sampler(settings.psnrPatch, 0), gan: sampler(settings.ganPatch, 1) }

  const saved = await store.get(key)
  const checkpointed = saved === undefined ? undefined : unpackCheckpoint(saved, key)
  const past = checkpointed?.values as { meta: ESRGANTrainerState['meta']; history: StepHistory[] } | undefined
  const history: StepHistory[] = [...(past?.history ?? [])]

  const generator = createRRDBGenerator({ blocks, features: width, growth, bicubicSkip, checkpoint, scale, seed })
  let discriminator: Discriminator | undefined
  try {
    discriminator = createDiscriminator({
      patchSize: settings.ganPatch,
      features: settings.discriminatorFeatures,
      seed,
    })
    await trainESRGAN({
      generator,
      discriminator,
      features,
      batch: (step, stage) => patches[stage].step(step),
      psnrSteps: settings.psnrSteps,
      ganSteps: settings.ganSteps,
      psnrRate: settings.psnrRate,
      ganRate: settings.ganRate,
      microBatch: settings.microBatch,
      saveEvery: settings.saveEvery,
      ...(losses.psnr === undefined ? {} : { psnrLosses: losses.psnr }),
      ...(losses.generator === undefined ? {} : { losses: losses.generator }),
      ...(losses.discriminator === undefined ? {} : { discriminatorLosses: losses.discriminator }),
      ...(past === undefined ? {} : { resume: { tensors: checkpointed!.groups['esrgan']!, meta: past.meta } }),
      onSave: async ({ tensors, meta }) => {
        const done = history.filter(({ stage, step }) => step <= (stage === 'psnr' ? meta.psnrSteps : meta.ganSteps))
        await store.set(key, packCheckpoint({ groups: { esrgan: tensors }, values: { meta, history: done } }))
      },
      onProgress: (event) => {
        history.push({ stage: event.stage as 'psnr' | 'gan', step: event.step, values: event.values ?? {} })
        onProgress?.(event)
      },
      ...(signal === undefined ? {} : { signal }),
    })
    return { generator, discriminator, history }
  } catch (error) {
    generator.dispose()
    discriminator?.dispose()
    throw error
  }
}

/** A square from the middle, its sides multiples of the scale. */
function centre(image: PixelImage, side: number, left: number, top: number): PixelImage {
  const data = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * image.width + left) * 3
    data.set(image.data.subarray(from, from + side * 3) as Uint8Array, y * side * 3)
  }
  return { width: side, height: side, channels: 3, data, maxValue: 255 }
}

/** Each pixel repeated, as a magnifier shows it. */
function repeatPixels(image: PixelImage, factor: number): PixelImage {
  const [width, height] = [image.width * factor, image.height * factor]
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.floor(y / factor) * image.width + Math.floor(x / factor)) * 3
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = image.data[from + c]!
    }
  }
  return { width, height, channels: 3, data, maxValue: 255 }
}

/** How many of the measured images become panels. */
const shownPanels = 3

/** What {@link measureSuperResolution} takes. */
export interface MeasureOptions {
  readonly generator: Generator
  readonly source: ImageSource
  /** Held-out images. */
  readonly test: readonly ImageRecord[]
  /** How many of them to measure, spread evenly over the list. */
  readonly count: number
  readonly onProgress: OnProgress | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * PSNR and SSIM (Y, crop 4) of held-out originals, shrunk x1/4 by MATLAB's bicubic and enlarged again by the generator
 * and by bicubic, with panels of the first few.
 */
export async function measureSuperResolution(
  options: MeasureOptions,
): Promise<{ measured: PipelineReport['superResolution']; panels: PipelinePictures['panels'] }> {
  const { generator, source, test, count, onProgress, signal } = options
  const n = Math.min(count, test.length)
  const comparison = { channel: 'y', crop: scale } as const
  const sums = { psnr: 0, ssim: 0, bicubicPsnr: 0, bicubicSsim: 0 }
  const panels: PipelinePictures['panels'][number][] = []
  const report = trackProgress('measure', n, onProgress)
  for (let i = 0; i < n; i++) {
    const record = test[Math.floor((i * test.length) / n)]!
    const hr = modCrop(toRGB(await source.read(record)), scale)
    const lr = resizeBicubic(hr, { scale: 1 / scale })
    const bicubic = resizeBicubic(lr, { scale })
    const sr = await upscale(generator, lr, signal === undefined ? {} : { signal })
    const both = { bicubic: psnr(bicubic, hr, comparison), sr: psnr(sr, hr, comparison) }
    sums.psnr += both.sr
    sums.bicubicPsnr += both.bicubic
    sums.ssim += ssim(sr, hr, comparison)
    sums.bicubicSsim += ssim(bicubic, hr, comparison)
    if (panels.length < shownPanels) {
      const side = Math.min(160, Math.floor(Math.min(hr.width, hr.height) / scale) * scale)
      const left = Math.floor((hr.width - side) / 2 / scale) * scale
      const top = Math.floor((hr.height - side) / 2 / scale) * scale
      panels.push({
        caption: record.id,
        lr: repeatPixels(centre(lr, side / scale, left / scale, top / scale), scale),
        bicubic: centre(bicubic, side, left, top),
        sr: centre(sr, side, left, top),
        hr: centre(hr, side, left, top),
        psnr: both,
      })
    }
    report(i + 1)
    await breathe(signal)
  }
  const mean = (sum: number): number => (n === 0 ? 0 : sum / n)
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
