import { finish } from './epilogue'
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

// Layouts, n = m + 2 and xi = 0 .. n*n - 1: u [xi, out / 8, in, 8], v [xi, tile, in4], products and d [xi, tile, out8],
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

/** One task of the filter's transform: eight output channels, all input channels. */
export function filterTask(job: Job, task: i32, thread: i32): void {
  const m = job.m
  const inChannels = job.inChannels
  const outChannels = job.outChannels
  const n = m + 2
  const panels = (outChannels + 7) >> 3
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const gathered = temporary + temporaryBytes
  const depth = job.depth || inChannels
  const tapStep = (<usize>(job.tapStep || inChannels * outChannels)) << 2
  const xiStep = ((<usize>(panels * depth)) << 5) + planeGap
  const rowStep = <usize>n * xiStep
  for (let half = 0; half < 2; half++) {
    const channel = task * 8 + half * 4
    const lanes = min(4, outChannels - channel)
    let to = job.u + (((<usize>(task * depth)) << 5) + ((<usize>half) << 4))
    if (lanes <= 0) {
      for (let c = 0; c < inChannels; c++, to += 32) {
        for (let xi = 0; xi < n * n; xi++) v128.store(to + <usize>xi * xiStep, f32x4.splat(0))
      }
    } else if (!job.isTurned) {
      for (let c = 0; c < inChannels; c++, to += 32) {
        let from = job.filter + ((<usize>(c * outChannels + channel)) << 2)
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
        const from = job.filter + ((<usize>(channel * inChannels + c)) << 2)
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

/** Writes a tile's outputs from its products. */
function writeTile(job: Job, tile: i32, from: usize, xiStep: usize, temporary: usize): void {
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
  for (let channel = 0; channel < job.outChannels; channel += 4, from += 16) {
    transformOutput(m, from, <usize>(m + 2) * xiStep, xiStep, values, (<usize>m) << 4, 16, temporary)
    const lanes = job.outChannels - channel
    for (let i = 0; i < rows; i++) {
      let pixel = (image * job.outHeight + y0 + i) * job.outWidth + x0
      let value = values + ((<usize>(i * m)) << 4)
      for (let j = 0; j < columns; j++, value += 16) finish(job, v128.load(value), pixel++, channel, lanes)
    }
  }
}

/** One task of the convolution: some tiles, all channels. */
export function convolveTask(job: Job, task: i32, thread: i32): void {
  const m = job.m
  const inChannels = job.inChannels
  const outChannels = job.outChannels
  const block = job.block
  const points = (m + 2) * (m + 2)
  const first = job.firstTile + task * block
  const count = min(block, job.firstTile + job.tiles - first)
  const panels = (outChannels + 7) >> 3
  const inRow = (<usize>roundUp(inChannels, 4)) << 2
  const outRow = (<usize>panels) << 5
  const inStep = <usize>block * inRow + planeGap
  const outStep = <usize>block * outRow + planeGap
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const v = temporary + temporaryBytes
  const products = v + <usize>points * inStep
  const patch = products + <usize>points * outStep
  for (let t = 0; t < count; t++) {
    transformTile(job, false, first + t, v + <usize>t * inRow, inStep, temporary, patch)
  }
  const panelBytes = (<usize>inChannels) << 5
  let panel = job.u
  for (let xi = 0; xi < points; xi++, panel += planeGap) {
    const rows = v + <usize>xi * inStep
    const out = products + <usize>xi * outStep
    for (let p = 0; p < panels; p++, panel += panelBytes) {
      for (let t = 0; t < count; t += 4) {
        // Beyond the last tile rows of the block are computed that nobody reads: block is a multiple of four.
        const row = rows + <usize>t * inRow
        const target = out + <usize>t * outRow + ((<usize>p) << 5)
        const end = row + ((<usize>inChannels) << 2)
        multiplyRows(row, row + inRow, row + 2 * inRow, row + 3 * inRow, end, panel, target, outRow)
      }
    }
  }
  for (let t = 0; t < count; t++) writeTile(job, first + t, products + <usize>t * outRow, outStep, temporary)
}

/** One task of the filter gradient's transforms: a tile of input and output gradient, into v and d of `tiles` tiles. */
export function gradientTilesTask(job: Job, task: i32, thread: i32): void {
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const patch = temporary + temporaryBytes
  const inRow = (<usize>roundUp(job.inChannels, 4)) << 2
  const outRow = (<usize>roundUp(job.outChannels, 8)) << 2
  const end = min(job.tiles, (task + 1) * job.block)
  for (let t = task * job.block; t < end; t++) {
    const tile = job.firstTile + t
    transformTile(job, false, tile, job.v + <usize>t * inRow, <usize>job.tiles * inRow + planeGap, temporary, patch)
    transformTile(job, true, tile, job.d + <usize>t * outRow, <usize>job.tiles * outRow + planeGap, temporary, patch)
  }
}

/** One task of the filter gradient's products: one xi, all channels, `u [xi, in4, out8] += v^T d`. */
export function gradientProductTask(job: Job, task: i32): void {
  const inChannels = roundUp(job.inChannels, 4)
  const outChannels = roundUp(job.outChannels, 8)
  const tiles = job.tiles
  const isFirst = job.isFirst
  const inRow = (<usize>inChannels) << 2
  const outRow = (<usize>outChannels) << 2
  const v = job.v + <usize>task * (<usize>tiles * inRow + planeGap)
  const d = job.d + <usize>task * (<usize>tiles * outRow + planeGap)
  let out = job.u + <usize>task * (<usize>inChannels * outRow + planeGap)
  for (let c = 0; c < inChannels; c += 4, out += 4 * outRow) {
    for (let k = 0; k < outChannels; k += 8) {
      const channel = (<usize>k) << 2
      multiplyColumns(v + ((<usize>c) << 2), inRow, d + channel, outRow, tiles, out + channel, outRow, isFirst)
    }
  }
}

/** One task of the filter gradient's end: four input channels, `dFilter = G^T u G`. */
export function gradientFilterTask(job: Job, task: i32, thread: i32): void {
  const m = job.m
  const inChannels = job.inChannels
  const outChannels = job.outChannels
  const temporary = job.scratch + <usize>thread * job.scratchBytes
  const values = temporary + temporaryBytes / 2
  const outRow = (<usize>roundUp(outChannels, 8)) << 2
  const xiStep = <usize>roundUp(inChannels, 4) * outRow + planeGap
  const tapStep = (<usize>(inChannels * outChannels)) << 2
  const end = min(inChannels, task * 4 + 4)
  for (let c = task * 4; c < end; c++) {
    for (let k = 0; k < outChannels; k += 4) {
      const from = job.u + <usize>c * outRow + ((<usize>k) << 2)
      transformFilterGradient(m, from, <usize>(m + 2) * xiStep, xiStep, values, 48, 16, temporary)
      const to = job.filter + ((<usize>(c * outChannels + k)) << 2)
      for (let tap = 0; tap < 9; tap++) {
        storeLanes(to + <usize>tap * tapStep, v128.load(values + ((<usize>tap) << 4)), outChannels - k)
      }
    }
  }
}
