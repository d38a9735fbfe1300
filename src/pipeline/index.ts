/**
 * The whole paper in one call: `trainPipeline`, its presets, and the report.
 *
 * @packageDocumentation
 */
export { paperAttainability, type AttainableCount, type Attainability } from './attainable.js'
export { siameseInput, superResolvedInput, type SiameseInputOptions, type SuperResolvedInputOptions } from './inputs.js'
export { estimatePipelineMemory, type PipelineMemoryEstimate } from './memory.js'
export { noticeLines, type Notice } from './notices.js'
export { armNames, type PipelineLosses, type PipelineOptions } from './options.js'
export {
  presets,
  type AugmentationSettings,
  type ESRGANSettings,
  type PipelineSettings,
  type PresetName,
  type SiameseSettings,
} from './presets.js'
export { publishedResults } from './published.js'
export { reportHTML } from './reportHTML.js'
export { reportMarkdown } from './reportMarkdown.js'
export type {
  PipelinePictures,
  PipelineReport,
  PipelineResult,
  PublishedAccuracy,
  PublishedResults,
  PublishedRow,
  StageTime,
  StepHistory,
} from './reportTypes.js'
export type {
  Arm,
  ArmComparison,
  Decisions,
  EpochHistory,
  Evaluation,
  HeadResult,
  Interval,
  LockedThreshold,
  PairEvaluation,
  PatientRate,
  Prediction,
  RunResult,
  Side,
  SupportResult,
} from './resultTypes.js'
export type { RunEnvironment } from './runEnvironment.js'
export { trainPipeline } from './trainPipeline.js'
