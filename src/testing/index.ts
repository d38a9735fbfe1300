/**
 * The contracts that parts of your own have to keep, as tests for any runner.
 *
 * @packageDocumentation
 */
export type {
  DegenerateCase,
  ErrorCase,
  GoldenCase,
  GradientCase,
  LossCases,
  LossInputs,
  LossUnderTest,
  ReductionCase,
} from './lossCases.js'
export { lossChecks, type LossCheck } from './lossChecks.js'
export { testLoss, type TestRunner } from './testLoss.js'
