import type { Degradation } from '../data/index.js'
import type { Discriminator, Generator } from '../esrgan/index.js'
import type { SiameseNetwork } from '../siamese/index.js'
import { givesTriplets } from '../siamese/pairBatches.js'
import type { PipelineReport } from './reportTypes.js'
import type { AugmentationSettings, PipelineSettings } from './presets.js'
import { rateAt } from '../training/index.js'

const count = (n: number): string => n.toLocaleString('en-US')

/** ESRGAN's networks in words, with their parameter counts. */
export function describeESRGAN(
  generator: Generator,
  discriminator: Discriminator,
): Pick<PipelineReport['protocol']['networks'], 'generator' | 'discriminator'> {
  const { blocks, features, growth, scale, bicubicSkip } = generator.config
  const skip = bicubicSkip ? ', on a bicubic skip connection (not in the paper)' : ''
  return {
    generator: `RRDB x${scale}: ${blocks} blocks, ${features} features, growth ${growth}${skip}; ${count(generator.parameterCount)} parameters`,
    discriminator: `VGG-style, ${discriminator.config.patchSize} px, ${discriminator.config.features} features; ${count(discriminator.parameterCount)} parameters`,
  }
}

/** The Siamese network in words, with its parameter count. */
export function describeSiamese({ encoder, embeddingSize, dropout, metric, parameterCount }: SiameseNetwork): string {
  return `${encoder.description}, embedding ${embeddingSize}, dropout ${dropout}, ${metric} distance, sigmoid head; ${count(parameterCount)} parameters`
}

type Lines = PipelineReport['protocol']['settings']

/** A number as it is, a range as `low to high`. */
const spread = (value: number | readonly number[]): number | string =>
  typeof value === 'number' ? value : value.join(' to ')

/** The balancing augmentation: what the paper names always, the rest where it is used. */
function describeAugmentation(settings: AugmentationSettings): Lines {
  const { method, rotation, zoom, ratio, fillMode, fillValue = 0, centre = 'keras3' } = settings
  const { heightShift = 0, widthShift = 0, shear = 0, channelShift = 0, brightness, gain } = settings
  const shift = (value: number | readonly number[]): number | string =>
    typeof value === 'number' ? value : `one of ${value.join(', ')}, either way`
  const flips = [
    settings.horizontalFlip === true ? 'left-right' : '',
    settings.verticalFlip === true ? 'top-bottom' : '',
  ]
  return {
    augmentation: method,
    'class ratio after it': ratio,
    'rotation, degrees': rotation,
    'zoom range': spread(zoom),
    'fill mode': fillMode === 'constant' ? `constant ${fillValue}` : fillMode,
    ...(heightShift === 0 ? {} : { 'height shift': shift(heightShift) }),
    ...(widthShift === 0 ? {} : { 'width shift': shift(widthShift) }),
    ...(shear === 0 ? {} : { 'shear, degrees': shear }),
    ...(channelShift === 0 ? {} : { 'channel shift': channelShift }),
    ...(flips.join('') === '' ? {} : { flips: flips.filter((flip) => flip !== '').join(', ') }),
    ...(brightness === undefined ? {} : { "brightness (Keras')": spread(brightness) }),
    ...(gain === undefined ? {} : { gain: spread(gain) }),
    ...(centre === 'keras3' ? {} : { 'centre of rotation': centre }),
  }
}

/** What the low-resolution patches suffer. */
function describeDegradation({ blur, noise = 0, jpeg }: Degradation): Lines {
  const isPlain = (value: object | number): value is number | readonly number[] =>
    typeof value === 'number' || Array.isArray(value)
  const blurred =
    blur === undefined
      ? 'none'
      : isPlain(blur)
        ? spread(blur)
        : `${spread(blur.along)} along, ${spread(blur.across)} across ${spread(blur.angle ?? [0, 180])} degrees`
  const compressed =
    jpeg === undefined
      ? 'none'
      : isPlain(jpeg)
        ? spread(jpeg)
        : `${spread(jpeg.quality)}, ${jpeg.subsampling ?? '4:2:0'}`
  return {
    'blur of LR patches, HR pixels': blurred,
    'noise on LR patches': spread(noise),
    'JPEG quality of LR patches': compressed,
  }
}

/** Steps, rates and batch sizes, as reports print them. */
export function describeSettings({
  testFraction,
  validationFraction,
  resize,
  augmentation,
  esrgan,
  siamese,
}: PipelineSettings): PipelineReport['protocol']['settings'] {
  const embeddingLoss = givesTriplets(siamese.pairs) ? 'triplet' : 'contrastive'
  return {
    'test share': testFraction,
    'validation share of the training side': validationFraction,
    'resize to the input': resize,
    ...describeAugmentation(augmentation),
    'PSNR steps': esrgan.psnrSteps,
    'PSNR patch': esrgan.psnrPatch,
    'PSNR learning rate': rateAt(esrgan.psnrRate, 0),
    'GAN steps': esrgan.ganSteps,
    'GAN patch': esrgan.ganPatch,
    'GAN learning rate': rateAt(esrgan.ganRate, 0),
    'ESRGAN batch': esrgan.batchSize,
    ...describeDegradation(esrgan.degradation),
    'Siamese pairs': siamese.pairs,
    'same patient in a pair': siamese.samePatient,
    'Siamese epochs': siamese.epochs,
    'Siamese batch (pairs)': siamese.batchSize,
    'Siamese learning rate': siamese.learningRate,
    [`${embeddingLoss} margin`]: siamese.margin,
    [`${embeddingLoss} weight (lambda)`]: siamese.lambda,
    'Siamese weights kept': siamese.keep === 'best' ? 'the epoch with the least validation loss' : 'the last epoch',
    ...(siamese.patience === undefined ? {} : { 'Siamese patience, epochs': siamese.patience }),
  }
}
