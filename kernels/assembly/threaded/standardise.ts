import { Job } from './job'
import { loadLanes, storeLanes } from './simd'

/** The first and the last two of four numbers in float64. */
class Wide {
  @inline static low(value: v128): v128 {
    return f64x2.promote_low_f32x4(value)
  }
  @inline static high(value: v128): v128 {
    return f64x2.promote_low_f32x4(v128.shuffle<i32>(value, value, 2, 3, 2, 3))
  }
  /** In float32 again. */
  @inline static narrow(low: v128, high: v128): v128 {
    return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5)
  }
}

/** `1 / sqrt(variance + epsilon)` from the sums of values and squares. */
function inverseDeviation(total: v128, squares: v128, count: f64, epsilon: f64): v128 {
  const average = f64x2.div(total, f64x2.splat(count))
  const variance = f64x2.sub(f64x2.div(squares, f64x2.splat(count)), f64x2.mul(average, average))
  const sum = f64x2.add(f64x2.max(variance, f64x2.splat(0)), f64x2.splat(epsilon))
  return f64x2.div(f64x2.splat(1), f64x2.sqrt(sum))
}

/**
 * One task of bringing channels to mean 0 and variance 1 over their pixels: four channels of an image, with sums in float64.
 * `tiles` are the pixels of an image, `scale` is added to the variance, u gets the reciprocal deviations of all channels.
 */
export function standardiseTask(job: Job, task: i32): void {
  const channels = job.inChannels
  const groups = (channels + 3) >> 2
  const image = task / groups
  const first = (task - image * groups) << 2
  const lanes = min(4, channels - first)
  const step = (<usize>channels) << 2
  const at = (<usize>(image * job.tiles * channels + first)) << 2
  const from = job.x + at
  const bytes = <usize>job.tiles * step
  // Up to here four numbers may be read, and where there is one group written: what follows is written after them.
  const whole = from + bytes - ((<usize>first) << 2) - 16
  const shift = job.tiles > 0 ? loadLanes(from, lanes) : f32x4.splat(0)
  const lowShift = Wide.low(shift)
  const highShift = Wide.high(shift)
  let low = f64x2.splat(0)
  let high = low
  let lowSquares = low
  let highSquares = low
  for (let place = from; place < from + bytes; place += step) {
    const value = place <= whole ? v128.load(place) : loadLanes(place, lanes)
    const a = f64x2.sub(Wide.low(value), lowShift)
    const b = f64x2.sub(Wide.high(value), highShift)
    low = f64x2.add(low, a)
    high = f64x2.add(high, b)
    lowSquares = f64x2.add(lowSquares, f64x2.mul(a, a))
    highSquares = f64x2.add(highSquares, f64x2.mul(b, b))
  }
  const count = <f64>job.tiles
  const lowFactor = inverseDeviation(low, lowSquares, count, job.scale)
  const highFactor = inverseDeviation(high, highSquares, count, job.scale)
  const factor = Wide.narrow(lowFactor, highFactor)
  storeLanes(job.u + ((<usize>(image * channels + first)) << 2), factor, lanes)
  const lowMean = f64x2.add(lowShift, f64x2.div(low, f64x2.splat(count)))
  const highMean = f64x2.add(highShift, f64x2.div(high, f64x2.splat(count)))
  const mean = Wide.narrow(lowMean, highMean)
  // What float32 leaves out of the mean may be more than the deviations' last digits.
  const rest = Wide.narrow(
    f64x2.mul(f64x2.sub(lowMean, Wide.low(mean)), lowFactor),
    f64x2.mul(f64x2.sub(highMean, Wide.high(mean)), highFactor),
  )
  const isAlone = groups === 1 || lanes === 4
  for (let place = from, to = job.y + at; place < from + bytes; place += step, to += step) {
    const isWhole = place <= whole
    const value = isWhole ? v128.load(place) : loadLanes(place, lanes)
    const result = f32x4.sub(f32x4.mul(f32x4.sub(value, mean), factor), rest)
    if (isWhole && isAlone) v128.store(to, result)
    else storeLanes(to, result, lanes)
  }
}
