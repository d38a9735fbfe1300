import { ArgumentError, requireInteger } from '../errors.js'
import type { FeatureConvolution } from '../losses/index.js'
import { discriminatorConfig, type DiscriminatorOptions } from './discriminator.js'
import { generatorConfig, type GeneratorOptions } from './generator.js'
import {
  backwardPeak,
  moduleBytes,
  parametersOf,
  pixelLossMemory,
  type MemoryEstimate,
} from '../training/memoryLayers.js'
import { discriminatorMemory, featureMemory, generatorMemory, knownFeatures } from './memoryNetworks.js'

/** What {@link estimateTrainingMemory} takes. */
export interface TrainingMemoryOptions {
  /** The stage; default `psnr`. */
  readonly stage?: 'psnr' | 'gan'
  /** The generator's options; default ESRGAN's. A generator's `config` fits. */
  readonly generator?: Omit<GeneratorOptions, 'seed'>
  /** The discriminator's options in the GAN stage; default ESRGAN's. Its patch size is `patchSize`. */
  readonly discriminator?: Omit<DiscriminatorOptions, 'seed' | 'patchSize'>
  /** The feature network of the perceptual loss in the GAN stage: one that is known by name, or its 3x3 convolutions; default none. */
  readonly features?: keyof typeof knownFeatures | readonly FeatureConvolution[]
  /** Side of the square high-resolution patches, in pixels. */
  readonly patchSize: number
  /** Images in a batch. */
  readonly batchSize: number
  /** Images that go through the generator at once; default the whole batch. */
  readonly microBatch?: number
  /** Whether a moving average of the weights is kept; default false. */
  readonly ema?: boolean
}

/**
 * The heap's size over what is in it, as measured: it grows ahead of need, and freed tensors leave gaps, more where two
 * networks take turns.
 */
const gaps = { psnr: 0.15, gan: 0.3 } as const

/**
 * The memory that a training step of `createESRGANTrainer` needs on the backend, by arithmetic alone: tensors (weights,
 * optimizer, saved activations and gradients) and the kernels' workspaces. For wasm that is the size to which the heap
 * grows, 4 GiB at most; measured peaks lie within a quarter of it (`npm run verify:memory`). Other backends need other
 * workspaces, and keep about three times as much inside the generator's dense blocks. JavaScript's own memory, images and
 * checkpoints are not in it.
 *
 * @throws ArgumentError for an option out of range
 */
export function estimateTrainingMemory(options: TrainingMemoryOptions): MemoryEstimate {
  const { stage = 'psnr', patchSize, batchSize, microBatch = batchSize, ema = false } = options
  if (stage !== 'psnr' && stage !== 'gan') throw new ArgumentError('options.stage', "be 'psnr' or 'gan'", stage)
  requireInteger('options.patchSize', patchSize, 1)
  requireInteger('options.batchSize', batchSize, 1)
  requireInteger('options.microBatch', microBatch, 1)
  const config = generatorConfig(options.generator ?? {})
  const pixels = patchSize ** 2
  const images = batchSize * pixels * config.channels
  const isGAN = stage === 'gan'
  const chosen = isGAN ? (options.features ?? []) : []
  const convolutions = typeof chosen === 'string' ? knownFeatures[chosen] : chosen

  const whole = generatorMemory(config, Math.min(microBatch, batchSize), pixels)
  const judge = isGAN
    ? discriminatorMemory(
        discriminatorConfig({ channels: config.channels, ...options.discriminator, patchSize }),
        batchSize,
      )
    : []
  const critics = [...judge, ...featureMemory(convolutions, batchSize, pixels), pixelLossMemory(images)]
  const generatorWeights = parametersOf(whole)
  const judgeWeights = parametersOf(judge)
  const featureWeights = parametersOf(critics) - judgeWeights

  // The batch itself, and the generator's output.
  const always = images * (1 + 1 / config.scale ** 2) + images
  const phases =
    microBatch >= batchSize
      ? [backwardPeak(whole, critics)]
      : [
          // The loss of all outputs; then each part again, beside the gradients of the parts before it.
          images + backwardPeak([], critics),
          images + generatorWeights + backwardPeak([...whole]),
        ]
  if (isGAN) phases.push(generatorWeights + backwardPeak([...judge, ...judge]))

  const weights = 4 * (generatorWeights * (ema ? 2 : 1) + judgeWeights + featureWeights)
  const optimizer = 4 * 2 * (generatorWeights + judgeWeights)
  const activations = 4 * (always + Math.max(...phases))
  const workspaces = moduleBytes + gaps[stage] * (weights + optimizer + activations)
  const parts = { weights, optimizer, activations: Math.round(activations), workspaces: Math.round(workspaces) }
  return { bytes: parts.weights + parts.optimizer + parts.activations + parts.workspaces, parts }
}
