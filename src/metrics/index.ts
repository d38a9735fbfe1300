export { rocAuc } from './auc.js'
export { aucOfRows } from './aucOfRows.js'
export type { OnOneClass } from './binary.js'
export { bootstrapByGroup, type BootstrapInterval, type BootstrapOptions } from './bootstrap.js'
export type { BootstrapMethod } from './bootstrapEnds.js'
export {
  brierScore,
  expectedCalibrationError,
  logLoss,
  reliabilityCurve,
  type CalibrationBins,
  type ReliabilityBin,
} from './calibration.js'
export { confusionMatrix, rates, type Confusion, type Rates } from './confusion.js'
export { delongInterval, delongVariance, type DelongInterval, type DelongIntervalOptions } from './delong.js'
export { delongTest, type DelongTest } from './delongTest.js'
export { mcNemarTest, type McNemarTest } from './mcNemar.js'
export {
  patientRecognition,
  patientScores,
  type RecognitionByPatient,
  type PatientScore,
  type PatientScores,
} from './patients.js'
export type { ComparisonOptions } from './planes.js'
export { averagePrecision, precisionRecallCurve, type PrecisionRecallCurve } from './precisionRecall.js'
export { psnr } from './psnr.js'
export { rocCurve, type RocCurve, type RocCurveOptions } from './roc.js'
export { ssim } from './ssim.js'
export { thresholdAtSensitivity, thresholdAtSpecificity, youdenThreshold, type ChosenThreshold } from './thresholds.js'
export { wilsonInterval, type ProportionInterval } from './wilson.js'
