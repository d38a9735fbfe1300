import { Temporaries, type WasmBackend } from '../backend.js'
import { listParts, type FilterPart } from './filterParts.js'
import type { Job } from './job.js'
import type { ThreadedKernels } from './threaded.js'

/** Bytes of scratch that a thread aims at, so that it stays in its cache. */
const cacheBytes = 2 ** 20

/** Bytes between the planes of the workspace; see kernels/assembly/threaded/winogradLayout.ts. */
const planeGap = 64

/** Bytes that the transforms of one tile need. */
const temporaryBytes = 36 * 16 * 2

/** Tiles below which a block is not divided further: the filter's transform would outweigh the products. */
const leastBlock = 16

/** Bytes of transformed tiles up to which the filter gradient transforms all of them first. */
const sharedBytes = 2 ** 22

/** The most parts of a filter gradient that are added up apart, and the bytes that their sums may take. */
const mostParts = 16
const partsBytes = 2 ** 24

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit

/** A convolution that Winograd's algorithm takes: the fields of a job that the caller knows, `m` among them. */
export type Winograd = Job & {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly outHeight: number
  readonly outWidth: number
  /** Outputs of a tile along an axis: 2 or 4 with 3x3 filters of stride 1, 3 or 5 with stride 2. */
  readonly m: number
  /** The stride, 2 for filters of up to 4x4; left out: 3x3 filters of stride 1. */
  readonly inStep?: number
}

/** How a convolution is divided into tiles; see kernels/assembly/threaded/winogradLayout.ts. */
interface Tiling {
  /** What all its jobs have in common. */
  readonly common: Job
  readonly tiles: number
  readonly points: number
  /** Input channels of all phases, and the words of a row of v. */
  readonly depth: number
  readonly row: number
  readonly out8: number
  /** Panels of eight output channels, of all phases. */
  readonly panels: number
  /** Bytes of one phase of a tile's input or gradient. */
  readonly patchBytes: number
}

function tilingOf(fields: Winograd): Tiling {
  const { batch, inChannels, outChannels, outHeight, outWidth, m } = fields
  const { inStep = 1, outStep = 1, outTop = 0, outLeft = 0 } = fields
  const taps = inStep * outStep === 1 ? 3 : 2
  const tilesHigh = Math.ceil((outHeight + outTop) / outStep / m)
  const tilesWide = Math.ceil((outWidth + outLeft) / outStep / m)
  const tiles = batch * tilesHigh * tilesWide
  const points = (m + taps - 1) ** 2
  const depth = inStep ** 2 * inChannels
  const in4 = roundUp(inChannels, 4)
  const out8 = roundUp(outChannels, 8)
  return {
    common: { filterHeight: 3, filterWidth: 3, ...fields, taps, inStep, outStep, tilesHigh, tilesWide, tiles },
    tiles,
    points,
    depth,
    row: roundUp(depth - inChannels + in4, 4),
    out8,
    panels: (outStep ** 2 * out8) / 8,
    patchBytes: 4 * points * Math.max(in4, out8),
  }
}

/** Blocks of tiles for each thread from which on the filter is transformed once for all; below it each task does so for itself. */
const sharingBlocks = 2

/** The convolution, or with `isTurned` its input gradient; `parts` where its filter is in several places. */
export function winogradConvolution(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  fields: Winograd,
  parts?: readonly FilterPart[],
): void {
  const { common, tiles, points, depth, row, panels } = tilingOf(fields)
  // As many blocks for each thread, or the last ones would be waited for.
  const fitting = Math.max(4, cacheBytes / (4 * points * row))
  const wanted = roundUp(Math.ceil(tiles / fitting), kernels.threads)
  const block = roundUp(Math.max(leastBlock, Math.ceil(tiles / wanted)), 4)
  const blocks = Math.ceil(tiles / block)
  const isShared = blocks > sharingBlocks * kernels.threads
  const panelGroups = Math.min(panels, Math.ceil(kernels.threads / blocks))
  const panelBytes = points * (32 * depth + planeGap)
  const tilesBytes = points * (4 * row * block + planeGap) + points * (32 * block + planeGap)
  const patchBytes = Math.max(4 * points * roundUp(fields.inChannels, 4), 4 * 9 * 16)
  const scratchBytes = temporaryBytes + patchBytes + tilesBytes + (isShared ? 0 : panelBytes)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...common,
      ...(parts === undefined ? {} : listParts(backend, temporaries, parts)),
      block,
      panelGroups,
      u: isShared ? temporaries.workspace(panels * panelBytes) : 0,
      scratch: temporaries.workspace(scratchBytes * kernels.threads),
      scratchBytes,
    }
    if (isShared) kernels.run('filter', job, panels)
    kernels.run('convolve', job, blocks * panelGroups)
  } finally {
    temporaries.free()
  }
}

/**
 * The input gradient of the convolution that `fields` describe: `x` is the output's gradient, `y` becomes the input's. It
 * is a convolution with the filter turned round, of stride 2 one for each phase.
 */
export function winogradInputGradient(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  fields: Winograd & {
    readonly inHeight: number
    readonly inWidth: number
    readonly top: number
    readonly left: number
  },
): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, top, left, inStep = 1 } = fields
  const before = (pad: number): number => (inStep === 2 ? 1 - Math.floor(pad / 2) : 2 - pad)
  winogradConvolution(backend, kernels, {
    ...fields,
    inHeight: outHeight,
    inWidth: outWidth,
    inChannels: outChannels,
    outHeight: inHeight,
    outWidth: inWidth,
    outChannels: inChannels,
    isTurned: 1,
    inStep: 1,
    outStep: inStep,
    top: before(top),
    left: before(left),
    outTop: top % inStep,
    outLeft: left % inStep,
  })
}

/** The filter gradient: `x` the input, `y` the output's gradient, written to `filter`. */
export function winogradFilterGradient(backend: WasmBackend, kernels: ThreadedKernels, fields: Winograd): void {
  const tiling = tilingOf(fields)
  const { tiles, points, row, out8 } = tiling
  const gradient = points * 4 * (row + out8) * tiles > sharedBytes ? gradientByParts : gradientByChannels
  gradient(backend, kernels, tiling)
}

/** Few tiles: all are transformed, then each task computes some channels of the filter. */
function gradientByChannels(backend: WasmBackend, kernels: ThreadedKernels, tiling: Tiling): void {
  const { common, tiles, points, depth, row, out8, patchBytes } = tiling
  const channels = roundUp(Math.min(16, Math.ceil(depth / kernels.threads)), 4)
  const sumsBytes = points * (4 * channels * out8 + planeGap)
  const scratchBytes = temporaryBytes + Math.max(patchBytes, sumsBytes)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...common,
      v: temporaries.workspace(points * (4 * row * tiles + planeGap)),
      d: temporaries.workspace(points * (4 * out8 * tiles + planeGap)),
      scratch: temporaries.workspace(scratchBytes * kernels.threads),
      scratchBytes,
    }
    kernels.run('gradientTiles', { ...job, block: 4 }, Math.ceil(tiles / 4))
    kernels.run('gradientChannels', { ...job, block: channels }, Math.ceil(depth / channels))
  } finally {
    temporaries.free()
  }
}

/** Many tiles: each task adds up the products of a part of them, and the parts are added up in their order. */
function gradientByParts(backend: WasmBackend, kernels: ThreadedKernels, tiling: Tiling): void {
  const { common, tiles, points, depth, row, out8, patchBytes } = tiling
  const partBytes = points * (4 * roundUp(depth, 4) * out8 + planeGap)
  const bytesOfTile = 4 * points * (row + out8)
  const block = Math.max(16, Math.floor(cacheBytes / bytesOfTile / 4) * 4)
  // The number of parts must not depend on the threads, so that the sums do not.
  const parts = Math.max(1, Math.min(mostParts, Math.floor(tiles / block / 2), Math.floor(partsBytes / partBytes)))
  const part = Math.ceil(tiles / parts)
  const tilesBytes = block * bytesOfTile + 2 * points * planeGap
  const scratchBytes = temporaryBytes + patchBytes + tilesBytes
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...common,
      block,
      part,
      partBytes,
      u: temporaries.workspace(Math.ceil(tiles / part) * partBytes),
      scratch: temporaries.workspace(scratchBytes * kernels.threads),
      scratchBytes,
    }
    kernels.run('gradientPart', job, Math.ceil(tiles / part))
    kernels.run('gradientSum', job, Math.ceil(depth / 4))
  } finally {
    temporaries.free()
  }
}
