import { filterPartOf } from './filterPart'
import { Job } from './job'
import { loadLanes } from './simd'
import { transformFilter } from './transforms'
import { planeGap, temporaryBytes } from './winogradLayout'

/** Four rows of four words, columns to rows: 4 vectors at `to`, `toStep` apart. Rows and words beyond are zeros. */
function transposeLanes(from: usize, fromStep: usize, rows: i32, lanes: i32, to: usize, toStep: usize): void {
  const zeros = f32x4.splat(0)
  const a = loadLanes(from, lanes)
  const b = rows > 1 ? loadLanes(from + fromStep, lanes) : zeros
  const c = rows > 2 ? loadLanes(from + 2 * fromStep, lanes) : zeros
  const d = rows > 3 ? loadLanes(from + 3 * fromStep, lanes) : zeros
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
  const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
  const cd2 = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2))
  v128.store(to + toStep, v128.shuffle<i64>(ab, cd, 1, 3))
  v128.store(to + 2 * toStep, v128.shuffle<i64>(ab2, cd2, 0, 2))
  v128.store(to + 3 * toStep, v128.shuffle<i64>(ab2, cd2, 1, 3))
}

/** Bytes of the transformed filter's panel of eight output channels. */
export function panelBytes(job: Job): usize {
  const n = job.m + 2
  return <usize>(n * n) * (((<usize>job.inChannels) << 5) + planeGap)
}

/** Transforms one panel of the filter: eight output channels, all input channels. */
export function filterPanel(job: Job, panel: i32, panelPlace: usize, temporary: usize): void {
  if (!job.list) {
    return filterPart(job, job.filter, job.inChannels, job.inChannels * job.outChannels, panel, panelPlace, temporary)
  }
  for (let i = 0; i < job.listCount; i++) {
    const part = filterPartOf(job, i)
    const channels = job.isTurned ? part.outputs : part.inputs
    const place = panelPlace + ((<usize>part.first) << 5)
    filterPart(job, part.filter, channels, part.inputs * part.outputs, panel, place, temporary)
  }
}

/** Transforms a panel of one stored filter, whose taps are `tapWords` apart, for some input channels. */
function filterPart(
  job: Job,
  filter: usize,
  inChannels: i32,
  tapWords: i32,
  panel: i32,
  panelPlace: usize,
  temporary: usize,
): void {
  const m = job.m
  const outChannels = job.outChannels
  const n = m + 2
  const gathered = temporary + temporaryBytes
  const tapStep = (<usize>tapWords) << 2
  const xiStep = ((<usize>job.inChannels) << 5) + planeGap
  const rowStep = <usize>n * xiStep
  for (let half = 0; half < 2; half++) {
    const channel = panel * 8 + half * 4
    const lanes = min(4, outChannels - channel)
    let to = panelPlace + ((<usize>half) << 4)
    if (lanes <= 0) {
      for (let c = 0; c < inChannels; c++, to += 32) {
        for (let xi = 0; xi < n * n; xi++) v128.store(to + <usize>xi * xiStep, f32x4.splat(0))
      }
    } else if (!job.isTurned) {
      for (let c = 0; c < inChannels; c++, to += 32) {
        let from = filter + ((<usize>(c * outChannels + channel)) << 2)
        let step = tapStep
        if (lanes < 4) {
          for (let tap = 0; tap < 9; tap++) {
            v128.store(gathered + ((<usize>tap) << 4), loadLanes(from + <usize>tap * tapStep, lanes))
          }
          from = gathered
          step = 16
        }
        transformFilter(m, from, 3 * step, step, to, rowStep, xiStep, temporary)
      }
    } else {
      // Output channels are rows of the stored filter: four at a time, transposed.
      for (let c = 0; c < inChannels; c += 4) {
        const count = min(4, inChannels - c)
        const from = filter + ((<usize>(channel * inChannels + c)) << 2)
        for (let tap = 0; tap < 9; tap++) {
          const target = gathered + ((<usize>(8 - tap)) << 4)
          transposeLanes(from + <usize>tap * tapStep, (<usize>inChannels) << 2, lanes, count, target, 144)
        }
        for (let k = 0; k < count; k++, to += 32) {
          transformFilter(m, gathered + <usize>k * 144, 48, 16, to, rowStep, xiStep, temporary)
        }
      }
    }
  }
}

/** One task of the filter's transform: one panel. */
export function filterTask(job: Job, task: i32, thread: i32): void {
  filterPanel(job, task, job.u + <usize>task * panelBytes(job), job.scratch + <usize>thread * job.scratchBytes)
}
