import { crop, modCrop, resizeBicubic, resizeImage, type ImageRecord, type ImageSource } from '../data/index.js'
import { upscale, type Generator } from '../esrgan/index.js'
import { toRGB, type PixelImage } from '../image.js'
import { psnr, ssim } from '../metrics/index.js'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'
import { alternating } from './alternating.js'
import type { PipelinePictures, PipelineReport } from './reportTypes.js'
import { scale } from './scale.js'

/** Each pixel repeated, as a magnifier shows it. */
const magnified = (image: PixelImage): PixelImage =>
  resizeImage(image, { width: image.width * scale, height: image.height * scale, method: 'nearest' })

/** How many of the measured images become panels. */
const shownPanels = 3

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
