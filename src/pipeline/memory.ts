import { requireTrainingMemory, type MemoryEstimate } from '../esrgan/index.js'
import type { FeatureExtractor } from '../losses/index.js'
import { resolveSettings, type PipelineOptions } from './options.js'
import type { ESRGANSettings } from './presets.js'
import { scale } from './scale.js'

/** The memory of the pipeline's largest stage. */
export interface PipelineMemoryEstimate extends MemoryEstimate {
  /** The stage that takes it. */
  readonly stage: 'psnr' | 'gan'
}

/**
 * The larger of both stages of ESRGAN.
 * @throws OutOfMemoryError where the wasm heap certainly cannot hold it
 */
export function esrganMemory(settings: ESRGANSettings, features: FeatureExtractor | undefined): PipelineMemoryEstimate {
  const { blocks, features: width, growth, bicubicSkip, checkpoint, batchSize, microBatch } = settings
  const estimates = (['psnr', 'gan'] as const)
    .filter((stage) => stage === 'psnr' || settings.ganSteps > 0)
    .map((stage) => ({
      stage,
      ...requireTrainingMemory({
        stage,
        generator: { blocks, features: width, growth, bicubicSkip, checkpoint, scale },
        discriminator: { features: settings.discriminatorFeatures },
        features: features === undefined ? 'random' : (features.convolutions ?? []),
        patchSize: stage === 'psnr' ? settings.psnrPatch : settings.ganPatch,
        batchSize,
        microBatch,
      }),
    }))
  return estimates.reduce((most, each) => (each.bytes > most.bytes ? each : most))
}

/**
 * How much memory the backend needs while `trainPipeline` trains ESRGAN with these options, by arithmetic alone
 * (`estimateTrainingMemory`).
 *
 * @throws ArgumentError for an option out of range
 * @throws OutOfMemoryError where wasm is the active backend and its heap certainly cannot hold it
 */
export function estimatePipelineMemory(
  options: Omit<PipelineOptions, 'data'> & Partial<Pick<PipelineOptions, 'data'>>,
): PipelineMemoryEstimate {
  return esrganMemory(resolveSettings(options as PipelineOptions).esrgan, options.features)
}
