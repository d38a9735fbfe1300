import { Job } from './job'
import { multiplyColumns } from './panel'
import { storeLanes } from './simd'
import { transformFilterGradient } from './transforms'
import { depthOf, phaseColumn, phaseRow, planeGap, pointsOf, roundUp, rowBytes, temporaryBytes } from './winogradLayout'
import { transformGradientTile, transformInputTile } from './winogradTiles'

/** One task of the filter gradient's transforms: some tiles of input and output gradient, into v and d of all tiles. */
export function gradientTilesTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  transformBothTiles(
    job,
    task * job.block,
    min(job.tiles, (task + 1) * job.block),
    0,
    job.tiles,
    job.v,
    job.d,
    temporary,
  )
}

/** Transforms the tiles `first` to `end` of input and output gradient into planes of `tiles` tiles, tile `origin` first. */
function transformBothTiles(
  job: Job,
  first: i32,
  end: i32,
  origin: i32,
  tiles: i32,
  v: usize,
  d: usize,
  temporary: usize,
): void {
  const patch = temporary + temporaryBytes
  const inRow = rowBytes(job)
  const outRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const vStep = <usize>tiles * inRow + planeGap
  const dStep = <usize>tiles * outRow + planeGap
  for (let tile = first; tile < end; tile++) {
    const at = <usize>(tile - origin)
    transformInputTile(job, tile, v + at * inRow, vStep, temporary, patch)
    transformGradientTile(job, tile, d + at * outRow, dStep, temporary, patch)
  }
}

/** `u [xi, depth, out8] = v^T d`, or added to it, for some channels of the depth, v and d in planes of `tiles` tiles. */
function multiplyPlanes(
  job: Job,
  v: usize,
  d: usize,
  tiles: i32,
  count: i32,
  channels: i32,
  u: usize,
  isFirst: i32,
): void {
  const points = pointsOf(job)
  const outChannels = roundUp(job.outChannels, 8)
  const inRow = rowBytes(job)
  const outRow = (<usize>outChannels) << 2
  for (let xi = 0; xi < points; xi++) {
    let out = u
    for (let c = 0; c < channels; c += 4, out += 4 * outRow) {
      const from = v + ((<usize>c) << 2)
      for (let k = 0; k < outChannels; k += 8) {
        const channel = (<usize>k) << 2
        multiplyColumns(from, inRow, d + channel, outRow, count, out + channel, outRow, isFirst)
      }
    }
    v += <usize>tiles * inRow + planeGap
    d += <usize>tiles * outRow + planeGap
    u += <usize>channels * outRow + planeGap
  }
}

/** `dFilter = G^T u G` for `count` channels of the depth from `first` on, whose sums stand at the start of u's planes. */
function writeFilter(job: Job, u: usize, xiStep: usize, first: i32, count: i32, temporary: usize): void {
  const m = job.m
  const taps = job.taps
  const step = job.inStep
  const inChannels = job.inChannels
  const outChannels = job.outChannels
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
    const row = job.filter + ((<usize>((c - phase * inChannels) * outChannels)) << 2)
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

/** One task of the filter gradient of few tiles: `block` channels of the depth, from v and d to the filter. */
export function gradientChannelsTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const u = temporary + temporaryBytes
  const first = task * job.block
  const channels = min(job.block, roundUp(depthOf(job), 4) - first)
  multiplyPlanes(job, job.v + ((<usize>first) << 2), job.d, job.tiles, job.tiles, channels, u, 1)
  const xiStep = ((<usize>(channels * roundUp(job.outChannels, 8))) << 2) + planeGap
  writeFilter(job, u, xiStep, first, min(channels, depthOf(job) - first), temporary)
}

/** One task of the filter gradient of many tiles: the sums over `part` tiles, `block` at a time, in a u of its own. */
export function gradientPartTask(job: Job, task: i32, thread: i32): void {
  const block = job.block
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const points = pointsOf(job)
  const widest = max(roundUp(job.inChannels, 4), roundUp(job.outChannels, 8))
  const v = temporary + temporaryBytes + <usize>(points * widest * 4)
  const d = v + <usize>points * (<usize>block * rowBytes(job) + planeGap)
  const u = job.u + <usize>task * job.partBytes
  const begin = task * job.part
  const end = min(job.tiles, begin + job.part)
  for (let first = begin; first < end; first += block) {
    const count = min(block, end - first)
    transformBothTiles(job, first, first + count, first, block, v, d, temporary)
    multiplyPlanes(job, v, d, block, count, roundUp(depthOf(job), 4), u, first === begin ? 1 : 0)
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
  writeFilter(job, begin, xiStep, first, min(4, depthOf(job) - first), temporary)
}
