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
