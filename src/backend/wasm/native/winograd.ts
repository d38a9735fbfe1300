import { Temporaries, type WasmBackend } from '../backend.js'
import { listParts, type FilterPart } from './filterParts.js'
import type { Job } from './job.js'
import type { ThreadedKernels } from './threaded.js'
import {
  cacheBytes,
  planeGap,
  temporaryBytes,
  roundUp,
  tilingOf,
  type Tiling,
  type Winograd,
} from './winogradTiling.js'

/** Tiles below which a block is not divided further: the filter's transform would outweigh the products. */
const leastBlock = 16

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
