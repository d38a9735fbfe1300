import type { ByteCache } from '../data/byteCache.js'
import type { Store } from '../data/index.js'
import type { FeatureExtractor } from '../losses/index.js'
import type { OnProgress } from '../training/index.js'
import type { DataMeter } from './dataMeter.js'
import type { PipelineLosses } from './options.js'
import type { PipelineSettings } from './presets.js'

/** What every part of a run shares. */
export interface RunContext {
  readonly settings: PipelineSettings
  /** Of the perceptual loss. */
  readonly features: FeatureExtractor
  readonly losses: PipelineLosses
  /** Limits steps and images; a rehearsal. */
  readonly maxSteps: number | undefined
  readonly store: Store
  /** Inputs that were read last from the store, and the bytes that they may take. */
  readonly inputCache: { readonly held: ByteCache<Uint8Array>; readonly bytes: number }
  readonly seed: number
  readonly meter: DataMeter
  readonly onProgress: OnProgress | undefined
  readonly signal: AbortSignal | undefined
  /** Adds the time of some work to a stage's seconds. */
  timed<T>(stage: string, work: () => Promise<T>): Promise<T>
}

/** The same, its progress under a name of its own where there are several parts. */
export function named(context: RunContext, name: string | undefined): RunContext {
  const { onProgress } = context
  if (name === undefined || onProgress === undefined) return context
  return { ...context, onProgress: (event) => onProgress({ ...event, stage: `${name}: ${event.stage}` }) }
}
