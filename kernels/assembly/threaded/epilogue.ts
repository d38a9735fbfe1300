import { Job } from './job'
import { loadLanes, storeLanes } from './simd'

/** LeakyReLU. */
function leaky(value: v128, slope: f32): v128 {
  const zeros = f32x4.splat(0)
  // Zero times minus infinity would be no number.
  if (slope === 0) return f32x4.max(value, zeros)
  return v128.bitselect(value, f32x4.mul(value, f32x4.splat(slope)), f32x4.gt(value, zeros))
}

/** Finishes four channels of a pixel, `lanes` of them real, and writes them to y. */
export function finish(job: Job, value: v128, pixel: i32, channel: i32, lanes: i32): void {
  let result = value
  if (job.bias) result = f32x4.add(result, loadLanes(job.bias + ((<usize>channel) << 2), lanes))
  if (job.slope !== 1) result = leaky(result, job.slope)
  if (job.sign) {
    const sign = loadLanes(job.sign + ((<usize>(pixel * job.signStride + channel)) << 2), lanes)
    const isPositive = f32x4.gt(sign, f32x4.splat(0))
    result = v128.bitselect(result, f32x4.mul(result, f32x4.splat(job.signSlope)), isPositive)
  }
  if (job.residual) {
    const residual = loadLanes(job.residual + ((<usize>(pixel * job.residualStride + channel)) << 2), lanes)
    result = f32x4.add(f32x4.mul(result, f32x4.splat(job.scale)), residual)
  }
  storeLanes(job.y + ((<usize>(pixel * job.yStride + channel)) << 2), result, lanes)
}

/** Finishes `channels` channels of a pixel from `first` on, sums at `from`. */
export function finishRow(job: Job, from: usize, pixel: i32, first: i32, channels: i32): void {
  let channel = 0
  if (!job.sign && !job.residual) {
    const to = job.y + ((<usize>(pixel * job.yStride + first)) << 2)
    const slope = job.slope
    const bias = job.bias + ((<usize>first) << 2)
    if (job.bias) {
      for (; channel + 4 <= channels; channel += 4) {
        const at = (<usize>channel) << 2
        v128.store(to + at, leaky(f32x4.add(v128.load(from + at), v128.load(bias + at)), slope))
      }
    } else if (job.slope === 1) {
      for (; channel + 4 <= channels; channel += 4) {
        const at = (<usize>channel) << 2
        v128.store(to + at, v128.load(from + at))
      }
    }
  }
  for (; channel < channels; channel += 4) {
    finish(job, v128.load(from + ((<usize>channel) << 2)), pixel, first + channel, channels - channel)
  }
}

/** Finishes four channels of `count` pixels, `pixelStep` apart in y, from vectors that lie one after the other. */
export function finishPixels(
  job: Job,
  from: usize,
  count: i32,
  pixel: i32,
  pixelStep: i32,
  channel: i32,
  lanes: i32,
): void {
  if (lanes < 4 || job.sign || job.residual) {
    for (; count > 0; count--, from += 16, pixel += pixelStep) finish(job, v128.load(from), pixel, channel, lanes)
    return
  }
  const place = (<usize>channel) << 2
  const bias = job.bias ? v128.load(job.bias + place) : f32x4.splat(0)
  const slope = job.slope
  const pixelBytes = (<usize>job.yStride) << 2
  const step = <usize>pixelStep * pixelBytes
  let to = job.y + <usize>pixel * pixelBytes + place
  for (; count > 0; count--, from += 16, to += step) {
    v128.store(to, leaky(f32x4.add(v128.load(from), bias), slope))
  }
}
