import type { ConformanceCase } from '../case.js'
import { arrayCases } from './arrays.js'
import { convolutionCases } from './convolution.js'
import { elementwiseCases } from './elementwise.js'
import { imageCases } from './images.js'
import { matrixCases } from './matrix.js'
import { poolingCases } from './pooling.js'
import { reductionCases } from './reductions.js'

/** Everything that a backend has to compute right, the same list for every backend. */
export const cases: readonly ConformanceCase[] = [
  ...convolutionCases,
  ...matrixCases,
  ...poolingCases,
  ...imageCases,
  ...elementwiseCases,
  ...reductionCases,
  ...arrayCases,
]
