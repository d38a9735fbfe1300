import { resizeBicubic, modCrop } from '../data/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import { toRGB, type PixelImage } from '../image.js'
import { psnr, ssim } from '../metrics/index.js'
import type { Generator } from './generator.js'
import type { ESRGANStage } from './trainer.js'
import { NonFiniteOutputError, upscale } from './upscale.js'

/** A held-out image with its small version: `hr` has `scale` times the width and height of `lr`. */
export interface ValidationPair {
  /** What the generator gets. */
  readonly lr: PixelImage
  /** What its output is compared with. */
  readonly hr: PixelImage
}

/** Means over held-out images. */
export interface ValidationQuality {
  /** PSNR in dB, on Y. */
  readonly psnr: number
  /** SSIM, on Y. */
  readonly ssim: number
}

/** How `trainESRGAN` measures itself while it trains. At least one of `images` and `validate` is needed. */
export interface ESRGANValidation {
  /** Measure after every so many steps of a stage, and at its end. BasicSR's is 5000. */
  readonly every: number
  /** Held-out images: see {@link validateGenerator}. Never those that the final result is reported on. */
  readonly images?: readonly (PixelImage | ValidationPair)[]
  /** Measures something of the caller's own, by name; a name of `psnr` or `ssim` replaces ours. It borrows the generator, which holds the averaged weights where `ema` is on. */
  readonly validate?: (
    generator: Generator,
    at: { readonly stage: ESRGANStage; readonly step: number },
  ) => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>
  /** The value that decides which weights are best; default `psnr`. A value that is NaN is never best. */
  readonly best?: string
  /** Whether a lower value is better; default false. */
  readonly lowerIsBetter?: boolean
}

/** The pairs of the given images: a lone image is cropped to a multiple of the scale and shrunk by MATLAB's bicubic. */
export function validationPairs(
  images: readonly (PixelImage | ValidationPair)[],
  { scale, channels }: Pick<Generator['config'], 'scale' | 'channels'>,
  argument = 'images',
): ValidationPair[] {
  if (images.length === 0) throw new ArgumentError(argument, 'hold at least one image', images)
  const colours = (image: PixelImage): PixelImage => (channels === 3 ? toRGB(image) : image)
  /** What SSIM needs, when `scale` pixels are cropped at every side. */
  const least = 11 + 2 * scale
  const requireComparable = (hr: PixelImage, i: number): PixelImage => {
    if (Math.min(hr.width, hr.height) >= least) return hr
    const rule = `have at least ${least}x${least} pixels that can be compared`
    throw new ArgumentError(`${argument}[${i}]`, rule, `${hr.width}x${hr.height}`)
  }
  return images.map((each, i) => {
    if ('lr' in each) {
      const { lr, hr } = each
      if (hr.width !== lr.width * scale || hr.height !== lr.height * scale) {
        throw new ArgumentError(
          `${argument}[${i}].hr`,
          `be ${scale} times as large as lr (${lr.width}x${lr.height})`,
          `${hr.width}x${hr.height}`,
        )
      }
      return { lr: colours(lr), hr: requireComparable(colours(hr), i) }
    }
    if (scale === 1) {
      throw new ArgumentError(`${argument}[${i}]`, 'be a pair { lr, hr } for a generator of scale 1', 'an image')
    }
    const hr = requireComparable(modCrop(colours(each), scale), i)
    return { lr: resizeBicubic(hr, { scale: 1 / scale }), hr }
  })
}

/**
 * Mean PSNR in dB and mean SSIM of the generator's output over held-out images, as the papers measure: super-resolved
 * by `upscale`, clamped and rounded to the images' depth, on Y, with `scale` pixels cropped at every side.
 *
 * @param images high-resolution images, which are cropped to a multiple of the scale and shrunk by MATLAB's bicubic; or
 * pairs, for another degradation. The generator must not have been trained on them. Alpha is left out.
 * @returns NaN for both where the generator gives values that are not finite
 * @throws ArgumentError where there are no images, a pair does not fit the scale, or an image is too small to compare
 */
export async function validateGenerator(
  generator: Generator,
  images: readonly (PixelImage | ValidationPair)[],
): Promise<ValidationQuality> {
  return measurePairs(generator, validationPairs(images, generator.config))
}

async function measurePairs(generator: Generator, pairs: readonly ValidationPair[]): Promise<ValidationQuality> {
  const comparison = { channel: 'y', crop: generator.config.scale } as const
  const sums = { psnr: 0, ssim: 0 }
  for (const { lr, hr } of pairs) {
    let sr: PixelImage
    try {
      sr = await upscale(generator, lr)
    } catch (error) {
      if (error instanceof NonFiniteOutputError) return { psnr: NaN, ssim: NaN }
      throw error
    }
    sums.psnr += psnr(sr, hr, comparison)
    sums.ssim += ssim(sr, hr, comparison)
  }
  return { psnr: sums.psnr / pairs.length, ssim: sums.ssim / pairs.length }
}

/** Measures the present weights. */
export type Validator = (at: {
  readonly stage: ESRGANStage
  readonly step: number
}) => Promise<Readonly<Record<string, number>>>

/** What the options measure, as one function. Low-resolution images are made once. */
export function createValidator(generator: Generator, options: ESRGANValidation): Validator {
  const { every, images, validate, best = 'psnr' } = options
  requireInteger('options.validation.every', every, 1)
  if (images === undefined && validate === undefined) {
    throw new ArgumentError('options.validation', 'have images or a function validate', options)
  }
  if (validate === undefined && best !== 'psnr' && best !== 'ssim') {
    throw new ArgumentError('options.validation.best', 'be psnr or ssim, unless validate gives others', best)
  }
  const pairs =
    images === undefined ? undefined : validationPairs(images, generator.config, 'options.validation.images')
  return async (at) => {
    const values = {
      ...(pairs === undefined ? {} : await measurePairs(generator, pairs)),
      ...(validate === undefined ? {} : await validate(generator, at)),
    }
    if (typeof values[best as 'psnr'] !== 'number') {
      throw new ArgumentError('options.validation.best', `be one of ${Object.keys(values).join(', ')}`, best)
    }
    return values
  }
}
