import type { Job } from './job.js'

/** Bytes of scratch that a thread aims at, so that it stays in its cache. */
export const cacheBytes: number = 2 ** 20

/** Bytes between the planes of the workspace; see kernels/assembly/threaded/winogradLayout.ts. */
export const planeGap = 64

/** Bytes that the transforms of one tile need. */
export const temporaryBytes: number = 36 * 16 * 2

/** `value` rounded up to a multiple of `unit`. */
export const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit

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
export interface Tiling {
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

export function tilingOf(fields: Winograd): Tiling {
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
