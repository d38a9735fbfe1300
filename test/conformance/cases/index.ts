import type { ConformanceCase } from '../case.js'
import { variants, type ConformanceBackend } from '../backends.js'
import { arrayCases } from './arrays.js'
import { convolutionCases, wideConvolutionCases } from './convolution.js'
import { dataCases } from './data.js'
import { elementwiseCases } from './elementwise.js'
import { esrganTrainingCases } from './esrganTraining.js'
import { imageCases } from './images.js'
import { layersModelCases } from './layersModels.js'
import { lossCases } from './losses.js'
import { matrixCases } from './matrix.js'
import { metricCases } from './metrics.js'
import { networkCases } from './networks.js'
import { optimizerCases } from './optimizers.js'
import { ownOperationCases } from './ownOperations.js'
import { poolingCases } from './pooling.js'
import { reductionCases } from './reductions.js'
import { siameseCases } from './siamese.js'
import { siameseHeadCases } from './siameseHeads.js'

/** Everything that a backend has to compute right, the same list for every backend. */
export const cases: readonly ConformanceCase[] = [
  ...convolutionCases,
  ...matrixCases,
  ...poolingCases,
  ...imageCases,
  ...elementwiseCases,
  ...reductionCases,
  ...arrayCases,
  ...ownOperationCases,
  ...optimizerCases,
  ...lossCases,
  ...networkCases,
  ...esrganTrainingCases,
  ...siameseCases,
  ...siameseHeadCases,
  ...layersModelCases,
  ...dataCases,
  ...metricCases,
]

/** What this package's own WebAssembly kernels compute, and wide convolutions that only their variants run. */
export const kernelCases: readonly ConformanceCase[] = [
  ...convolutionCases,
  ...wideConvolutionCases,
  ...matrixCases,
  ...ownOperationCases,
]

/** The cases that run on a backend. */
export const casesOn = (backend: ConformanceBackend): readonly ConformanceCase[] =>
  variants.includes(backend) ? kernelCases : cases
