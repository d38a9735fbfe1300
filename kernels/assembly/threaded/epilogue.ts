import { Job } from './job'
import { loadLanes, storeLanes } from './simd'

/** Finishes four channels of a pixel, `lanes` of them real, and writes them to y. */
export function finish(job: Job, value: v128, pixel: i32, channel: i32, lanes: i32): void {
  let result = value
  if (job.bias) result = f32x4.add(result, loadLanes(job.bias + ((<usize>channel) << 2), lanes))
  if (job.slope !== 1) {
    const isPositive = f32x4.gt(result, f32x4.splat(0))
    result = v128.bitselect(result, f32x4.mul(result, f32x4.splat(job.slope)), isPositive)
  }
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
