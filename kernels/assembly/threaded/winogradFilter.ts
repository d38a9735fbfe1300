import { filterPartOf } from './filterPart'
import { Job } from './job'
import { loadLanes } from './simd'
import { transformFilter } from './transforms'
import { depthOf, panelsOf, phaseColumn, phaseRow, planeGap, pointsOf, temporaryBytes } from './winogradLayout'

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
  return <usize>pointsOf(job) * (((<usize>depthOf(job)) << 5) + planeGap)
}

/** Transforms one panel of the filter: eight output channels, all input channels. */
export function filterPanel(job: Job, panel: i32, panelPlace: usize, temporary: usize): void {
  const inChannels = job.inChannels
  if (job.list) {
    for (let i = 0; i < job.listCount; i++) {
      const part = filterPartOf(job, i)
      const channels = job.isTurned ? part.outputs : part.inputs
      const place = panelPlace + ((<usize>part.first) << 5)
      filterPart(job, part.filter, channels, part.inputs * part.outputs, 0, panel, place, temporary)
    }
    return
  }
  const tapWords = inChannels * job.outChannels
  if (job.outStep === 2) {
    const phase = panel / panelsOf(job)
    panel -= phase * panelsOf(job)
    return filterPart(job, job.filter, inChannels, tapWords, phase, panel, panelPlace, temporary)
  }
  const phases = job.inStep * job.inStep
  for (let phase = 0; phase < phases; phase++, panelPlace += (<usize>inChannels) << 5) {
    filterPart(job, job.filter, inChannels, tapWords, phase, panel, panelPlace, temporary)
  }
}

/** Transforms a phase of a panel of one stored filter, whose taps are `tapWords` apart, for some input channels. */
function filterPart(
  job: Job,
  filter: usize,
  inChannels: i32,
  tapWords: i32,
  phase: i32,
  panel: i32,
  panelPlace: usize,
  temporary: usize,
): void {
  const m = job.m
  const taps = job.taps
  const outChannels = job.outChannels
  const n = m + taps - 1
  const gathered = temporary + temporaryBytes
  const gatheredBytes = (<usize>(taps * taps)) << 4
  const step = max(job.inStep, job.outStep)
  const firstRow = phaseRow(phase, step)
  const firstColumn = phaseColumn(phase, step)
  // Taps of this phase that the filter has.
  const rows = min(taps, (job.filterHeight - firstRow + step - 1) / step)
  const columns = min(taps, (job.filterWidth - firstColumn + step - 1) / step)
  const isWhole = rows === taps && columns === taps
  const tapBytes = (<usize>tapWords) << 2
  const columnStep = <usize>step * tapBytes
  const rowStep = <usize>job.filterWidth * columnStep
  const phasePlace = filter + <usize>(firstRow * job.filterWidth + firstColumn) * tapBytes
  const xiStep = ((<usize>depthOf(job)) << 5) + planeGap
  const toRowStep = <usize>n * xiStep
  if (!isWhole) memory.fill(gathered, 0, 4 * gatheredBytes)
  // Four input channels at a time, both halves of the panel, so that lines of it are complete soon.
  for (let c = 0; c < inChannels; c += 4) {
    const count = min(4, inChannels - c)
    for (let half = 0; half < 2; half++) {
      const channel = panel * 8 + half * 4
      const lanes = min(4, outChannels - channel)
      let to = panelPlace + ((<usize>c) << 5) + ((<usize>half) << 4)
      if (lanes <= 0) {
        for (let k = 0; k < count; k++, to += 32) {
          for (let xi = 0; xi < n * n; xi++) v128.store(to + <usize>xi * xiStep, f32x4.splat(0))
        }
      } else if (!job.isTurned) {
        let from = phasePlace + ((<usize>(c * outChannels + channel)) << 2)
        for (let k = 0; k < count; k++, to += 32, from += (<usize>outChannels) << 2) {
          if (lanes === 4 && isWhole) {
            transformFilter(m, taps, from, rowStep, columnStep, to, toRowStep, xiStep, temporary)
            continue
          }
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              const tap = from + <usize>i * rowStep + <usize>j * columnStep
              v128.store(gathered + ((<usize>(i * taps + j)) << 4), loadLanes(tap, lanes))
            }
          }
          transformFilter(m, taps, gathered, (<usize>taps) << 4, 16, to, toRowStep, xiStep, temporary)
        }
      } else {
        // Output channels are rows of the stored filter: four of them, transposed.
        const from = phasePlace + ((<usize>(channel * inChannels + c)) << 2)
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            const tap = from + <usize>i * rowStep + <usize>j * columnStep
            const target = gathered + ((<usize>(taps * taps - 1 - i * taps - j)) << 4)
            transposeLanes(tap, (<usize>inChannels) << 2, lanes, count, target, gatheredBytes)
          }
        }
        for (let k = 0; k < count; k++, to += 32) {
          const place = gathered + <usize>k * gatheredBytes
          transformFilter(m, taps, place, (<usize>taps) << 4, 16, to, toRowStep, xiStep, temporary)
        }
      }
    }
  }
}

/** One task of the filter's transform: one panel. */
export function filterTask(job: Job, task: i32, thread: i32): void {
  filterPanel(job, task, job.u + <usize>task * panelBytes(job), job.scratch + <usize>thread * job.scratchBytes)
}
