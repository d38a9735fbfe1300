import { Temporaries, type WasmBackend } from '../backend.js'
import type { Job } from './job.js'
import type { ThreadedKernels } from './threaded.js'

/** A convolution of any filter, stride, dilation and padding, and the fields of a job that the caller knows. */
export type Direct = Job & {
  readonly batch: number
  readonly inHeight: number
  readonly inWidth: number
  readonly inChannels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outChannels: number
  readonly filterHeight: number
  readonly filterWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly dilationHeight: number
  readonly dilationWidth: number
  readonly top: number
  readonly left: number
}

/** Terms of a sum that are laid out at a time: a panel of the filter then stays in the first cache. */
const depth = 384

/** Pixels of a task, and of the filter gradient's. 124 vectors apart, panels do not fall on one another in the cache. */
const mostPixels = 64
const gradientPixels = 124

/** Tasks for each thread that are worth having: the last one is waited for. */
const tasksOfThread = 4

/** Tasks of a filter gradient that are worth having: with fewer the pixels are divided too. */
const gradientTasks = 16

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit

/** What listing the pixels of a task takes, and zeros in place of a pixel. */
const tableBytes = (pixels: number, terms: number): number => 16 * pixels + 4 * terms

interface ConvolutionPlan {
  readonly job: {
    readonly block: number
    readonly panels: number
    readonly filterPanels: number
    readonly chunk: number
  }
  readonly filterBytes: number
  readonly scratchBytes: number
  readonly filterTasks: number
  readonly tasks: number
}

/** How a convolution is divided, and the bytes it needs: of the filter laid out, and of each thread. */
export function planConvolution(fields: Direct, threads: number): ConvolutionPlan {
  const { batch, outHeight, outWidth, inChannels, outChannels, filterHeight, filterWidth } = fields
  const pixels = batch * outHeight * outWidth
  const terms = filterHeight * filterWidth * inChannels
  const allPanels = Math.ceil(outChannels / 8)
  const wanted = threads * tasksOfThread
  const block = Math.min(mostPixels, roundUp(Math.ceil(pixels / (threads > 1 ? wanted : 1)), 4))
  const blocks = Math.ceil(pixels / block)
  // Few pixels: a task has some of the channels, at least four panels of them.
  const groups = threads > 1 ? Math.min(Math.ceil(allPanels / 4), Math.ceil(wanted / blocks)) : 1
  const panels = Math.ceil(allPanels / groups)
  const filterPanels = Math.max(1, Math.min(8, Math.floor(allPanels / wanted)))
  const length = roundUp(Math.min(depth, Math.max(terms, 1)), 4)
  return {
    job: { block, panels, filterPanels, chunk: length },
    filterBytes: 32 * allPanels * terms,
    scratchBytes: tableBytes(block, length) + 4 * block * length + 32 * block * panels,
    filterTasks: terms > 0 ? Math.ceil(allPanels / filterPanels) : 0,
    tasks: blocks * Math.ceil(allPanels / panels),
  }
}

/** Runs a convolution whose taps and places in y are set. */
function run(backend: WasmBackend, kernels: ThreadedKernels, fields: Direct): void {
  if (fields.batch * fields.outHeight * fields.outWidth === 0) return
  const { job: plan, filterBytes, scratchBytes, filterTasks, tasks } = planConvolution(fields, kernels.threads)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...fields,
      ...plan,
      u: temporaries.workspace(filterBytes),
      scratch: temporaries.workspace(scratchBytes * kernels.threads),
      scratchBytes,
    }
    if (filterTasks > 0) kernels.run('directFilter', job, filterTasks)
    kernels.run('direct', job, tasks)
  } finally {
    temporaries.free()
  }
}

/** The convolution by matrix products: `y [batch, outHeight, outWidth, outChannels]` of `x` and `filter`. */
export function directConvolution(backend: WasmBackend, kernels: ThreadedKernels, fields: Direct): void {
  const { outHeight, outWidth, filterWidth } = fields
  run(backend, kernels, {
    ...fields,
    tapRow: filterWidth,
    tapColumn: 1,
    imageStep: outHeight * outWidth,
    rowStep: outWidth,
    columnStep: 1,
  })
}

/** One phase of an axis of the input gradient: the inputs `first + stride * i`. */
interface Phase {
  readonly first: number
  readonly count: number
  /** Its taps are `tap`, `tap + stride`, ... */
  readonly tap: number
  readonly taps: number
  /** The output that input `first` and tap `tap` meet. */
  readonly output: number
}

function phasesOf(size: number, filter: number, stride: number, pad: number): Phase[] {
  return Array.from({ length: Math.min(stride, size) }, (_, first) => {
    const tap = (first + pad) % stride
    return {
      first,
      count: Math.ceil((size - first) / stride),
      tap,
      taps: Math.max(0, Math.ceil((filter - tap) / stride)),
      output: (first + pad - tap) / stride,
    }
  })
}

/**
 * The input gradient of the convolution that `fields` describe, of dilation 1: `x` is the output's gradient, `y` becomes the
 * input's. Inputs of one phase of the stride are a convolution of the output's gradient, with the taps of that phase.
 */
export function directInputGradient(backend: WasmBackend, kernels: ThreadedKernels, fields: Direct): void {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth } = fields
  for (const row of phasesOf(inHeight, filterHeight, strideHeight, fields.top)) {
    for (const column of phasesOf(inWidth, filterWidth, strideWidth, fields.left)) {
      run(backend, kernels, {
        ...fields,
        inHeight: outHeight,
        inWidth: outWidth,
        inChannels: fields.outChannels,
        outHeight: row.count,
        outWidth: column.count,
        outChannels: fields.inChannels,
        filterHeight: row.taps,
        filterWidth: column.taps,
        isTurned: 1,
        strideHeight: 1,
        strideWidth: 1,
        dilationHeight: -1,
        dilationWidth: -1,
        top: -row.output,
        left: -column.output,
        firstTap: row.tap * filterWidth + column.tap,
        tapRow: strideHeight * filterWidth,
        tapColumn: strideWidth,
        firstPixel: row.first * inWidth + column.first,
        imageStep: inHeight * inWidth,
        rowStep: strideHeight * inWidth,
        columnStep: strideWidth,
      })
    }
  }
}

interface GradientPlan {
  readonly job: { readonly block: number; readonly chunk: number; readonly parts: number }
  readonly sumBytes: number
  readonly scratchBytes: number
  readonly chunks: number
  /** Whether the sums are the filter itself: one part, and no rests. */
  readonly isPlain: boolean
}

/**
 * How a filter gradient is divided, and the bytes it needs: of the sums, and of each thread. Nothing of it depends on the
 * number of threads, so that the sums do not; with `isWhole` there is one part.
 */
export function planFilterGradient(fields: Direct, { isWhole = false }: { isWhole?: boolean } = {}): GradientPlan {
  const { batch, outHeight, outWidth, inChannels, outChannels, filterHeight, filterWidth } = fields
  const pixels = batch * outHeight * outWidth
  const terms = filterHeight * filterWidth * inChannels
  const out8 = roundUp(outChannels, 8)
  const length = Math.min(roundUp(terms, 4), outChannels > 128 ? 128 : 64)
  const block = Math.min(gradientPixels, roundUp(pixels, 4))
  const chunks = Math.ceil(terms / length)
  // A part of the pixels has at least some blocks of them.
  const wanted = isWhole ? 1 : Math.ceil(gradientTasks / chunks)
  const parts = Math.ceil(pixels / roundUp(Math.ceil(pixels / wanted), 4 * block))
  return {
    job: { block, chunk: length, parts },
    sumBytes: 4 * parts * roundUp(terms, 4) * out8,
    scratchBytes: tableBytes(block, length) + 4 * (length + 4) + 4 * block * (length + out8),
    chunks,
    isPlain: parts === 1 && outChannels === out8 && terms % 4 === 0,
  }
}

/** The filter gradient: `x` the input, `y` the output's gradient, written to `filter`. */
export function directFilterGradient(backend: WasmBackend, kernels: ThreadedKernels, fields: Direct): void {
  const { job: plan, sumBytes, scratchBytes, chunks, isPlain } = planFilterGradient(fields)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...fields,
      ...plan,
      imageStep: fields.outHeight * fields.outWidth,
      rowStep: fields.outWidth,
      columnStep: 1,
      u: isPlain ? fields.filter! : temporaries.workspace(sumBytes),
      scratch: temporaries.workspace(scratchBytes * kernels.threads),
      scratchBytes,
    }
    kernels.run('directGradient', job, chunks * plan.parts)
    if (!isPlain) kernels.run('directSum', job, chunks)
  } finally {
    temporaries.free()
  }
}
