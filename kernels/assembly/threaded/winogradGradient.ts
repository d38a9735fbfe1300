import { Job } from './job'
import { multiplyColumns } from './panel'
import { storeLanes } from './simd'
import { transformFilterGradient } from './transforms'
import { planeGap, roundUp, temporaryBytes } from './winogradLayout'
import { transformTile } from './winogradTiles'

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
  const inRow = (<usize>roundUp(job.inChannels, 4)) << 2
  const outRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const vStep = <usize>tiles * inRow + planeGap
  const dStep = <usize>tiles * outRow + planeGap
  for (let tile = first; tile < end; tile++) {
    const at = <usize>(tile - origin)
    transformTile(job, false, tile, v + at * inRow, vStep, temporary, patch)
    transformTile(job, true, tile, d + at * outRow, dStep, temporary, patch)
  }
}

/** `u [xi, in, out8] = v^T d`, or added to it, for some input channels of v and d in planes of `tiles` tiles. */
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
  const points = (job.m + 2) * (job.m + 2)
  const outChannels = roundUp(job.outChannels, 8)
  const inRow = (<usize>roundUp(job.inChannels, 4)) << 2
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

/** `dFilter = G^T u G` for `count` input channels from `first` on, whose sums stand at the start of u's planes. */
function writeFilter(job: Job, u: usize, xiStep: usize, first: i32, count: i32, temporary: usize): void {
  const m = job.m
  const outChannels = job.outChannels
  const values = temporary + temporaryBytes / 2
  const outRow = (<usize>roundUp(outChannels, 8)) << 2
  const tapStep = (<usize>(job.inChannels * outChannels)) << 2
  for (let c = 0; c < count; c++, u += outRow) {
    for (let k = 0; k < outChannels; k += 4) {
      const from = u + ((<usize>k) << 2)
      transformFilterGradient(m, from, <usize>(m + 2) * xiStep, xiStep, values, 48, 16, temporary)
      const to = job.filter + ((<usize>((first + c) * outChannels + k)) << 2)
      for (let tap = 0; tap < 9; tap++) {
        storeLanes(to + <usize>tap * tapStep, v128.load(values + ((<usize>tap) << 4)), outChannels - k)
      }
    }
  }
}

/** One task of the filter gradient of few tiles: `block` input channels, from v and d to the filter. */
export function gradientChannelsTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const u = temporary + temporaryBytes
  const first = task * job.block
  const channels = min(job.block, roundUp(job.inChannels, 4) - first)
  multiplyPlanes(job, job.v + ((<usize>first) << 2), job.d, job.tiles, job.tiles, channels, u, 1)
  const xiStep = ((<usize>(channels * roundUp(job.outChannels, 8))) << 2) + planeGap
  writeFilter(job, u, xiStep, first, min(channels, job.inChannels - first), temporary)
}

/** One task of the filter gradient of many tiles: the sums over `part` tiles, `block` at a time, in a u of its own. */
export function gradientPartTask(job: Job, task: i32, thread: i32): void {
  const block = job.block
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const points = (job.m + 2) * (job.m + 2)
  const in4 = roundUp(job.inChannels, 4)
  const out8 = roundUp(job.outChannels, 8)
  const v = temporary + temporaryBytes + <usize>(points * max(in4, out8) * 4)
  const d = v + <usize>points * (((<usize>(block * in4)) << 2) + planeGap)
  const u = job.u + <usize>task * job.partBytes
  const begin = task * job.part
  const end = min(job.tiles, begin + job.part)
  for (let first = begin; first < end; first += block) {
    const count = min(block, end - first)
    transformBothTiles(job, first, first + count, first, block, v, d, temporary)
    multiplyPlanes(job, v, d, block, count, in4, u, first === begin ? 1 : 0)
  }
}

/** One task of its end: the sum of the parts, for four input channels. */
export function gradientSumTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const points = (job.m + 2) * (job.m + 2)
  const outRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const xiStep = <usize>roundUp(job.inChannels, 4) * outRow + planeGap
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
  writeFilter(job, begin, xiStep, first, min(4, job.inChannels - first), temporary)
}
