/**
 * The Siamese network: twin encoders with shared weights, contrastive loss and a benign/malignant head.
 *
 * @packageDocumentation
 */
export {
  createConvEncoder,
  defaultWidths,
  layersEncoder,
  type ConvEncoderOptions,
  type Encoder,
  type InputShape,
} from './encoder.js'
export {
  evaluateSiamese,
  predictSiamese,
  type EvaluateOptions,
  type PredictOptions,
  type SiameseEvaluation,
} from './evaluate.js'
export { createSiamese, type DropoutKey, type Metric, type SiameseNetwork, type SiameseOptions } from './network.js'
export {
  createPairBatches,
  pairStrategies,
  type EpochBatch,
  type PairBatches,
  type PairBatchesOptions,
  type PairStrategy,
} from './pairBatches.js'
export { loadSiamese, saveSiamese, type LoadedSiamese, type SaveSiameseOptions } from './save.js'
export {
  trainSiamese,
  type SiameseBegunEpoch,
  type SiameseCheckpoint,
  type SiameseEpoch,
  type TrainSiameseOptions,
} from './train.js'
export type { PairedImages, Pairs } from './batch.js'
export type { ImageLoader } from './imageLoader.js'
export { siameseLosses, type SiameseContext, type SiameseLossOptions } from './lossTerms.js'
export {
  createSiameseTrainer,
  type SiameseTrainer,
  type SiameseTrainerOptions,
  type SiameseTrainerState,
} from './trainer.js'
