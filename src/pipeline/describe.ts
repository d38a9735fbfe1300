import type { Discriminator, Generator } from '../esrgan/index.js'
import type { SiameseNetwork } from '../siamese/index.js'
import type { PipelineReport } from './reportTypes.js'
import type { PipelineSettings } from './presets.js'
import { rateAt } from '../training/index.js'

const count = (n: number): string => n.toLocaleString('en-US')

/** The networks in words, with their parameter counts. */
export function describeNetworks(
  generator: Generator,
  discriminator: Discriminator,
  siamese: SiameseNetwork,
): PipelineReport['protocol']['networks'] {
  const { blocks, features, growth, scale, bicubicSkip } = generator.config
  const skip = bicubicSkip ? ', on a bicubic skip connection (not in the paper)' : ''
  const { encoder, embeddingSize, dropout, metric } = siamese
  return {
    generator: `RRDB x${scale}: ${blocks} blocks, ${features} features, growth ${growth}${skip}; ${count(generator.parameterCount)} parameters`,
    discriminator: `VGG-style, ${discriminator.config.patchSize} px, ${discriminator.config.features} features; ${count(discriminator.parameterCount)} parameters`,
    siamese: `${encoder.description}, embedding ${embeddingSize}, dropout ${dropout}, ${metric} distance, sigmoid head; ${count(siamese.parameterCount)} parameters`,
  }
}

/** Steps, rates and batch sizes, as reports print them. */
export function describeSettings({
  testFraction,
  resize,
  augmentation,
  esrgan,
  siamese,
}: PipelineSettings): PipelineReport['protocol']['settings'] {
  return {
    'test share': testFraction,
    'resize to the input': resize,
    augmentation: augmentation.method,
    'rotation, degrees': augmentation.rotation,
    'zoom range': augmentation.zoom,
    'PSNR steps': esrgan.psnrSteps,
    'PSNR patch': esrgan.psnrPatch,
    'PSNR learning rate': rateAt(esrgan.psnrRate, 0),
    'GAN steps': esrgan.ganSteps,
    'GAN patch': esrgan.ganPatch,
    'GAN learning rate': rateAt(esrgan.ganRate, 0),
    'ESRGAN batch': esrgan.batchSize,
    'noise on LR patches': esrgan.noise,
    'Siamese epochs': siamese.epochs,
    'Siamese batch (pairs)': siamese.batchSize,
    'Siamese learning rate': siamese.learningRate,
    'contrastive margin': siamese.margin,
    'contrastive weight (lambda)': siamese.lambda,
  }
}
