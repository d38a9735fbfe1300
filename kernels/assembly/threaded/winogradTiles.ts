import { finishPixels } from './epilogue'
import { Job } from './job'
import { loadLanes } from './simd'
import { transformInput, transformOutput, transformOutputGradient } from './transforms'
import { roundUp, temporaryBytes } from './winogradLayout'

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
export function transformTile(
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
export function writeTile(job: Job, tile: i32, panel: i32, from: usize, xiStep: usize, temporary: usize): void {
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
