import type { TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, Temporaries, type WasmBackend } from './backend.js'
import { convInfo, type ConvGradientAttrs } from './convInfo.js'
import { matMulInto } from './matMulInto.js'

/** The grid on which x and dy are laid out: large enough that every tap is a plain shift. */
interface Grid {
  batch: number
  height: number
  width: number
}

/** x by stride phase and channel, `[sh * sw, channels, batch * grid]`, with zeros outside and `slack` zeros at the end. */
function channelRows(
  backend: WasmBackend,
  x: TensorInfo,
  { height, width }: Grid,
  [sh, sw]: [number, number],
  [top, left]: [number, number],
  slack: number,
): TensorInfo {
  const [batch, rows, columns, channels] = x.shape as [number, number, number, number]
  const positions = batch * height * width
  const info = backend.makeOutput([sh * sw * channels * positions + slack], 'float32')
  const from = heapFloats(backend, x)
  const to = heapFloats(backend, info).fill(0)
  for (let pi = 0; pi < sh; pi++) {
    for (let pj = 0; pj < sw; pj++) {
      const phase = (pi * sw + pj) * channels * positions
      // The grid columns whose pixel lies inside the image.
      const first = Math.max(0, Math.ceil((left - pj) / sw))
      const end = Math.min(width, Math.floor((columns - 1 + left - pj) / sw) + 1)
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < height; i++) {
          const row = i * sh + pi - top
          if (row < 0 || row >= rows) continue
          const source = ((b * rows + row) * columns + pj - left) * channels
          const target = phase + (b * height + i) * width
          for (let c = 0; c < channels; c++) {
            const line = target + c * positions
            let at = source + first * sw * channels + c
            for (let j = first; j < end; j++, at += sw * channels) to[line + j] = from[at]!
          }
        }
      }
    }
  }
  return info
}

/** dy on the grid, `[1, batch * grid, channels]`, with zeros beyond its own rows and columns. */
function placeOnGrid(backend: WasmBackend, dy: TensorInfo, { height, width }: Grid): TensorInfo {
  const [batch, rows, columns, channels] = dy.shape as [number, number, number, number]
  const info = backend.makeOutput([1, batch * height * width, channels], 'float32')
  heapFloats(backend, info).fill(0)
  const heap = new Float32Array(backend.wasm.HEAPU8.buffer)
  const from = backend.dataIdMap.get(dy.dataId).memoryOffset / 4
  const to = backend.dataIdMap.get(info.dataId).memoryOffset / 4
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < rows; i++) {
      const start = from + (b * rows + i) * columns * channels
      heap.copyWithin(to + (b * height + i) * width * channels, start, start + columns * channels)
    }
  }
  return info
}

/**
 * The filter gradient of a convolution, one matrix product for each tap (i, j): x is laid out once by channel on a grid
 * with zeros around it, so that the pixels under a tap are the same memory at another offset; dy lies on the same grid.
 * `dFilter[i, j] = x^T shifted by (i, j) * dy`, straight into the result. Stock wasm has no such kernel.
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
  const { filterHeight, filterWidth, inChannels, outChannels, padInfo } = info
  const strides: [number, number] = [info.strideHeight, info.strideWidth]
  const grid: Grid = {
    batch: info.batchSize,
    height: info.outHeight + Math.ceil(filterHeight / strides[0]) - 1,
    width: info.outWidth + Math.ceil(filterWidth / strides[1]) - 1,
  }
  const positions = grid.batch * grid.height * grid.width
  const shift = (i: number, j: number): number => Math.floor(i / strides[0]) * grid.width + Math.floor(j / strides[1])
  const temporaries = new Temporaries(backend)
  try {
    const slack = shift(filterHeight - 1, filterWidth - 1)
    const rows = temporaries.own(channelRows(backend, x, grid, strides, [padInfo.top, padInfo.left], slack))
    const columns = temporaries.own(placeOnGrid(backend, dy, grid))
    const out = backend.makeOutput([...attrs.filterShape], 'float32')
    const from = backend.dataIdMap.get(rows.dataId).memoryOffset
    const to = backend.dataIdMap.get(out.dataId).memoryOffset
    for (let i = 0; i < filterHeight; i++) {
      for (let j = 0; j < filterWidth; j++) {
        const phase = (i % strides[0]) * strides[1] + (j % strides[1])
        const start = from + 4 * (phase * inChannels * positions + shift(i, j))
        const tap = to + 4 * (i * filterWidth + j) * inChannels * outChannels
        matMulInto(
          backend,
          temporaries.view([1, inChannels, positions], start),
          columns,
          temporaries.view([1, inChannels, outChannels], tap),
        )
      }
    }
    return out
  } finally {
    temporaries.free()
  }
}
