import { Temporaries, type WasmBackend } from '../backend.js'
import { listParts, type FilterPart } from './filterParts.js'
import type { Job } from './job.js'
import type { ThreadedKernels } from './threaded.js'

/** Bytes of scratch that a thread aims at, so that it stays in its cache. */
const cacheBytes = 2 ** 20

/** Bytes between the planes of the workspace; see kernels/assembly/threaded/winograd.ts. */
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

/** A convolution with a 3x3 filter and stride 1: the fields of a job that the caller knows, `m` among them. */
export type Winograd = Job & {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly m: number
}

interface Tiling {
  readonly tilesHigh: number
  readonly tilesWide: number
  readonly all: number
  readonly points: number
  readonly in4: number
  readonly out8: number
}

function tilingOf({ batch, inChannels, outChannels, outHeight, outWidth, m }: Winograd): Tiling {
  const tilesHigh = Math.ceil(outHeight / m)
  const tilesWide = Math.ceil(outWidth / m)
  return {
    tilesHigh,
    tilesWide,
    all: batch * tilesHigh * tilesWide,
    points: (m + 2) ** 2,
    in4: roundUp(inChannels, 4),
    out8: roundUp(outChannels, 8),
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
  const { inChannels } = fields
  const { tilesHigh, tilesWide, all, points, in4, out8 } = tilingOf(fields)
  const panels = out8 / 8
  // As many blocks for each thread, or the last ones would be waited for.
  const fitting = Math.max(4, cacheBytes / (4 * points * in4))
  const wanted = roundUp(Math.ceil(all / fitting), kernels.threads)
  const block = roundUp(Math.max(leastBlock, Math.ceil(all / wanted)), 4)
  const blocks = Math.ceil(all / block)
  const isShared = blocks > sharingBlocks * kernels.threads
  const panelGroups = Math.min(panels, Math.ceil(kernels.threads / blocks))
  const panelBytes = points * (32 * inChannels + planeGap)
  const tilesBytes = points * (4 * in4 * block + planeGap) + points * (32 * block + planeGap)
  const patchBytes = Math.max(4 * points * in4, 4 * 9 * 16)
  const scratchBytes = temporaryBytes + patchBytes + tilesBytes + (isShared ? 0 : panelBytes)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...fields,
      ...(parts === undefined ? {} : listParts(backend, temporaries, parts)),
      tilesHigh,
      tilesWide,
      tiles: all,
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

/** The filter gradient: `x` the input, `y` the output's gradient, written to `filter`. */
export function winogradFilterGradient(backend: WasmBackend, kernels: ThreadedKernels, fields: Winograd): void {
  const { all, points, in4, out8 } = tilingOf(fields)
  const gradient = points * 4 * (in4 + out8) * all > sharedBytes ? gradientByParts : gradientByChannels
  gradient(backend, kernels, fields)
}

/** Few tiles: all are transformed, then each task computes some channels of the filter. */
function gradientByChannels(backend: WasmBackend, kernels: ThreadedKernels, fields: Winograd): void {
  const { tilesHigh, tilesWide, all, points, in4, out8 } = tilingOf(fields)
  const channels = roundUp(Math.min(16, Math.ceil(in4 / kernels.threads)), 4)
  const sumsBytes = points * (4 * channels * out8 + planeGap)
  const scratchBytes = temporaryBytes + Math.max(4 * points * Math.max(in4, out8), sumsBytes)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...fields,
      tilesHigh,
      tilesWide,
      tiles: all,
      v: temporaries.workspace(points * (4 * in4 * all + planeGap)),
      d: temporaries.workspace(points * (4 * out8 * all + planeGap)),
      scratch: temporaries.workspace(scratchBytes * kernels.threads),
      scratchBytes,
    }
    kernels.run('gradientTiles', { ...job, block: 4 }, Math.ceil(all / 4))
    kernels.run('gradientChannels', { ...job, block: channels }, Math.ceil(in4 / channels))
  } finally {
    temporaries.free()
  }
}

/** Many tiles: each task adds up the products of a part of them, and the parts are added up in their order. */
function gradientByParts(backend: WasmBackend, kernels: ThreadedKernels, fields: Winograd): void {
  const { tilesHigh, tilesWide, all, points, in4, out8 } = tilingOf(fields)
  const partBytes = points * (4 * in4 * out8 + planeGap)
  const bytesOfTile = 4 * points * (in4 + out8)
  const block = Math.max(16, Math.floor(cacheBytes / bytesOfTile / 4) * 4)
  // The number of parts must not depend on the threads, so that the sums do not.
  const parts = Math.max(1, Math.min(mostParts, Math.floor(all / block / 2), Math.floor(partsBytes / partBytes)))
  const part = Math.ceil(all / parts)
  const tilesBytes = block * bytesOfTile + 2 * points * planeGap
  const scratchBytes = temporaryBytes + 4 * points * Math.max(in4, out8) + tilesBytes
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...fields,
      tilesHigh,
      tilesWide,
      tiles: all,
      block,
      part,
      partBytes,
      u: temporaries.workspace(Math.ceil(all / part) * partBytes),
      scratch: temporaries.workspace(scratchBytes * kernels.threads),
      scratchBytes,
    }
    kernels.run('gradientPart', job, Math.ceil(all / part))
    kernels.run('gradientSum', job, in4 / 4)
  } finally {
    temporaries.free()
  }
}
