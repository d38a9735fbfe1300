import { Job } from './job'
import { loadLanes } from './simd'

/** Four numbers, added in float64. */
class Sums {
  @inline static low(sum: v128, value: v128): v128 {
    return f64x2.add(sum, f64x2.promote_low_f32x4(value))
  }
  @inline static high(sum: v128, value: v128): v128 {
    return f64x2.add(sum, f64x2.promote_low_f32x4(v128.shuffle<i32>(value, value, 2, 3, 2, 3)))
  }
}

/**
 * One task of the sums of `[outer, tiles, inChannels]` over the middle: `part` rows of one of the outer. u gets float64,
 * `[outer, parts, in8]`, where in8 is the channels rounded up to 8.
 */
export function rowSumsTask(job: Job, task: i32): void {
  const channels = job.inChannels
  const parts = (job.tiles + job.part - 1) / job.part
  const outer = task / parts
  const first = (task - outer * parts) * job.part
  const step = (<usize>channels) << 2
  const from = job.x + <usize>(outer * job.tiles + first) * step
  const bytes = <usize>min(job.part, job.tiles - first) * step
  let to = job.u + ((<usize>(task * ((channels + 7) & -8))) << 3)
  for (let channel = 0; channel < channels; channel += 8, to += 64) {
    const lanes = channels - channel
    const begin = from + ((<usize>channel) << 2)
    const end = begin + bytes
    let a = f64x2.splat(0)
    let b = a
    let c = a
    let d = a
    if (lanes >= 8) {
      for (let row = begin; row < end; row += step) {
        const left = v128.load(row)
        const right = v128.load(row, 16)
        a = Sums.low(a, left)
        b = Sums.high(b, left)
        c = Sums.low(c, right)
        d = Sums.high(d, right)
      }
    } else {
      for (let row = begin; row < end; row += step) {
        const left = loadLanes(row, lanes)
        a = Sums.low(a, left)
        b = Sums.high(b, left)
      }
      if (lanes > 4) {
        for (let row = begin + 16; row < end + 16; row += step) {
          const right = loadLanes(row, lanes - 4)
          c = Sums.low(c, right)
          d = Sums.high(d, right)
        }
      }
    }
    v128.store(to, a)
    v128.store(to, b, 16)
    v128.store(to, c, 32)
    v128.store(to, d, 48)
  }
}
