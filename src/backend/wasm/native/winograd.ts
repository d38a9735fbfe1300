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

/** Bytes of transformed tiles up to which a task of the filter gradient has all of them, for so many channels at most. */
const sharedBytes = 2 ** 22
const mostChannels = 32

/** The most parts of a filter gradient that are added up apart, and the bytes that their sums may take. */
const mostParts = 16
const partsBytes = 2 ** 25

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit

/** A convolution that Winograd's algorithm takes: the fields of a job that the caller knows, `m` among them. */
export type Winograd = Job & {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly outHeight: number
  readonly outWidth: number
  /** Outputs of a tile along an axis: 2 or 4 with 3x3 filters of stride 1, 3, 4 or 5 with stride 2. */
  readonly m: number
  /** The stride, 2 for filters of up to 4x4; left out: 3x3 filters of stride 1. */
  readonly inStep?: number
}

/** How a convolution is divided into tiles; see kernels/assembly/threaded/winogradLayout.ts. */
interface Tiling {
  /** What all its jobs have in common. */
  readonly common: Job
  readonly inStep: number
  readonly inChannels: number
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
    inStep,
    inChannels,
    tiles,
    points,
    depth,
    row: roundUp(depth - inChannels + in4, 4),
    out8,
    panels: (outStep ** 2 * out8) / 8,
    patchBytes: 4 * points * Math.max(in4, out8),
  }
}

/** Blocks of tiles for each thread up to which those of several convolutions are kept. */
const keptBlocks = 2

/**
 * Where not even half of the least block fits into the cache: tiles of a block and panels that are multiplied side by side, point by
 * point, so that tiles and filter are read as seldom as can be.
 */
const deepBlock = 64
const deepPanels = 2

/** Of 4 and 5 the outputs of a tile along an axis with which so many outputs of a convolution of stride 2 take fewer products. */
export function stridedTile(height: number, width: number): number {
  const products = (m: number): number => Math.ceil(height / m) * Math.ceil(width / m) * (m + 1) ** 2
  return products(5) < products(4) ? 5 : 4
}

/** Blocks of tiles for each thread from which on the filter is transformed once for all; below it each task does so for itself. */
const sharingBlocks = 2

/** Tiles whose transforms fit into the cache. */
const fittingTiles = ({ points, row }: Tiling): number => Math.max(4, cacheBytes / (4 * points * row))

const isDeepOf = (tiling: Tiling): boolean => fittingTiles(tiling) <= leastBlock / 2

/** How many tiles a task has. */
function blockOf(tiling: Tiling, { threads }: ThreadedKernels): number {
  const { tiles } = tiling
  // As many blocks for each thread, or the last ones would be waited for.
  const wanted = isDeepOf(tiling)
    ? Math.ceil(tiles / deepBlock)
    : roundUp(Math.ceil(tiles / fittingTiles(tiling)), threads)
  return roundUp(Math.max(leastBlock, Math.ceil(tiles / wanted)), 4)
}

/** Transformed tiles that stay for the next convolution of the same `x`, which reads more of its channels. */
export interface KeptTiles {
  /** Where they are. */
  readonly place: number
  /** Channels of x that any of the convolutions reads. */
  readonly channels: number
  /** Tiles of a task, the same for all. */
  readonly block: number
}

/**
 * Room for transformed tiles of a convolution of stride 1 that reads all channels; undefined where each convolution had
 * better transform what it reads: where they do not stay in the threads' caches.
 */
export function keepTiles(kernels: ThreadedKernels, fields: Winograd, temporaries: Temporaries): KeptTiles | undefined {
  const tiling = tilingOf(fields)
  const { inChannels: channels, tiles, points } = tiling
  const block = blockOf(tiling, kernels)
  const blocks = Math.ceil(tiles / block)
  if (channels % 4 !== 0 || blocks < kernels.threads || blocks > keptBlocks * kernels.threads) return undefined
  return { place: temporaries.workspace(blocks * points * (4 * channels * block + planeGap)), channels, block }
}

/** What a convolution may be given beside its fields. */
interface ConvolutionOptions {
  /** Where its filter is in several places. */
  readonly parts?: readonly FilterPart[]
  /** Its tiles, of which the first `done` channels are there; it adds the others. */
  readonly kept?: (KeptTiles & { readonly done: number }) | undefined
}

/** The convolution, or with `isTurned` its input gradient. */
export function winogradConvolution(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  fields: Winograd,
  { parts, kept }: ConvolutionOptions = {},
): void {
  const tiling = tilingOf(fields)
  const { common, tiles, points, depth, row, panels } = tiling
  const block = kept?.block ?? blockOf(tiling, kernels)
  const isDeep = isDeepOf(tiling)
  const blocks = Math.ceil(tiles / block)
  const isShared = blocks > (isDeep ? 1 : sharingBlocks) * kernels.threads
  const panelGroups = Math.min(panels, Math.ceil(kernels.threads / blocks))
  const panelsAtOnce = isDeep ? Math.min(deepPanels, Math.ceil(panels / panelGroups)) : 1
  const panelBytes = points * (32 * depth + planeGap)
  const tilesBytes =
    (kept ? 0 : points * (4 * row * block + planeGap)) + panelsAtOnce * points * (32 * block + planeGap)
  const patchBytes = Math.max(4 * points * roundUp(fields.inChannels, 4), 4 * 9 * 16)
  const scratchBytes = temporaryBytes + patchBytes + tilesBytes + (isShared ? 0 : panelsAtOnce * panelBytes)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...common,
      ...(parts === undefined ? {} : listParts(backend, temporaries, parts)),
      ...(kept === undefined ? {} : { v: kept.place, vChannels: kept.channels, vDone: kept.done }),
      block,
      panelGroups,
      panelsAtOnce,
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
  const gradient = isByChannels(tiling) ? gradientByChannels : gradientByParts
  gradient(backend, kernels, tiling)
}

/**
 * The gradients of several filters of stride 1 that read the first channels of one `x`: `y` are those of all their outputs
 * beside each other, those of a part from its `first` on.
 */
export function winogradFilterGradients(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  fields: Winograd & { readonly y: number },
  parts: readonly FilterPart[],
): void {
  const tiling = tilingOf(fields)
  if (isByChannels(tiling)) return gradientByChannels(backend, kernels, tiling, parts)
  for (const { filter, inputs, outputs, first } of parts) {
    const y = fields.y + 4 * first
    winogradFilterGradient(backend, kernels, { ...fields, filter, inChannels: inputs, outChannels: outputs, y })
  }
}

/** Bytes of the sums of all tiles. */
const bytesOfSums = ({ points, depth, out8 }: Tiling): number => points * (4 * roundUp(depth, 4) * out8 + planeGap)

/**
 * Whether each task computes some channels: where the transformed tiles that a thread works on stay near, and where there
 * are so many channels that a part of the tiles has no room for sums of its own.
 */
function isByChannels(tiling: Tiling): boolean {
  const { tiles, points, row, out8 } = tiling
  const gradientBytes = 4 * points * tiles * out8
  if (gradientBytes + 4 * points * tiles * Math.min(row, mostChannels) <= sharedBytes) return true
  const sums = bytesOfSums(tiling)
  return 2 * sums > partsBytes && gradientBytes <= Math.max(sums, partsBytes)
}

/** The output gradient's tiles are transformed, then each task computes some input channels of the filters. */
function gradientByChannels(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  tiling: Tiling,
  parts?: readonly FilterPart[],
): void {
  const { common, inStep, inChannels, tiles, points, out8 } = tiling
  const widest = Math.max(...(parts ?? []).map(({ outputs }) => roundUp(outputs, 8)), parts ? 0 : out8)
  const fitting = Math.floor(cacheBytes / (4 * points * (widest + tiles)))
  const wanted = Math.min(mostChannels, fitting, Math.ceil(inChannels / (2 * kernels.threads)))
  const channels = Math.max(4, roundUp(wanted - 3, 4))
  const patchBytes = 4 * points * Math.max(channels, out8)
  const scratchBytes =
    temporaryBytes +
    patchBytes +
    points * (4 * channels * tiles + planeGap) +
    points * (4 * channels * widest + planeGap)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...common,
      ...(parts === undefined ? {} : listParts(backend, temporaries, parts)),
      d: temporaries.workspace(points * (4 * out8 * tiles + planeGap)),
      scratch: temporaries.workspace(scratchBytes * kernels.threads),
      scratchBytes,
    }
    kernels.run('gradientTiles', { ...job, block: 4 }, Math.ceil(tiles / 4))
    kernels.run('gradientChannels', { ...job, block: channels }, inStep ** 2 * Math.ceil(inChannels / channels))
  } finally {
    temporaries.free()
  }
}

/** Many tiles: each task adds up the products of a part of them, and the parts are added up in their order. */
function gradientByParts(backend: WasmBackend, kernels: ThreadedKernels, tiling: Tiling): void {
  const { common, tiles, points, depth, row, out8, patchBytes } = tiling
  const partBytes = bytesOfSums(tiling)
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
