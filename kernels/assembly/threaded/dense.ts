import { Job } from './job'
import { loadLanes, storeLanes } from './simd'

/** One task of `y = scale * x` for the first channels of every pixel: `block` pixels of `tiles`. */
export function copyChannelsTask(job: Job, task: i32): void {
  const channels = job.inChannels
  const factor = f32x4.splat(job.scale)
  const end = min(job.tiles, (task + 1) * job.block)
  for (let pixel = task * job.block; pixel < end; pixel++) {
    const from = job.x + ((<usize>(pixel * job.xStride)) << 2)
    const to = job.y + ((<usize>(pixel * job.yStride)) << 2)
    for (let c = 0; c < channels; c += 4) {
      const at = (<usize>c) << 2
      storeLanes(to + at, f32x4.mul(loadLanes(from + at, channels - c), factor), channels - c)
    }
  }
}

/** One task of the sums of y over its pixels, in float64: four channels, written to u. */
export function channelSumsTask(job: Job, task: i32): void {
  const channel = task * 4
  const lanes = job.outChannels - channel
  const step = (<usize>job.yStride) << 2
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  let from = job.y + ((<usize>channel) << 2)
  for (let pixel = 0; pixel < job.tiles; pixel++, from += step) {
    const value = loadLanes(from, lanes)
    low = f64x2.add(low, f64x2.promote_low_f32x4(value))
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(value, value, 2, 3, 2, 3)))
  }
  const sums = v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5)
  storeLanes(job.u + ((<usize>channel) << 2), sums, lanes)
}
