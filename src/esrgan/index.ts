/**
 * ESRGAN: the RRDB generator, its discriminator and feature extractors, the two-stage trainer, and super-resolution of
 * pictures of any size.
 *
 * @packageDocumentation
 */
export type { ESRGANBest, ESRGANBestByStage } from './best.js'
export {
  createDiscriminator,
  type Discriminator,
  type DiscriminatorConfig,
  type DiscriminatorOptions,
} from './discriminator.js'
export { createRRDBGenerator, type Generator, type GeneratorConfig, type GeneratorOptions } from './generator.js'
export { DivergenceError, type DivergenceGuardOptions, type RollBack } from './guard.js'
export { interpolateGenerators, interpolateWeights } from './interpolate.js'
export type { LayersModelOptions } from './layersModel.js'
export {
  discriminatorLossTerms,
  ganLossTerms,
  psnrLossTerms,
  type DiscriminatorContext,
  type GANLossOptions,
  type GeneratorContext,
} from './lossTerms.js'
export { estimateTrainingMemory, type TrainingMemoryOptions } from './memoryEstimate.js'
export type { MemoryEstimate } from '../training/memoryLayers.js'
export { requireTrainingMemory } from './memoryCheck.js'
export { discriminatorToLayersModel, generatorToLayersModel, networkToLayersModel } from './networkModels.js'
export { randomFeatures, type RandomFeaturesOptions } from './randomFeatures.js'
export { readNetwork } from './readNetwork.js'
export {
  loadDiscriminator,
  loadGenerator,
  networkToSafetensors,
  saveDiscriminator,
  saveGenerator,
  type LoadDiscriminatorOptions,
  type LoadGeneratorOptions,
  type NetworkToSafetensorsOptions,
  type WeightsSource,
} from './storage.js'
export type { StoredDiscriminator, StoredGenerator, StoredNetwork, StoredVGG } from './storedNetwork.js'
export { trainESRGAN, type TrainESRGANOptions, type TrainESRGANResult } from './train.js'
export {
  createESRGANTrainer,
  type ESRGANBatch,
  type ESRGANStage,
  type ESRGANTrainer,
  type ESRGANTrainerOptions,
} from './trainer.js'
export type { ESRGANBestMeta, ESRGANCounters, ESRGANRunMeta, ESRGANTrainerState } from './trainerState.js'
export { validateGenerator, type ESRGANValidation, type ValidationPair, type ValidationQuality } from './validate.js'
export { receptiveRadius } from './receptiveRadius.js'
export { NonFiniteOutputError, superResolve, upscale, upscaleBands, upscaleTiles } from './upscale.js'
export type { UpscaledPart, UpscaleOptions } from './upscale.js'
export { loadVGGFeatures, type VGGFeatures, type VGGFeaturesOptions } from './vgg.js'
export type { VGGInput } from './vggInput.js'
