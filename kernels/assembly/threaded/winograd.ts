import { Job } from './job'
import { multiplyRows } from './panel'
import { filterPanel, panelBytes } from './winogradFilter'
import { depthOf, panelsOf, planeGap, pointsOf, roundUp, rowBytes, temporaryBytes } from './winogradLayout'
import { transformInputChannels, transformInputTile, writeTile } from './winogradTiles'

/**
 * One task of the convolution: some tiles, and one of `panelGroups` groups of panels. Where no transformed filter is given
 * it transforms each panel for itself, which for few tiles costs less than to fetch it from the other cores' caches.
 */
export function convolveTask(job: Job, task: i32, thread: i32): void {
  const block = job.block
  const points = pointsOf(job)
  const depth = <usize>depthOf(job)
  const part = task / job.panelGroups
  const group = task - part * job.panelGroups
  const first = job.firstTile + part * block
  const count = min(block, job.firstTile + job.tiles - first)
  const panels = job.outStep * job.outStep * panelsOf(job)
  const isKept = job.vChannels > 0
  const inRow = isKept ? (<usize>job.vChannels) << 2 : rowBytes(job)
  const inStep = <usize>block * inRow + planeGap
  const outStep = ((<usize>block) << 5) + planeGap
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  // The patch and what of the filter is gathered are never needed at the same time.
  const patch = temporary + temporaryBytes
  const own = patch + <usize>max(points * roundUp(job.inChannels, 4) * 4, 576)
  const vBytes = <usize>points * inStep
  const v = isKept ? job.v + <usize>part * vBytes : own
  const products = isKept ? own : own + vBytes
  const atOnce = job.panelsAtOnce
  const productBytes = <usize>points * outStep
  const ownPanels = products + <usize>atOnce * productBytes
  for (let t = 0; t < count; t++) {
    const to = v + <usize>t * inRow
    if (isKept) {
      const done = job.vDone
      const at = to + ((<usize>done) << 2)
      transformInputChannels(job, 0, done, job.inChannels - done, first + t, at, inStep, temporary, patch)
    } else transformInputTile(job, first + t, to, inStep, temporary, patch)
  }
  const xiBytes = (depth << 5) + planeGap
  const step = panelBytes(job)
  const last = (panels * (group + 1)) / job.panelGroups
  for (let begin = (panels * group) / job.panelGroups; begin < last; begin += atOnce) {
    const end = min(begin + atOnce, last)
    let panel = ownPanels
    if (job.u) panel = job.u + <usize>begin * step
    else for (let p = begin; p < end; p++) filterPanel(job, p, ownPanels + <usize>(p - begin) * step, temporary)
    let rows = v
    let sums = products
    for (let xi = 0; xi < points; xi++, rows += inStep, sums += outStep, panel += xiBytes) {
      let right = panel
      let out = sums
      for (let p = begin; p < end; p++, right += step, out += productBytes) {
        for (let t = 0; t < count; t += 4) {
          // Beyond the last tile rows of the block are computed that nobody reads: block is a multiple of four.
          const row = rows + <usize>t * inRow
          const rowEnd = row + (depth << 2)
          multiplyRows(row, row + inRow, row + 2 * inRow, row + 3 * inRow, rowEnd, right, out + ((<usize>t) << 5), 32)
        }
      }
    }
    let from = products
    for (let p = begin; p < end; p++, from += productBytes) {
      for (let t = 0; t < count; t++) writeTile(job, first + t, p, from + ((<usize>t) << 5), outStep, temporary)
    }
  }
}
