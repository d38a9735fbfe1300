export { contrastiveLoss, type ContrastiveLossOptions } from './contrastive.js'
export {
  contrastiveStatistics,
  type ContrastiveStatistics,
  type ContrastiveStatisticsOptions,
} from './contrastiveStatistics.js'
export { binaryCrossEntropyWithLogits } from './crossEntropy.js'
export { cosineDistance, euclideanDistance, squaredEuclideanDistance } from './distance.js'
export { l1Loss } from './l1.js'
export { l2Loss } from './l2.js'
export { mergeLossTerms, totalLoss, type LossTerm, type TotalLoss } from './lossTerms.js'
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
export { stopGradient } from './stopGradient.js'
