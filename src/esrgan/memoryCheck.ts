import { getBackend } from '@tensorflow/tfjs-core'
import { OutOfMemoryError, wasmHeapLimit, wasmMemory } from '../backend/index.js'
import type { MemoryEstimate } from '../training/memoryLayers.js'
import { estimateTrainingMemory, type TrainingMemoryOptions } from './memoryEstimate.js'

/** Estimates lie within a quarter of what is measured: what exceeds the heap even so can be refused. */
const certain = 0.75

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

/** What can be lowered, from what costs nothing in the result to what does. */
function advice({ generator, batchSize, microBatch = batchSize, patchSize, stage }: TrainingMemoryOptions): string {
  const ways = [
    ...(microBatch > 1 ? [`microBatch (now ${microBatch})`] : []),
    ...(stage === 'gan' || microBatch === batchSize ? [`the batch (now ${batchSize})`] : []),
    `the patches (now ${patchSize} pixels)`,
    "the generator's blocks and features",
  ]
  const checkpoint = generator?.checkpoint === true ? '' : 'make the generator with checkpoint: true, or '
  return `${checkpoint}lower ${ways.join(', ')}`
}

/**
 * The estimate of `estimateTrainingMemory`, refused where the active backend certainly cannot hold it: on wasm, whose
 * heap ends at 4 GiB, where even three quarters of the estimate are more. `trainESRGAN` and `trainPipeline` call it
 * before their first step.
 *
 * @throws OutOfMemoryError naming what to lower
 * @throws ArgumentError for an option out of range
 */
export function requireTrainingMemory(options: TrainingMemoryOptions): MemoryEstimate {
  const estimate = estimateTrainingMemory(options)
  if (getBackend() === 'wasm' && certain * estimate.bytes > wasmHeapLimit) {
    const { stage = 'psnr' } = options
    throw new OutOfMemoryError(
      estimate.bytes,
      wasmMemory()?.heapBytes ?? 0,
      `a step of the ${stage} stage would take about ${megabytes(estimate.bytes)}, and the heap holds ` +
        `${megabytes(wasmHeapLimit)} at most: ${advice(options)}`,
    )
  }
  return estimate
}
