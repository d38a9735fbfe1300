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

/** Bytes of transformed tiles up to which a task of the filter gradient has all of them, for so many channels at most. */
const sharedBytes = 2 ** 22
const mostChannels = 32

/** The most parts of a filter gradient that are added up apart, and the bytes that their sums may take. */
const mostParts = 16
const partsBytes = 2 ** 25

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
