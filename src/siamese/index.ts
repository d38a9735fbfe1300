/**
 * The Siamese network: twin encoders with shared weights, contrastive loss and three heads: a sigmoid, a support set, pair verification.
 *
 * @packageDocumentation
 */
export type { BestEpoch, BestRule } from './bestEpoch.js'
export {
  createConvEncoder,
  defaultWidths,
  layersEncoder,
  type ConvEncoderOptions,
  type Encoder,
  type InputShape,
} from './encoder.js'
export { pairDistances, type Embeddings, type PairDistancesOptions, type PairRows } from './embeddings.js'
export { evaluateSiamese, type EvaluateOptions, type ImageDecisions, type SiameseEvaluation } from './evaluate.js'
export {
  evaluatePairs,
  evaluateSupport,
  evaluateVerification,
  type EvaluateSupportOptions,
  type PairsEvaluation,
  type SupportEvaluation,
} from './evaluateHeads.js'
export { estimateSiameseMemory, type SiameseMemoryOptions } from './memory.js'
export { createSiamese, type DropoutKey, type Metric, type SiameseNetwork, type SiameseOptions } from './network.js'
export {
  createPairBatches,
  pairStrategies,
  type EpochBatch,
  type PairBatches,
  type PairBatchesOptions,
  type PairStrategy,
} from './pairBatches.js'
export { fitPairHead, pairProbability, type PairHead } from './pairHead.js'
export { classifyEmbeddings, embedImages, predictSiamese, type PredictOptions } from './predict.js'
export {
  loadSiamese,
  saveSiamese,
  siameseHeads,
  type LoadedSiamese,
  type SaveSiameseOptions,
  type SiameseHead,
} from './save.js'
export type { SavedSupport } from './savedHeads.js'
export {
  createSupportSet,
  nearestReferences,
  supportMethods,
  supportScores,
  type NearReference,
  type SupportMethod,
  type SupportScoresOptions,
  type SupportSet,
  type SupportSetOptions,
} from './supportSet.js'
export { trainSiamese } from './train.js'
export type {
  SiameseBegunEpoch,
  SiameseCheckpoint,
  SiameseEpoch,
  SiameseTraining,
  SiameseValidation,
  TrainSiameseOptions,
} from './trainOptions.js'
export type { Pairs, Triplets } from '../losses/index.js'
export type { PairedImages, SiameseBatch, TripletImages } from './batch.js'
export type { ImageLoader } from './imageLoader.js'
export { siameseLosses, type SiameseContext, type SiameseLossOptions, type SiameseTriplets } from './lossTerms.js'
export {
  createSiameseTrainer,
  type SiameseTrainer,
  type SiameseTrainerOptions,
  type SiameseTrainerState,
} from './trainer.js'
