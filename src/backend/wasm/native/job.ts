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
  'vChannels',
  'vDone',
  'panelGroups',
  'part',
  'partBytes',
  'list',
  'listCount',
  'filterHeight',
  'filterWidth',
  'taps',
  'inStep',
  'outStep',
  'outTop',
  'outLeft',
  'panelsAtOnce',
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

/** The words of an update of Adam, in the order of `AdamJob` in kernels/assembly/threaded/adam.ts. */
const adamFields = [
  'weight',
  'm',
  'v',
  'gradient',
  'newWeight',
  'newM',
  'newV',
  'count',
  'chunk',
  'beta1',
  'share1',
  'beta2',
  'share2',
  'scale',
  'root',
  'epsilon',
] as const

/** Bytes that any job takes. */
export const jobBytes: number = 4 * fields.length

/** The fields that are float32, all of them 1 where they are left out. */
const factors: ReadonlySet<string> = new Set([
  'slope',
  'signSlope',
  'scale',
  'beta1',
  'share1',
  'beta2',
  'share2',
  'root',
  'epsilon',
])

/** What a job is given; what is left out is 0, factors 1. */
export type Job = { readonly [field in (typeof fields)[number]]?: number }

/** What an update of Adam is given. */
export type AdamJob = { readonly [field in (typeof adamFields)[number]]: number }

interface Layout {
  readonly words: number
  readonly wordOf: ReadonlyMap<string, number>
  readonly factors: readonly number[]
}

function layoutOf(names: readonly string[]): Layout {
  return {
    words: names.length,
    wordOf: new Map(names.map((name, i) => [name, i])),
    factors: [...names.keys()].filter((i) => factors.has(names[i]!)),
  }
}

const layout = layoutOf(fields)
const adamLayout = layoutOf(adamFields)

/** Writes a job into the heap. */
export function writeJob(heap: ArrayBufferLike, place: number, job: Job | AdamJob): void {
  const { words: count, wordOf, factors: ones } = 'gradient' in job ? adamLayout : layout
  const words = new Int32Array(heap, place, count).fill(0)
  const floats = new Float32Array(heap, place, count)
  for (const i of ones) floats[i] = 1
  for (const name in job) {
    const i = wordOf.get(name)
    const value = (job as Readonly<Record<string, number | undefined>>)[name]
    if (i === undefined || value === undefined) continue
    if (factors.has(name)) floats[i] = value
    else words[i] = value
  }
}
