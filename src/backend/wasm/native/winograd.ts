import { placeOf, Temporaries, type WasmBackend } from '../backend.js'
import type { Job } from './job.js'
import type { ThreadedKernels } from './threaded.js'

/** Bytes of scratch that a thread aims at, so that it stays in its cache. */
const cacheBytes = 2 ** 20

/** Bytes between the planes of the workspace; see kernels/assembly/threaded/winograd.ts. */
const planeGap = 64

/** Bytes that the transforms of one tile need. */
const temporaryBytes = 36 * 16 * 2

/** Tiles whose transforms the filter gradient's products add up at a time. */
const chunkTiles = 128

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

/** A filter for some of a convolution's input channels. */
export interface FilterPart {
  readonly filter: number
  /** Where its input channels begin, and how many they are. */
  readonly first: number
  readonly channels: number
  /** Words from tap to tap, where the stored filter is wider. */
  readonly tapStep?: number
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

/** Workspace of so many bytes, freed by `temporaries`. */
function workspace(backend: WasmBackend, temporaries: Temporaries, bytes: number): number {
  return placeOf(backend, temporaries.own(backend.makeOutput([Math.ceil(bytes / 4)], 'float32')))
}

/** The convolution, or with `isTurned` its input gradient; `parts` where its filter is in several places. */
export function winogradConvolution(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  fields: Winograd,
  parts?: readonly FilterPart[],
): void {
  const { inChannels, m } = fields
  const { tilesHigh, tilesWide, all, points, in4, out8 } = tilingOf(fields)
  const bytesOfTile = 4 * points * (in4 + out8)
  const share = Math.ceil(all / kernels.threads / 4) * 4
  const block = Math.min(Math.max(4, Math.floor(cacheBytes / bytesOfTile / 4) * 4), share)
  const scratchBytes =
    temporaryBytes + block * bytesOfTile + 2 * points * planeGap + Math.max(4 * points * in4, 4 * 9 * 16)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...fields,
      m,
      tilesHigh,
      tilesWide,
      tiles: all,
      block,
      u: workspace(backend, temporaries, points * (4 * inChannels * out8 + planeGap)),
      scratch: workspace(backend, temporaries, scratchBytes * kernels.threads),
      scratchBytes,
    }
    for (const { first, channels, ...part } of parts ?? [{ first: 0, channels: inChannels }]) {
      const u = job.u! + 32 * first
      kernels.run('filter', { ...job, ...part, u, inChannels: channels, depth: inChannels }, out8 / 8)
    }
    kernels.run('convolve', job, Math.ceil(all / block))
  } finally {
    temporaries.free()
  }
}

/** The filter gradient: `x` the input, `y` the output's gradient, written to `filter`. */
export function winogradFilterGradient(backend: WasmBackend, kernels: ThreadedKernels, fields: Winograd): void {
  const { inChannels } = fields
  const { tilesHigh, tilesWide, all, points, in4, out8 } = tilingOf(fields)
  const chunk = Math.min(all, chunkTiles)
  const scratchBytes = temporaryBytes + 4 * points * Math.max(in4, out8)
  const temporaries = new Temporaries(backend)
  try {
    const job: Job = {
      ...fields,
      tilesHigh,
      tilesWide,
      block: 4,
      u: workspace(backend, temporaries, points * (4 * in4 * out8 + planeGap)),
      v: workspace(backend, temporaries, points * (4 * in4 * chunk + planeGap)),
      d: workspace(backend, temporaries, points * (4 * out8 * chunk + planeGap)),
      scratch: workspace(backend, temporaries, scratchBytes * kernels.threads),
      scratchBytes,
    }
    for (let firstTile = 0; firstTile < all; firstTile += chunk) {
      const tiles = Math.min(chunk, all - firstTile)
      const part = { ...job, firstTile, tiles, isFirst: firstTile === 0 ? 1 : 0 }
      kernels.run('gradientTiles', part, Math.ceil(tiles / part.block!))
      kernels.run('gradientProduct', part, points)
    }
    kernels.run('gradientFilter', job, Math.ceil(inChannels / 4))
  } finally {
    temporaries.free()
  }
}
