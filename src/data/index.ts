/**
 * Images and what is drawn from them: records and sources, BreaKHis and synthetic histology, splits and their audit,
 * augmentation, pairs, patches, and the resizing that super-resolution is measured by.
 *
 * @packageDocumentation
 */
export { augmentationMatrix, type CentreOptions } from './affine.js'
export { augment, type AugmentOptions } from './augment.js'
export {
  drawAugmentation,
  sequentialAugmentation,
  type Augmentation,
  type AugmentationRanges,
  type DrawRange,
} from './augmentation.js'
export { auditLeakage, type LeakageAudit, type SharedName, type Sides } from './audit.js'
export { balanceByAugmentation, type AugmentedRecord, type BalanceOptions, type TrainAndTest } from './balance.js'
export { auditImages, withFileHashes, type AuditImagesOptions } from './auditImages.js'
export {
  auditRecords,
  type AuditedDuplicates,
  type AuditRecordsOptions,
  type DataAudit,
  type Leak,
} from './auditRecords.js'
export { bicubicUpsample, resizeBicubic, type BicubicOptions, type ScaleFactor } from './bicubic.js'
export { parseBreaKHisName, type BreaKHisName, type BreaKHisSubtype } from './breakhis.js'
export { cachedSource, type CachedSource, type CachedSourceOptions } from './cachedSource.js'
export { checkImages, type CheckedImages, type CheckOptions, type CheckProgress, type SkippedImage } from './check.js'
export type { Collision } from './collisions.js'
export { crop, modCrop } from './crop.js'
export type { DataTime } from './dataClock.js'
export {
  degrade,
  drawDegradation,
  type BlurRanges,
  type Degradation,
  type DegradeOptions,
  type DrawnDegradation,
  type FixedOrDrawn,
  type JPEGRanges,
} from './degrade.js'
export { gaussianBlur, type GaussianShape } from './gaussianBlur.js'
export { gaussianNoise } from './gaussianNoise.js'
export { jpegArtefacts, type JPEGCompression } from './jpegArtefacts.js'
export { findDuplicates, type DuplicateGroup, type Duplicates } from './duplicates.js'
export { imageList, type EntryOptions, type ImageEntry, type ImageListOptions } from './imageList.js'
export { imageSignature, type ImageSignature } from './imageSignature.js'
export type { LabelSpellings } from './labels.js'
export { listBreaKHis, type ListBreaKHisOptions, type ListedBreaKHis } from './listBreaKHis.js'
export { imagesFromTensors, imagesInMemory, type InMemoryOptions, type TensorImagesOptions } from './memoryImages.js'
export { kFold, type KFoldOptions } from './kFold.js'
export { splitByOfficialFold, type OfficialFold } from './officialFolds.js'
export { pairsInBatch, tripletsInBatch, type BatchPairs, type BatchTriplets } from './inBatch.js'
export { minePairs, mineTriplets, type MinePairsOptions, type MineTripletsOptions } from './mining.js'
export { mPerClassSampler, type MPerClassSampler, type MPerClassSamplerOptions } from './mPerClass.js'
export type { PairRuleOptions } from './pairRules.js'
export { pairSampler, type PairBatch, type PairSampler, type PairSamplerOptions } from './pairs.js'
export {
  patchSampler,
  type PatchBatch,
  type PatchImages,
  type PatchSampler,
  type PatchSamplerOptions,
} from './patches.js'
export type { Look } from './perceptual.js'
export type { ListedRecord } from './recordSource.js'
export type { GroupBy } from './recordGroups.js'
export { recordsFromNames } from './recordsFromNames.js'
export { resizeImage, type ResizeOptions, type Size } from './resize.js'
export { magnifications, type ImageRecord, type ImageSource, type Label, type Magnification } from './source.js'
export { samplePairs, type SamplePairsOptions } from './samplePairs.js'
export { splitByGroup, type GroupSplitOptions } from './splitByGroup.js'
export { splitByImage } from './splitByImage.js'
export { splitByList } from './splitByList.js'
export { splitNames, splitRecords, type Split, type SplitName, type SplitOptions } from './splits.js'
export { memoryStore, type Store } from './store.js'
export { streamBatches, type ImageBatch, type ImageStream, type StreamOptions } from './stream.js'
export { syntheticHistology, type SyntheticHistologyOptions } from './synthetic.js'
export {
  countGroups,
  publishedTableI,
  tableI,
  type GroupTotals,
  type MagnificationCounts,
  type Table,
  type TableRow,
} from './table.js'
export { tripletSampler, type TripletBatch, type TripletSampler, type TripletSamplerOptions } from './triplets.js'
