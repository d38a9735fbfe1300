import type { TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, placeOf, Temporaries, type WasmBackend } from './backend.js'
import { convInfo, type ConvGradientAttrs } from './convInfo.js'
import { fastFilterGradient } from './fastConvolution.js'
import { matMulInto } from './matMulInto.js'
import { nativeKernels, type NativeKernels } from './native/native.js'

/** A part of the work that fits into the processor's cache: some images, and of each some rows of the output. */
interface Band {
  firstImage: number
  images: number
  firstRow: number
  rows: number
}

/** The grid on which x and dy are laid out: large enough that every tap is a plain shift. */
interface Grid {
  height: number
  width: number
}

/** Bytes of x and dy on their grids that are worked on at a time; more is no faster and takes memory. */
const cacheBytes = 2 ** 21

/** Whole images as long as one fits into the cache, else rows of one. */
function bandsOf({ batchSize, outHeight, strideHeight, filterHeight }: Sizes, bytesOfRow: number): Band[] {
  const halo = Math.ceil(filterHeight / strideHeight) - 1
  const fitting = Math.max(1, Math.floor(cacheBytes / bytesOfRow) - halo)
  const rows = Math.ceil(outHeight / Math.ceil(outHeight / fitting))
  const images = rows < outHeight ? 1 : Math.max(1, Math.floor((fitting + halo) / (outHeight + halo)))
  const bands: Band[] = []
  for (let firstImage = 0; firstImage < batchSize; firstImage += images) {
    for (let firstRow = 0; firstRow < outHeight; firstRow += rows) {
      bands.push({
        firstImage,
        images: Math.min(images, batchSize - firstImage),
        firstRow,
        rows: Math.min(rows, outHeight - firstRow),
      })
    }
  }
  return bands
}

type Sizes = ReturnType<typeof convInfo>

/** x of a band by stride phase and channel, `[sh * sw, channels, images * grid]`, with zeros outside. */
function fillChannelRows(
  { clearRows, transpose }: NativeKernels,
  from: number,
  to: number,
  { inHeight, inWidth, inChannels: channels, strideHeight: sh, strideWidth: sw, padInfo: { top, left } }: Sizes,
  { firstImage, images, firstRow }: Band,
  { height, width }: Grid,
): void {
  const positions = images * height * width
  for (let pi = 0; pi < sh; pi++) {
    for (let pj = 0; pj < sw; pj++) {
      const phase = (pi * sw + pj) * channels * positions
      // The grid columns whose pixel lies inside the image.
      const first = Math.max(0, Math.ceil((left - pj) / sw))
      const end = Math.min(width, Math.floor((inWidth - 1 + left - pj) / sw) + 1)
      for (let b = 0; b < images; b++) {
        for (let i = 0; i < height; i++) {
          const row = (firstRow + i) * sh + pi - top
          const line = to + 4 * (phase + (b * height + i) * width)
          if (row < 0 || row >= inHeight || end <= first) {
            clearRows(line, positions, channels, width)
            continue
          }
          clearRows(line, positions, channels, first)
          clearRows(line + 4 * end, positions, channels, width - end)
          const source = from + 4 * (((firstImage + b) * inHeight + row) * inWidth + pj - left) * channels
          const stride = sw * channels
          transpose(source + 4 * first * stride, stride, line + 4 * first, positions, end - first, channels)
        }
      }
    }
  }
}

/** dy of a band on the grid, `[1, images * grid, channels]`, with zeros beyond its own rows and columns. */
function fillGrid(
  { clearRows, copyRows }: NativeKernels,
  from: number,
  to: number,
  { outHeight, outWidth, outChannels: channels }: Sizes,
  { firstImage, images, firstRow, rows }: Band,
  { height, width }: Grid,
): void {
  const length = outWidth * channels
  for (let b = 0; b < images; b++) {
    const start = from + 4 * ((firstImage + b) * outHeight + firstRow) * length
    const line = to + 4 * b * height * width * channels
    copyRows(start, length, line, width * channels, rows, length)
    clearRows(line + 4 * length, width * channels, rows, width * channels - length)
    clearRows(line + 4 * rows * width * channels, 0, 1, (height - rows) * width * channels)
  }
}

/**
 * The filter gradient of a convolution, one matrix product for each tap (i, j): x is laid out once by channel on a grid
 * with zeros around it, so that the pixels under a tap are the same memory at another offset; dy lies on the same grid.
 * `dFilter[i, j] = x^T shifted by (i, j) * dy`, summed over bands of the images. Stock wasm has no such kernel.
 */
export function conv2dBackpropFilter({
  inputs: { x, dy },
  backend,
  attrs,
}: {
  inputs: { x: TensorInfo; dy: TensorInfo }
  backend: WasmBackend
  attrs: ConvGradientAttrs & { filterShape: number[] }
}): TensorInfo {
  const info = convInfo(x.shape, attrs.filterShape, attrs)
  const fast = fastFilterGradient(backend, x, dy, info)
  if (fast) return fast
  const { filterHeight, filterWidth, inChannels, outChannels, strideHeight: sh, strideWidth: sw } = info
  const width = info.outWidth + Math.ceil(filterWidth / sw) - 1
  const heightOf = (rows: number): number => rows + Math.ceil(filterHeight / sh) - 1
  const bands = bandsOf(info, 4 * width * (sh * sw * inChannels + outChannels))
  const shift = (i: number, j: number): number => Math.floor(i / sh) * width + Math.floor(j / sw)
  const slack = shift(filterHeight - 1, filterWidth - 1)
  const most = bands[0]!.images * heightOf(bands[0]!.rows) * width
  const native = nativeKernels(backend)
  const temporaries = new Temporaries(backend)
  const out = backend.makeOutput([...attrs.filterShape], 'float32')
  let isDone = false
  try {
    const xSpace = temporaries.own(backend.makeOutput([sh * sw * inChannels * most + slack], 'float32'))
    const dySpace = temporaries.own(backend.makeOutput([most * outChannels], 'float32'))
    const sum = bands.length > 1 ? temporaries.own(backend.makeOutput([...attrs.filterShape], 'float32')) : out
    const offset = (tensor: TensorInfo): number => placeOf(backend, tensor)
    for (const [k, band] of bands.entries()) {
      const grid: Grid = { height: heightOf(band.rows), width }
      const positions = band.images * grid.height * width
      fillChannelRows(native, offset(x), offset(xSpace), info, band, grid)
      // Beyond the last channel the last taps read on, times zeros of dy: what lies there must be finite.
      native.clearRows(offset(xSpace) + 4 * sh * sw * inChannels * positions, 0, 1, slack)
      fillGrid(native, offset(dy), offset(dySpace), info, band, grid)
      const views = new Temporaries(backend)
      try {
        // A tensor of its own for each band: what XNNPACK packs of it belongs to the tensor.
        const columns = views.view([1, positions, outChannels], offset(dySpace))
        for (let i = 0; i < filterHeight; i++) {
          for (let j = 0; j < filterWidth; j++) {
            const phase = (i % sh) * sw + (j % sw)
            const start = offset(xSpace) + 4 * (phase * inChannels * positions + shift(i, j))
            const tap = offset(sum) + 4 * (i * filterWidth + j) * inChannels * outChannels
            const left = views.view([1, inChannels, positions], start)
            matMulInto(backend, left, columns, views.view([1, inChannels, outChannels], tap))
          }
        }
      } finally {
        views.free()
      }
      if (sum !== out) accumulate(heapFloats(backend, out), heapFloats(backend, sum), k === 0)
    }
    isDone = true
    return out
  } finally {
    temporaries.free()
    if (!isDone) backend.disposeData(out.dataId)
  }
}

function accumulate(total: Float32Array, part: Float32Array, isFirst: boolean): void {
  if (isFirst) total.set(part)
  else for (let i = 0; i < total.length; i++) total[i] = total[i]! + part[i]!
}
