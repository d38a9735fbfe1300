export { createAdam, type Adam, type AdamOptions, type Gradients } from './adam.js'
export { createMovingAverage, type MovingAverage } from './average.js'
export { chunkedGradients, lossGradients, type ChunkedGradientsOptions, type LossGradients } from './gradients.js'
export {
  createNetwork,
  getWeights,
  setWeights,
  weightDifferences,
  type NamedVariables,
  type Network,
} from './network.js'
export { areFinite, NonFiniteLossError } from './nonFiniteLoss.js'
export { breathe, trackProgress, type OnProgress, type ProgressEvent } from './progress.js'
export { cosineRate, multiStepRate, rateAt, type LearningRate } from './schedule.js'
export type { NamedTensor, NamedTensors } from '../weights/index.js'
