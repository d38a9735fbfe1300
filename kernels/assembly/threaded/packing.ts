import { DirectJob } from './directJob'
import { Place, placeBytes, tapOf } from './places'
import { loadLanes } from './simd'

// The terms of an output are numbered k = tap * inChannels + channel. Left sides lie in panels of four: [k, 4 outputs] for
// a convolution, [output, 4 k] for a filter's gradient; right sides in panels of eight: [k, 8 channels] and
// [output, 8 channels].

/** Four words of each of four rows, columns to rows. */
function transpose4(a: v128, b: v128, c: v128, d: v128, to: usize, step: usize): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
  const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
  const cd2 = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2))
  v128.store(to + step, v128.shuffle<i64>(ab, cd, 1, 3))
  v128.store(to + 2 * step, v128.shuffle<i64>(ab2, cd2, 0, 2))
  v128.store(to + 3 * step, v128.shuffle<i64>(ab2, cd2, 1, 3))
}

/** Whether the taps of one row are words in a row at every one of `count` places, where their row is in the image. */
export function areRowsWhole(job: DirectJob, places: usize, count: i32): bool {
  if (job.xStride !== job.inChannels || job.dilationWidth !== 1) return false
  for (let n = 0; n < count; n++, places += placeBytes) {
    const column = changetype<Place>(places).column
    if (column < 0 || column + job.filterWidth > job.inWidth) return false
  }
  return true
}

/** The terms `from` to `end` of the four outputs at `places`, `[k, 4]`. */
export function packOutputs(job: DirectJob, places: usize, from: i32, end: i32, zeros: usize, to: usize): void {
  const channels = job.inChannels
  const width = job.filterWidth
  const run = areRowsWhole(job, places, 4) ? channels * width : channels
  let tap = from / channels
  let channel = from - tap * channels
  for (let k = from; k < end;) {
    const p = tap / width
    const q = tap - p * width
    const count = min(run === channels ? channels - channel : (width - q) * channels - channel, end - k)
    let a = tapOf(job, places, p, q, channel, zeros)
    let b = tapOf(job, places + placeBytes, p, q, channel, zeros)
    let c = tapOf(job, places + 2 * placeBytes, p, q, channel, zeros)
    let d = tapOf(job, places + 3 * placeBytes, p, q, channel, zeros)
    let n = 0
    for (; n + 4 <= count; n += 4, to += 64) {
      transpose4(v128.load(a), v128.load(b), v128.load(c), v128.load(d), to, 16)
      a += 16
      b += 16
      c += 16
      d += 16
    }
    for (; n < count; n++, to += 16) {
      store<u32>(to, load<u32>(a))
      store<u32>(to, load<u32>(b), 4)
      store<u32>(to, load<u32>(c), 8)
      store<u32>(to, load<u32>(d), 12)
      a += 4
      b += 4
      c += 4
      d += 4
    }
    k += count
    channel = 0
    tap = run === channels ? tap + 1 : (p + 1) * width
  }
}

/** `count` words. */
function copyWords(from: usize, to: usize, count: i32): void {
  for (; count >= 4; count -= 4, from += 16, to += 16) v128.store(to, v128.load(from))
  for (; count > 0; count--, from += 4, to += 4) store<u32>(to, load<u32>(from))
}

/**
 * The terms `from` to `end` of `count` outputs, `[k / 4, output, 4]`, zeros beyond `end`.
 * @param line room for the terms of one output, and three more.
 */
export function packTerms(
  job: DirectJob,
  places: usize,
  count: i32,
  from: i32,
  end: i32,
  zeros: usize,
  line: usize,
  to: usize,
): void {
  const channels = job.inChannels
  const width = job.filterWidth
  const step = (<usize>count) << 4
  const firstTap = from / channels
  const firstChannel = from - firstTap * channels
  const terms = end - from
  // The last vector of a line is filled up with these zeros.
  v128.store(line + ((<usize>terms) << 2), f32x4.splat(0))
  for (let n = 0; n < count; n++, places += placeBytes, to += 16) {
    const isWhole = areRowsWhole(job, places, 1)
    let tap = firstTap
    let channel = firstChannel
    let target = to
    for (let k = 0; k < terms;) {
      const p = tap / width
      const q = tap - p * width
      const words = min((isWhole ? (width - q) * channels : channels) - channel, terms - k)
      let source = tapOf(job, places, p, q, channel, zeros)
      if ((channels & 3) !== 0) copyWords(source, line + ((<usize>k) << 2), words)
      else {
        for (const last = source + ((<usize>words) << 2); source < last; source += 16, target += step) {
          v128.store(target, v128.load(source))
        }
      }
      k += words
      channel = 0
      tap = isWhole ? (p + 1) * width : tap + 1
    }
    if ((channels & 3) !== 0) {
      for (let k = 0; k < terms; k += 4, target += step) v128.store(target, v128.load(line + ((<usize>k) << 2)))
    }
  }
}

/** The output's gradient at `count` places, `[channel / 8, output, 8]`, zeros beyond the last channel. */
export function packGradient(job: DirectJob, places: usize, count: i32, to: usize): void {
  const channels = job.outChannels
  const step = (<usize>count) << 5
  for (let n = 0; n < count; n++, places += placeBytes, to += 32) {
    let source = job.y + ((<usize>(changetype<Place>(places).pixel * job.yStride)) << 2)
    let target = to
    for (let channel = 0; channel < channels; channel += 8, source += 32, target += step) {
      const left = channels - channel
      v128.store(target, loadLanes(source, left))
      v128.store(target, left > 4 ? loadLanes(source + 16, left - 4) : f32x4.splat(0), 16)
    }
  }
}

/** Some panels of the filter, each `[k, 8]` with zeros beyond the last channel. */
export function packFilter(job: DirectJob, panel: i32, panels: i32, to: usize): void {
  const inChannels = job.inChannels
  const outChannels = job.outChannels
  const first = panel << 3
  const tapBytes = (<usize>(inChannels * outChannels)) << 2
  const panelBytes = (<usize>(job.filterHeight * job.filterWidth * inChannels)) << 5
  for (let p = 0; p < job.filterHeight; p++) {
    for (let q = 0; q < job.filterWidth; q++) {
      const from = job.filter + <usize>(job.firstTap + p * job.tapRow + q * job.tapColumn) * tapBytes
      if (job.isTurned) {
        for (let i = 0; i < panels; i++) {
          const row = first + (i << 3)
          const source = from + ((<usize>(row * inChannels)) << 2)
          packTransposed(source, inChannels, min(8, outChannels - row), to + <usize>i * panelBytes)
        }
      } else {
        // Panels side by side, as a cache line holds two.
        for (let c = 0; c < inChannels; c++) {
          let source = from + ((<usize>(c * outChannels + first)) << 2)
          let target = to + ((<usize>c) << 5)
          let lanes = outChannels - first
          for (let i = 0; i < panels; i++, source += 32, target += panelBytes, lanes -= 8) {
            v128.store(target, loadLanes(source, lanes))
            v128.store(target, lanes > 4 ? loadLanes(source + 16, lanes - 4) : f32x4.splat(0), 16)
          }
        }
      }
      to += (<usize>inChannels) << 5
    }
  }
}

/** Of a filter stored as [out, in]. */
function packTransposed(from: usize, inChannels: i32, lanes: i32, to: usize): void {
  const step = (<usize>inChannels) << 2
  for (let half = 0; half < 8; half += 4) {
    const rows = lanes - half
    const target = to + ((<usize>half) << 2)
    let c = 0
    if (rows >= 4) {
      const a = from + <usize>half * step
      const b = a + step
      const d = b + step
      const e = d + step
      for (; c + 4 <= inChannels; c += 4) {
        const at = (<usize>c) << 2
        transpose4(v128.load(a + at), v128.load(b + at), v128.load(d + at), v128.load(e + at), target + (at << 3), 32)
      }
    }
    for (; c < inChannels; c++) {
      const row = target + ((<usize>c) << 5)
      v128.store(row, f32x4.splat(0))
      for (let r = 0; r < min(4, rows); r++) {
        const source = from + <usize>(half + r) * step + ((<usize>c) << 2)
        store<u32>(row + ((<usize>r) << 2), load<u32>(source))
      }
    }
  }
}
