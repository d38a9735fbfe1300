import { Job } from './job'
import { loadLanes, storeLanes } from './simd'

/**
 * One task of the gradient of the maximum over 2x2 windows: `block` rows of all `tiles` rows of outputs. x is the input, v
 * the maxima and d their gradient; y gets that of the input: each maximum's goes to the first of its window that equals it.
 */
export function maxPoolGradientTask(job: Job, task: i32): void {
  const channels = job.inChannels
  const width = job.outWidth
  const pixel = (<usize>channels) << 2
  const row = (<usize>width * pixel) << 1
  const end = min(job.tiles, (task + 1) * job.block)
  for (let i = task * job.block; i < end; i++) {
    let out = <usize>(i * width) * pixel
    let top = (<usize>i * row) << 1
    for (let j = 0; j < width; j++, out += pixel, top += 2 * pixel) {
      for (let channel = 0; channel < channels; channel += 4) {
        const lanes = channels - channel
        const at = (<usize>channel) << 2
        const most = loadLanes(job.v + out + at, lanes)
        let rest = loadLanes(job.d + out + at, lanes)
        for (let corner = 0; corner < 4; corner++) {
          const place = top + at + (corner & 1 ? pixel : 0) + (corner & 2 ? row : 0)
          const isMaximum = f32x4.eq(loadLanes(job.x + place, lanes), most)
          storeLanes(job.y + place, v128.and(rest, isMaximum), lanes)
          rest = v128.andnot(rest, isMaximum)
        }
      }
    }
  }
}
