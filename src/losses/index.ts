export { balancedClassWeights, type ClassWeights } from './classWeights.js'
export { contrastiveLoss, type ContrastiveForm, type ContrastiveLossOptions } from './contrastive.js'
export {
  contrastiveStatistics,
  type ContrastiveStatistics,
  type ContrastiveStatisticsOptions,
} from './contrastiveStatistics.js'
export { binaryCrossEntropyWithLogits, type CrossEntropyOptions } from './crossEntropy.js'
export { cosineDistance, euclideanDistance, squaredEuclideanDistance, type Distance } from './distance.js'
export { l1Loss } from './l1.js'
export { l2Loss } from './l2.js'
export { mergeLossTerms, totalLoss, type LossTerm, type TotalLoss } from './lossTerms.js'
export {
  metricLoss,
  type MetricLoss,
  type MetricLossOptions,
  type Miner,
  type PairDistances,
  type TripletDistances,
} from './metricLoss.js'
export {
  createPerceptualLoss,
  type FeatureConvolution,
  type FeatureExtractor,
  type ImageLoss,
  type PerceptualLossOptions,
} from './perceptual.js'
export type { Reduced, Reduction } from './reduction.js'
export {
  relativisticLoss,
  type RelativisticDiscriminatorOptions,
  type RelativisticLoss,
  type RelativisticOptions,
} from './relativistic.js'
export { distanceMatrix, selectRows } from './rows.js'
export { stopGradient } from './stopGradient.js'
export { tripletLoss, type TripletForm, type TripletLossOptions } from './triplet.js'
export { tripletStatistics, type TripletStatistics, type TripletStatisticsOptions } from './tripletStatistics.js'
export type { Pairs, Triplets } from './tuples.js'
