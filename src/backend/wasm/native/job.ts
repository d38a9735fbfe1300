/**
 * The words of a convolution job, in the order of `Job` in kernels/assembly/threaded/job.ts, which says what they mean;
 * then those of `DirectJob` in directJob.ts there.
 */
const fields = [
  'x',
  'xStride',
  'batch',
  'inHeight',
  'inWidth',
  'inChannels',
  'y',
  'yStride',
  'outHeight',
  'outWidth',
  'outChannels',
  'filter',
  'isTurned',
  'top',
  'left',
  'bias',
  'slope',
  'sign',
  'signStride',
  'signSlope',
  'scale',
  'residual',
  'residualStride',
  'm',
  'tilesHigh',
  'tilesWide',
  'firstTile',
  'tiles',
  'block',
  'u',
  'v',
  'd',
  'scratch',
  'scratchBytes',
  'panelGroups',
  'part',
  'partBytes',
  'list',
  'listCount',
  'filterHeight',
  'filterWidth',
  'strideHeight',
  'strideWidth',
  'dilationHeight',
  'dilationWidth',
  'firstTap',
  'tapRow',
  'tapColumn',
  'firstPixel',
  'imageStep',
  'rowStep',
  'columnStep',
  'chunk',
  'panels',
  'filterPanels',
  'parts',
  'isGradient',
] as const

/** Bytes of a job. */
export const jobBytes: number = 4 * fields.length

/** The fields that are float32, all of them 1 where they are left out. */
const factors: ReadonlySet<string> = new Set(['slope', 'signSlope', 'scale'])

/** What a job is given; what is left out is 0, factors 1. */
export type Job = { readonly [field in (typeof fields)[number]]?: number }

/** Writes a job into the heap. */
export function writeJob(heap: ArrayBufferLike, place: number, job: Job): void {
  const words = new Int32Array(heap, place, fields.length)
  const floats = new Float32Array(heap, place, fields.length)
  for (const [i, field] of fields.entries()) {
    if (factors.has(field)) floats[i] = job[field] ?? 1
    else words[i] = job[field] ?? 0
  }
}
