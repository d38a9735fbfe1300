import { Job } from './job'

// Layouts, n = m + taps - 1 and xi = 0 .. n*n - 1: u [panel, xi, depth, 8], v [xi, tile, depth], d [xi, tile, out8],
// products [xi, tile, 8], where out8 are the channels rounded up to 8 with zeros, and a panel has eight output channels.
//
// A convolution of stride 2 is the sum of those of stride 1 of four phases (p, q): of the pixels (2i + p, 2j + q) with the
// filter's taps (2i + p, 2j + q). They lie beside each other like input channels: depth is four times the channels. Its input
// gradient is a convolution of stride 1 for each phase, with its turned taps; their outputs are every second pixel of every
// second row. They are panels of their own.

/** Bytes between the planes of one xi each: without it all points of a tile would share a few lines of the cache. */
export const planeGap: usize = 64

/** Bytes that the transforms of one tile need. */
export const temporaryBytes: usize = 36 * 16 * 2

export function roundUp(value: i32, unit: i32): i32 {
  return (value + unit - 1) & -unit
}

/** Points of a tile: n*n. */
export function pointsOf(job: Job): i32 {
  const n = job.m + job.taps - 1
  return n * n
}

/** Channels of the input that are summed up: of all its phases. */
export function depthOf(job: Job): i32 {
  return job.inStep * job.inStep * job.inChannels
}

/** Bytes of a row of v: each phase is written in fours, over the next one's channels, before those are. */
export function rowBytes(job: Job): usize {
  return (<usize>roundUp(depthOf(job) - job.inChannels + roundUp(job.inChannels, 4), 4)) << 2
}

/** Row of a phase: they go round, so that neighbours have a row or column in common. */
export function phaseRow(phase: i32, step: i32): i32 {
  return step === 2 ? phase >> 1 : 0
}

/** Column of a phase. */
export function phaseColumn(phase: i32, step: i32): i32 {
  return step === 2 ? (((phase + 1) >> 1) & 1) ^ 1 : 0
}

/** Panels of the transformed filter, or of one phase of it. */
export function panelsOf(job: Job): i32 {
  return (job.outChannels + 7) >> 3
}
