import { finishPixels } from './epilogue'
import { Job } from './job'
import { loadLanes } from './simd'
import { transformInput, transformOutput, transformOutputGradient } from './transforms'
import { panelsOf, phaseColumn, phaseRow, roundUp, temporaryBytes } from './winogradLayout'

/** Copies a patch of every `step`-th pixel whose parts outside of the image are zeros, channels padded with zeros. */
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
  step: i32,
  to: usize,
): void {
  for (let i = 0, y = y0; i < size; i++, y += step) {
    for (let j = 0, x = x0; j < size; j++, x += step) {
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

/** Transforms one tile of the input into v, all its phases. */
export function transformInputTile(
  job: Job,
  tile: i32,
  to: usize,
  xiStep: usize,
  temporary: usize,
  patch: usize,
): void {
  const phases = job.inStep * job.inStep
  for (let phase = 0; phase < phases; phase++, to += (<usize>job.inChannels) << 2) {
    transformTile(job, false, phase, 0, job.inChannels, tile, to, xiStep, temporary, patch)
  }
}

/** Transforms some channels of a tile of the input, from `first` on, of one phase. */
export function transformInputChannels(
  job: Job,
  phase: i32,
  first: i32,
  channels: i32,
  tile: i32,
  to: usize,
  xiStep: usize,
  temporary: usize,
  patch: usize,
): void {
  transformTile(job, false, phase, first, channels, tile, to, xiStep, temporary, patch)
}

/** Transforms one tile of the output's gradient into d. */
export function transformGradientTile(
  job: Job,
  tile: i32,
  to: usize,
  xiStep: usize,
  temporary: usize,
  patch: usize,
): void {
  transformTile(job, true, 0, 0, job.outChannels, tile, to, xiStep, temporary, patch)
}

/** Transforms some channels of one tile of a phase of the input, or of the output's gradient. */
function transformTile(
  job: Job,
  isGradient: boolean,
  phase: i32,
  first: i32,
  channels: i32,
  tile: i32,
  to: usize,
  xiStep: usize,
  temporary: usize,
  patch: usize,
): void {
  const m = job.m
  const n = m + job.taps - 1
  const step = isGradient ? 1 : job.inStep
  const tilesOfImage = job.tilesHigh * job.tilesWide
  const image = tile / tilesOfImage
  const place = tile - image * tilesOfImage
  const row = place / job.tilesWide
  const column = place - row * job.tilesWide
  const size = isGradient ? m : n
  const y0 = row * m * step - (isGradient ? 0 : job.top - phaseRow(phase, step))
  const x0 = column * m * step - (isGradient ? 0 : job.left - phaseColumn(phase, step))
  const last = (size - 1) * step
  const height = isGradient ? job.outHeight : job.inHeight
  const width = isGradient ? job.outWidth : job.inWidth
  const from = (isGradient ? job.y : job.x) + ((<usize>first) << 2)
  const stride = isGradient ? job.yStride : job.xStride
  let source: usize
  let columnStep: usize
  let rowStep: usize
  if (y0 >= 0 && x0 >= 0 && y0 + last < height && x0 + last < width && (channels & 3) === 0) {
    source = from + ((<usize>(((image * height + y0) * width + x0) * stride)) << 2)
    columnStep = (<usize>(stride * step)) << 2
    rowStep = <usize>width * columnStep
  } else {
    copyPatch(from, stride, image, height, width, channels, y0, x0, size, step, patch)
    source = patch
    columnStep = (<usize>roundUp(channels, 4)) << 2
    rowStep = <usize>size * columnStep
  }
  const toRowStep = <usize>n * xiStep
  for (let c = 0; c < channels; c += 4, source += 16, to += 16) {
    if (isGradient) transformOutputGradient(m, job.taps, source, rowStep, columnStep, to, toRowStep, xiStep, temporary)
    else transformInput(n, source, rowStep, columnStep, to, toRowStep, xiStep, temporary)
  }
}

/** Writes a tile's outputs of one panel from its products. */
export function writeTile(job: Job, tile: i32, panel: i32, from: usize, xiStep: usize, temporary: usize): void {
  const m = job.m
  const taps = job.taps
  const step = job.outStep
  const phase = step === 2 ? panel / panelsOf(job) : 0
  const tilesOfImage = job.tilesHigh * job.tilesWide
  const image = tile / tilesOfImage
  const place = tile - image * tilesOfImage
  const row = place / job.tilesWide
  const y0 = row * m * step + phaseRow(phase, step) - job.outTop
  const x0 = (place - row * job.tilesWide) * m * step + phaseColumn(phase, step) - job.outLeft
  // At most one row and column of a phase are before the first of y.
  const firstRow = i32(y0 < 0)
  const firstColumn = i32(x0 < 0)
  const endRow = min(m, (job.outHeight - y0 + step - 1) >> (step - 1))
  const endColumn = min(m, (job.outWidth - x0 + step - 1) >> (step - 1))
  const columns = endColumn - firstColumn
  const firstPixel = (image * job.outHeight + y0 + firstRow * step) * job.outWidth + x0 + firstColumn * step
  const rowPixels = step * job.outWidth
  const values = temporary + temporaryBytes / 2
  const firstValue = values + ((<usize>(firstRow * m + firstColumn)) << 4)
  const firstChannel = (panel - phase * panelsOf(job)) * 8
  const end = min(job.outChannels, firstChannel + 8)
  for (let channel = firstChannel; channel < end; channel += 4, from += 16) {
    transformOutput(m, taps, from, <usize>(m + taps - 1) * xiStep, xiStep, values, (<usize>m) << 4, 16, temporary)
    let value = firstValue
    let pixel = firstPixel
    for (let i = firstRow; i < endRow; i++, value += (<usize>m) << 4, pixel += rowPixels) {
      finishPixels(job, value, columns, pixel, step, channel, end - channel)
    }
  }
}
