import { DirectJob } from './directJob'
import { finishRow } from './epilogue'
import { packFilter, packGradient, packOutputs, packTerms } from './packing'
import { listPlaces, Place, placeBytes } from './places'
import { multiplyPanels } from './product'
import { storeLanes } from './simd'

function divide(value: i32, unit: i32): i32 {
  return (value + unit - 1) / unit
}

/** One task of laying out the filter in u, `[out / 8, k, 8]`: some panels. */
export function directFilterTask(job: DirectJob, task: i32): void {
  const terms = job.filterHeight * job.filterWidth * job.inChannels
  const first = task * job.filterPanels
  const panels = min(job.filterPanels, divide(job.outChannels, 8) - first)
  packFilter(job, first, panels, job.u + ((<usize>(first * terms)) << 5))
}

/** One task of a convolution: some pixels, some panels of channels. */
export function directTask(job: DirectJob, task: i32, thread: i32): void {
  const panelsOfAll = divide(job.outChannels, 8)
  const groups = divide(panelsOfAll, job.panels)
  const firstPanel = (task % groups) * job.panels
  const panels = min(job.panels, panelsOfAll - firstPanel)
  const block = job.block
  const first = (task / groups) * block
  const count = min(block, job.batch * job.outHeight * job.outWidth - first)
  const quads = (count + 3) >> 2
  const terms = job.filterHeight * job.filterWidth * job.inChannels
  const depth = job.chunk
  const row = (<usize>panels) << 5
  const places = job.scratch + <usize>thread * job.scratchBytes
  const zeros = places + <usize>block * placeBytes
  const left = zeros + ((<usize>depth) << 2)
  const sums = left + ((<usize>(block * depth)) << 2)
  listPlaces(job, first, count, places)
  memory.fill(zeros, 0, (<usize>depth) << 2)
  if (terms === 0) memory.fill(sums, 0, <usize>(quads << 2) * row)
  for (let k = 0; k < terms; k += depth) {
    const length = min(depth, terms - k)
    const quadBytes = (<usize>length) << 4
    for (let t = 0; t < quads; t++) {
      packOutputs(job, places + <usize>(t << 2) * placeBytes, k, k + length, zeros, left + <usize>t * quadBytes)
    }
    for (let p = 0; p < panels; p++) {
      const right = job.u + ((<usize>((firstPanel + p) * terms + k)) << 5)
      let out = sums + ((<usize>p) << 5)
      for (let t = 0; t < quads; t++, out += 4 * row) {
        multiplyPanels(left + <usize>t * quadBytes, right, length, out, row, i32(k === 0))
      }
    }
  }
  const firstChannel = firstPanel << 3
  const channels = min(panels << 3, job.outChannels - firstChannel)
  for (let n = 0; n < count; n++) {
    const pixel = changetype<Place>(places + <usize>n * placeBytes).pixel
    const from = sums + <usize>n * row
    finishRow(job, from, pixel, firstChannel, channels)
  }
}

/** One task of the filter gradient: `chunk` terms, all channels, one part of the pixels; sums in u, `[part, k4, out8]`. */
export function directGradientTask(job: DirectJob, task: i32, thread: i32): void {
  const terms = job.filterHeight * job.filterWidth * job.inChannels
  const chunks = divide(terms, job.chunk)
  const part = task / chunks
  const from = (task - part * chunks) * job.chunk
  const end = min(terms, from + job.chunk)
  const block = job.block
  const pixels = job.batch * job.outHeight * job.outWidth
  const share = divide(divide(pixels, job.parts), block) * block
  const panels = divide(job.outChannels, 8)
  const row = (<usize>panels) << 5
  const out = job.u + <usize>(part * ((terms + 3) & -4) + from) * row
  const places = job.scratch + <usize>thread * job.scratchBytes
  const zeros = places + <usize>block * placeBytes
  const left = zeros + ((<usize>job.chunk) << 2)
  const line = left + ((<usize>(block * job.chunk)) << 2)
  const right = line + ((<usize>(job.chunk + 4)) << 2)
  memory.fill(zeros, 0, (<usize>job.chunk) << 2)
  const firstPixel = part * share
  for (let first = firstPixel; first < min(pixels, firstPixel + share); first += block) {
    const count = min(block, pixels - first)
    listPlaces(job, first, count, places)
    packTerms(job, places, count, from, end, zeros, line, left)
    packGradient(job, places, count, right)
    for (let p = 0; p < panels; p++) {
      const side = right + ((<usize>(p * count)) << 5)
      let target = out + ((<usize>p) << 5)
      let terms4 = left
      for (let k = from; k < end; k += 4, target += 4 * row, terms4 += (<usize>count) << 4) {
        multiplyPanels(terms4, side, count, target, row, i32(first === firstPixel))
      }
    }
  }
}

/** Bytes of a thread's copy of the job. */
const copyBytes: usize = 512

/**
 * One task of a batch of matrix products: one of them, as a convolution of 1x1, or with `isGradient` as its filter gradient.
 * The table at v has x, filter and y of each.
 */
export function productTask(job: DirectJob, task: i32, thread: i32): void {
  const own = job.scratch + <usize>thread * job.scratchBytes
  memory.copy(own, changetype<usize>(job), offsetof<DirectJob>())
  const product = changetype<DirectJob>(own)
  const places = job.v + <usize>task * 12
  product.x = load<usize>(places)
  product.filter = load<usize>(places, 4)
  product.y = load<usize>(places, 8)
  product.u = own + copyBytes
  const panels = divide(job.outChannels, 8)
  product.scratch = product.u + ((<usize>(panels * ((job.inChannels + 3) & -4))) << 5)
  if (job.isGradient) {
    const chunks = divide(job.inChannels, job.chunk)
    for (let chunk = 0; chunk < chunks; chunk++) directGradientTask(product, chunk, 0)
    for (let chunk = 0; chunk < chunks; chunk++) directSumTask(product, chunk)
  } else {
    packFilter(product, 0, panels, product.u)
    const blocks = divide(job.outWidth, job.block)
    for (let block = 0; block < blocks; block++) directTask(product, block, 0)
  }
}

/** One task of adding up the filter gradient's parts: `chunk` terms. */
export function directSumTask(job: DirectJob, task: i32): void {
  const terms = job.filterHeight * job.filterWidth * job.inChannels
  const channels = job.outChannels
  const row = (<usize>((channels + 7) & -8)) << 2
  const partBytes = <usize>((terms + 3) & -4) * row
  const end = min(terms, (task + 1) * job.chunk)
  for (let k = task * job.chunk; k < end; k++) {
    const from = job.u + <usize>k * row
    const to = job.filter + ((<usize>(k * channels)) << 2)
    for (let c = 0; c < channels; c += 4) {
      const at = (<usize>c) << 2
      let sum = v128.load(from + at)
      for (let part = 1; part < job.parts; part++) sum = f32x4.add(sum, v128.load(from + <usize>part * partBytes + at))
      storeLanes(to + at, sum, channels - c)
    }
  }
}
