import { filterPartOf } from './filterPart'
import { Job } from './job'
import { multiplyColumns } from './panel'
import { storeLanes } from './simd'
import { transformFilterGradient } from './transforms'
import { depthOf, phaseColumn, phaseRow, planeGap, pointsOf, roundUp, rowBytes, temporaryBytes } from './winogradLayout'
import { transformGradientTile, transformInputChannels, transformInputTile } from './winogradTiles'

/** One task of the filter gradient's transforms: some tiles of the output's gradient, into d of all tiles. */
export function gradientTilesTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const patch = temporary + temporaryBytes
  const row = (<usize>roundUp(job.outChannels, 8)) << 2
  const step = <usize>job.tiles * row + planeGap
  const end = min(job.tiles, (task + 1) * job.block)
  for (let tile = task * job.block; tile < end; tile++) {
    transformGradientTile(job, tile, job.d + <usize>tile * row, step, temporary, patch)
  }
}

/** Transforms the tiles `first` to `end` of input and output gradient into planes of `tiles` tiles. */
function transformBothTiles(job: Job, first: i32, end: i32, tiles: i32, v: usize, d: usize, temporary: usize): void {
  const patch = temporary + temporaryBytes
  const inRow = rowBytes(job)
  const outRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const vStep = <usize>tiles * inRow + planeGap
  const dStep = <usize>tiles * outRow + planeGap
  for (let tile = first; tile < end; tile++) {
    const at = <usize>(tile - first)
    transformInputTile(job, tile, v + at * inRow, vStep, temporary, patch)
    transformGradientTile(job, tile, d + at * outRow, dStep, temporary, patch)
  }
}

/**
 * `u [xi, channels, out8] = v^T d`, or added to it, v and d in planes of `tiles` tiles. Their rows, and those of u, are so
 * many bytes long; u's is that of d which is computed.
 */
function multiplyPlanes(
  points: i32,
  v: usize,
  inRow: usize,
  d: usize,
  dRow: usize,
  outRow: usize,
  tiles: i32,
  count: i32,
  channels: i32,
  u: usize,
  isFirst: i32,
): void {
  for (let xi = 0; xi < points; xi++) {
    let out = u
    for (let c = 0; c < channels; c += 4, out += 4 * outRow) {
      const from = v + ((<usize>c) << 2)
      for (let at: usize = 0; at < outRow; at += 32) {
        multiplyColumns(from, inRow, d + at, dRow, count, out + at, outRow, isFirst)
      }
    }
    v += <usize>tiles * inRow + planeGap
    d += <usize>tiles * dRow + planeGap
    u += <usize>channels * outRow + planeGap
  }
}

/** `dFilter = G^T u G` for `count` channels of the depth from `first` on, whose sums stand at the start of u's planes. */
function writeFilter(
  job: Job,
  filter: usize,
  inChannels: i32,
  outChannels: i32,
  u: usize,
  xiStep: usize,
  first: i32,
  count: i32,
  temporary: usize,
): void {
  const m = job.m
  const taps = job.taps
  const step = job.inStep
  const filterHeight = job.filterHeight
  const filterWidth = job.filterWidth
  const values = temporary + temporaryBytes / 2
  const outRow = (<usize>roundUp(outChannels, 8)) << 2
  const rowStep = <usize>(m + taps - 1) * xiStep
  const tapBytes = (<usize>(inChannels * outChannels)) << 2
  for (let c = first; c < first + count; c++, u += outRow) {
    const phase = c / inChannels
    const firstRow = phaseRow(phase, step)
    const firstColumn = phaseColumn(phase, step)
    const row = filter + ((<usize>((c - phase * inChannels) * outChannels)) << 2)
    for (let k = 0; k < outChannels; k += 4) {
      const at = (<usize>k) << 2
      transformFilterGradient(m, taps, u + at, rowStep, xiStep, values, (<usize>taps) << 4, 16, temporary)
      const lanes = outChannels - k
      let from = values
      for (let i = firstRow; i < firstRow + taps * step; i += step) {
        let to = row + <usize>(i * filterWidth + firstColumn) * tapBytes + at
        for (let j = firstColumn; j < firstColumn + taps * step; j += step, from += 16, to += <usize>step * tapBytes) {
          if (i < filterHeight && j < filterWidth) storeLanes(to, v128.load(from), lanes)
        }
      }
    }
  }
}

/** The gradient of one filter for `count` channels of a phase from `first` on: d is where its outputs' gradients begin. */
function filterGradient(
  job: Job,
  filter: usize,
  inChannels: i32,
  outChannels: i32,
  v: usize,
  row: usize,
  d: usize,
  phase: i32,
  first: i32,
  count: i32,
  u: usize,
  temporary: usize,
): void {
  const dRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const outRow = (<usize>roundUp(outChannels, 8)) << 2
  const rows = roundUp(count, 4)
  multiplyPlanes(pointsOf(job), v, row, d, dRow, outRow, job.tiles, job.tiles, rows, u, 1)
  const step = <usize>rows * outRow + planeGap
  writeFilter(job, filter, inChannels, outChannels, u, step, phase * inChannels + first, count, temporary)
}

/**
 * One task of the filter gradient of few tiles: `block` channels of a phase, whose tiles it transforms for itself, for
 * every filter that reads them.
 */
export function gradientChannelsTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const patch = temporary + temporaryBytes
  const points = pointsOf(job)
  const blocks = (job.inChannels + job.block - 1) / job.block
  const phase = task / blocks
  const first = (task - phase * blocks) * job.block
  const channels = min(job.block, job.inChannels - first)
  const row = (<usize>roundUp(channels, 4)) << 2
  const step = <usize>job.tiles * row + planeGap
  const v = patch + ((<usize>(points * max(roundUp(job.block, 4), roundUp(job.outChannels, 8)))) << 2)
  const u = v + <usize>points * step
  for (let tile = 0; tile < job.tiles; tile++) {
    transformInputChannels(job, phase, first, channels, tile, v + <usize>tile * row, step, temporary, patch)
  }
  if (!job.list) {
    filterGradient(
      job,
      job.filter,
      job.inChannels,
      job.outChannels,
      v,
      row,
      job.d,
      phase,
      first,
      channels,
      u,
      temporary,
    )
    return
  }
  for (let i = 0; i < job.listCount; i++) {
    const part = filterPartOf(job, i)
    const count = min(channels, part.inputs - first)
    const d = job.d + ((<usize>part.first) << 2)
    if (count > 0) filterGradient(job, part.filter, part.inputs, part.outputs, v, row, d, 0, first, count, u, temporary)
  }
}

/** One task of the filter gradient of many tiles: the sums over `part` tiles, `block` at a time, in a u of its own. */
export function gradientPartTask(job: Job, task: i32, thread: i32): void {
  const block = job.block
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const points = pointsOf(job)
  const widest = max(roundUp(job.inChannels, 4), roundUp(job.outChannels, 8))
  const v = temporary + temporaryBytes + <usize>(points * widest * 4)
  const inRow = rowBytes(job)
  const outRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const depth = roundUp(depthOf(job), 4)
  const d = v + <usize>points * (<usize>block * inRow + planeGap)
  const u = job.u + <usize>task * job.partBytes
  const begin = task * job.part
  const end = min(job.tiles, begin + job.part)
  for (let first = begin; first < end; first += block) {
    const count = min(block, end - first)
    transformBothTiles(job, first, first + count, block, v, d, temporary)
    multiplyPlanes(points, v, inRow, d, outRow, outRow, block, count, depth, u, first === begin ? 1 : 0)
  }
}

/** One task of its end: the sum of the parts, for four channels of the depth. */
export function gradientSumTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const points = pointsOf(job)
  const outRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const xiStep = <usize>roundUp(depthOf(job), 4) * outRow + planeGap
  const parts = (job.tiles + job.part - 1) / job.part
  const first = task * 4
  const begin = job.u + <usize>first * outRow
  for (let xi = 0; xi < points; xi++) {
    const from = begin + <usize>xi * xiStep
    for (let i: usize = 0; i < 4 * outRow; i += 16) {
      let sum = v128.load(from + i)
      for (let p = 1; p < parts; p++) sum = f32x4.add(sum, v128.load(from + <usize>p * job.partBytes + i))
      v128.store(from + i, sum)
    }
  }
  const count = min(4, depthOf(job) - first)
  writeFilter(job, job.filter, job.inChannels, job.outChannels, begin, xiStep, first, count, temporary)
}
