import { finishPixels } from './epilogue'
import { filterPartOf } from './filterPart'
import { Job } from './job'
import { multiplyColumns, multiplyRows } from './panel'
import { loadLanes, storeLanes } from './simd'
import {
  transformFilter,
  transformFilterGradient,
  transformInput,
  transformOutput,
  transformOutputGradient,
} from './transforms'

// Layouts, n = m + 2 and xi = 0 .. n*n - 1: u [out / 8, xi, in, 8], v [xi, tile, in4], d [xi, tile, out8],
// products [xi, tile, 8],
// where in4 and out8 are the channels rounded up to 4 and 8, with zeros.

/** Bytes between the planes of one xi each: without it all points of a tile would share a few lines of the cache. */
const planeGap: usize = 64

/** Bytes that the transforms of one tile need. */
export const temporaryBytes: usize = 36 * 16 * 2

function roundUp(value: i32, unit: i32): i32 {
  return (value + unit - 1) & -unit
}

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
function panelBytes(job: Job): usize {
  const n = job.m + 2
  return <usize>(n * n) * (((<usize>job.inChannels) << 5) + planeGap)
}

/** Transforms one panel of the filter: eight output channels, all input channels. */
function filterPanel(job: Job, panel: i32, panelPlace: usize, temporary: usize): void {
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

/** Copies a patch whose parts outside of the image are zeros, channels padded with zeros. */
function copyPatch(
  from: usize,
  stride: i32,
  image: i32,
  height: i32,
  width: i32,
  channels: i32,
  y0: i32,
  x0: i32,
  size: i32,
  to: usize,
): void {
  for (let i = 0; i < size; i++) {
    const y = y0 + i
    for (let j = 0; j < size; j++) {
      const x = x0 + j
      if (y >= 0 && y < height && x >= 0 && x < width) {
        const source = from + ((<usize>(((image * height + y) * width + x) * stride)) << 2)
        for (let c = 0; c < channels; c += 4, to += 16) {
          v128.store(to, loadLanes(source + ((<usize>c) << 2), channels - c))
        }
      } else {
        for (let c = 0; c < channels; c += 4, to += 16) v128.store(to, f32x4.splat(0))
      }
    }
  }
}

/** Transforms one tile of the input into v, or of the output's gradient into d. */
function transformTile(
  job: Job,
  isGradient: boolean,
  tile: i32,
  to: usize,
  xiStep: usize,
  temporary: usize,
  patch: usize,
): void {
  const m = job.m
  const tilesOfImage = job.tilesHigh * job.tilesWide
  const image = tile / tilesOfImage
  const place = tile - image * tilesOfImage
  const row = place / job.tilesWide
  const column = place - row * job.tilesWide
  const size = isGradient ? m : m + 2
  const y0 = row * m - (isGradient ? 0 : job.top)
  const x0 = column * m - (isGradient ? 0 : job.left)
  const channels = isGradient ? job.outChannels : job.inChannels
  const height = isGradient ? job.outHeight : job.inHeight
  const width = isGradient ? job.outWidth : job.inWidth
  const from = isGradient ? job.y : job.x
  const stride = isGradient ? job.yStride : job.xStride
  let source: usize
  let columnStep: usize
  let rowStep: usize
  if (y0 >= 0 && x0 >= 0 && y0 + size <= height && x0 + size <= width && (channels & 3) === 0) {
    source = from + ((<usize>(((image * height + y0) * width + x0) * stride)) << 2)
    columnStep = (<usize>stride) << 2
    rowStep = <usize>width * columnStep
  } else {
    copyPatch(from, stride, image, height, width, channels, y0, x0, size, patch)
    source = patch
    columnStep = (<usize>roundUp(channels, 4)) << 2
    rowStep = <usize>size * columnStep
  }
  const toRowStep = <usize>(m + 2) * xiStep
  for (let c = 0; c < channels; c += 4, source += 16, to += 16) {
    if (isGradient) transformOutputGradient(m, source, rowStep, columnStep, to, toRowStep, xiStep, temporary)
    else transformInput(m, source, rowStep, columnStep, to, toRowStep, xiStep, temporary)
  }
}

/** Writes a tile's outputs of one panel from its products. */
function writeTile(job: Job, tile: i32, panel: i32, from: usize, xiStep: usize, temporary: usize): void {
  const m = job.m
  const tilesOfImage = job.tilesHigh * job.tilesWide
  const image = tile / tilesOfImage
  const place = tile - image * tilesOfImage
  const row = place / job.tilesWide
  const y0 = row * m
  const x0 = (place - row * job.tilesWide) * m
  const rows = min(m, job.outHeight - y0)
  const columns = min(m, job.outWidth - x0)
  const values = temporary + temporaryBytes / 2
  const end = min(job.outChannels, panel * 8 + 8)
  for (let channel = panel * 8; channel < end; channel += 4, from += 16) {
    transformOutput(m, from, <usize>(m + 2) * xiStep, xiStep, values, (<usize>m) << 4, 16, temporary)
    const lanes = end - channel
    for (let i = 0; i < rows; i++) {
      const pixel = (image * job.outHeight + y0 + i) * job.outWidth + x0
      finishPixels(job, values + ((<usize>(i * m)) << 4), columns, pixel, channel, lanes)
    }
  }
}

/**
 * One task of the convolution: some tiles, and one of `panelGroups` groups of panels. Where no transformed filter is given
 * it transforms each panel for itself, which for few tiles costs less than to fetch it from the other cores' caches.
 */
export function convolveTask(job: Job, task: i32, thread: i32): void {
  const m = job.m
  const inChannels = job.inChannels
  const block = job.block
  const points = (m + 2) * (m + 2)
  const part = task / job.panelGroups
  const group = task - part * job.panelGroups
  const first = job.firstTile + part * block
  const count = min(block, job.firstTile + job.tiles - first)
  const panels = (job.outChannels + 7) >> 3
  const inRow = (<usize>roundUp(inChannels, 4)) << 2
  const inStep = <usize>block * inRow + planeGap
  const outStep = ((<usize>block) << 5) + planeGap
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  // The patch and what of the filter is gathered are never needed at the same time.
  const patch = temporary + temporaryBytes
  const v = patch + <usize>max(points * roundUp(inChannels, 4) * 4, 576)
  const products = v + <usize>points * inStep
  const ownPanel = products + <usize>points * outStep
  for (let t = 0; t < count; t++) {
    transformTile(job, false, first + t, v + <usize>t * inRow, inStep, temporary, patch)
  }
  const xiBytes = ((<usize>inChannels) << 5) + planeGap
  const last = (panels * (group + 1)) / job.panelGroups
  for (let p = (panels * group) / job.panelGroups; p < last; p++) {
    let panel = ownPanel
    if (job.u) panel = job.u + <usize>p * panelBytes(job)
    else filterPanel(job, p, panel, temporary)
    let rows = v
    let out = products
    for (let xi = 0; xi < points; xi++, rows += inStep, out += outStep, panel += xiBytes) {
      for (let t = 0; t < count; t += 4) {
        // Beyond the last tile rows of the block are computed that nobody reads: block is a multiple of four.
        const row = rows + <usize>t * inRow
        const end = row + ((<usize>inChannels) << 2)
        multiplyRows(row, row + inRow, row + 2 * inRow, row + 3 * inRow, end, panel, out + ((<usize>t) << 5), 32)
      }
    }
    for (let t = 0; t < count; t++) writeTile(job, first + t, p, products + ((<usize>t) << 5), outStep, temporary)
  }
}

/** One task of the filter gradient's transforms: some tiles of input and output gradient, into v and d of all tiles. */
export function gradientTilesTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  transformBothTiles(
    job,
    task * job.block,
    min(job.tiles, (task + 1) * job.block),
    0,
    job.tiles,
    job.v,
    job.d,
    temporary,
  )
}

/** Transforms the tiles `first` to `end` of input and output gradient into planes of `tiles` tiles, tile `origin` first. */
function transformBothTiles(
  job: Job,
  first: i32,
  end: i32,
  origin: i32,
  tiles: i32,
  v: usize,
  d: usize,
  temporary: usize,
): void {
  const patch = temporary + temporaryBytes
  const inRow = (<usize>roundUp(job.inChannels, 4)) << 2
  const outRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const vStep = <usize>tiles * inRow + planeGap
  const dStep = <usize>tiles * outRow + planeGap
  for (let tile = first; tile < end; tile++) {
    const at = <usize>(tile - origin)
    transformTile(job, false, tile, v + at * inRow, vStep, temporary, patch)
    transformTile(job, true, tile, d + at * outRow, dStep, temporary, patch)
  }
}

/** `u [xi, in, out8] = v^T d`, or added to it, for some input channels of v and d in planes of `tiles` tiles. */
function multiplyPlanes(
  job: Job,
  v: usize,
  d: usize,
  tiles: i32,
  count: i32,
  channels: i32,
  u: usize,
  isFirst: i32,
): void {
  const points = (job.m + 2) * (job.m + 2)
  const outChannels = roundUp(job.outChannels, 8)
  const inRow = (<usize>roundUp(job.inChannels, 4)) << 2
  const outRow = (<usize>outChannels) << 2
  for (let xi = 0; xi < points; xi++) {
    let out = u
    for (let c = 0; c < channels; c += 4, out += 4 * outRow) {
      const from = v + ((<usize>c) << 2)
      for (let k = 0; k < outChannels; k += 8) {
        const channel = (<usize>k) << 2
        multiplyColumns(from, inRow, d + channel, outRow, count, out + channel, outRow, isFirst)
      }
    }
    v += <usize>tiles * inRow + planeGap
    d += <usize>tiles * outRow + planeGap
    u += <usize>channels * outRow + planeGap
  }
}

/** `dFilter = G^T u G` for `count` input channels from `first` on, whose sums stand at the start of u's planes. */
function writeFilter(job: Job, u: usize, xiStep: usize, first: i32, count: i32, temporary: usize): void {
  const m = job.m
  const outChannels = job.outChannels
  const values = temporary + temporaryBytes / 2
  const outRow = (<usize>roundUp(outChannels, 8)) << 2
  const tapStep = (<usize>(job.inChannels * outChannels)) << 2
  for (let c = 0; c < count; c++, u += outRow) {
    for (let k = 0; k < outChannels; k += 4) {
      const from = u + ((<usize>k) << 2)
      transformFilterGradient(m, from, <usize>(m + 2) * xiStep, xiStep, values, 48, 16, temporary)
      const to = job.filter + ((<usize>((first + c) * outChannels + k)) << 2)
      for (let tap = 0; tap < 9; tap++) {
        storeLanes(to + <usize>tap * tapStep, v128.load(values + ((<usize>tap) << 4)), outChannels - k)
      }
    }
  }
}

/** One task of the filter gradient of few tiles: `block` input channels, from v and d to the filter. */
export function gradientChannelsTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const u = temporary + temporaryBytes
  const first = task * job.block
  const channels = min(job.block, roundUp(job.inChannels, 4) - first)
  multiplyPlanes(job, job.v + ((<usize>first) << 2), job.d, job.tiles, job.tiles, channels, u, 1)
  const xiStep = ((<usize>(channels * roundUp(job.outChannels, 8))) << 2) + planeGap
  writeFilter(job, u, xiStep, first, min(channels, job.inChannels - first), temporary)
}

/** One task of the filter gradient of many tiles: the sums over `part` tiles, `block` at a time, in a u of its own. */
export function gradientPartTask(job: Job, task: i32, thread: i32): void {
  const block = job.block
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const points = (job.m + 2) * (job.m + 2)
  const in4 = roundUp(job.inChannels, 4)
  const out8 = roundUp(job.outChannels, 8)
  const v = temporary + temporaryBytes + <usize>(points * max(in4, out8) * 4)
  const d = v + <usize>points * (((<usize>(block * in4)) << 2) + planeGap)
  const u = job.u + <usize>task * job.partBytes
  const begin = task * job.part
  const end = min(job.tiles, begin + job.part)
  for (let first = begin; first < end; first += block) {
    const count = min(block, end - first)
    transformBothTiles(job, first, first + count, first, block, v, d, temporary)
    multiplyPlanes(job, v, d, block, count, in4, u, first === begin ? 1 : 0)
  }
}

/** One task of its end: the sum of the parts, for four input channels. */
export function gradientSumTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const points = (job.m + 2) * (job.m + 2)
  const outRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const xiStep = <usize>roundUp(job.inChannels, 4) * outRow + planeGap
  const parts = (job.tiles + job.part - 1) / job.part
  const first = task * 4
  const begin = job.u + <usize>first * outRow
  for (let xi = 0; xi < points; xi++) {
    const from = begin + <usize>xi * xiStep
    for (let i: usize = 0; i < 4 * outRow; i += 16) {
      let sum = v128.load(from + i)
      for (let p = 1; p < parts; p++) sum = f32x4.add(sum, v128.load(from + <usize>p * job.partBytes + i))
      v128.store(from + i, sum)
    }
  }
  writeFilter(job, begin, xiStep, first, min(4, job.inChannels - first), temporary)
}
