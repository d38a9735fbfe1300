import type { TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, placeOf, runKernel, Temporaries, type WasmBackend } from './backend.js'
import { convInfo, type ConvGradientAttrs } from './convInfo.js'
import { fastInputGradient } from './fastConvolution.js'
import { nativeKernels } from './native/native.js'

/** One side of the transposed convolution, for a stride s: output row h is `h + pad = s*q + phase`. */
interface Axis {
  /** Taps of each phase. */
  taps: number
  /** The first q that is needed, and their number. */
  first: number
  count: number
  /** Rows to leave out at the beginning after interleaving. */
  crop: number
}

function axis(inputSize: number, kernel: number, stride: number, pad: number): Axis {
  const first = Math.floor(pad / stride)
  return {
    taps: Math.ceil(kernel / stride),
    first,
    count: Math.floor((inputSize - 1 + pad) / stride) - first + 1,
    crop: pad - first * stride,
  }
}

/** Brings `dy` onto the rows and columns `start .. start + size - 1`: zeros where it has none. */
function place(
  backend: WasmBackend,
  temporaries: Temporaries,
  dy: TensorInfo,
  starts: [number, number],
  sizes: [number, number],
): { dy: TensorInfo; pad: [[number, number], [number, number], [number, number], [number, number]] } {
  const [batch, , , channels] = dy.shape as [number, number, number, number]
  const begin = [0, 0, 0, 0]
  const size = [batch, 0, 0, channels]
  const pad: [[number, number], [number, number], [number, number], [number, number]] = [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ]
  for (const i of [0, 1] as const) {
    const length = dy.shape[i + 1]!
    const end = starts[i] + sizes[i]
    const from = Math.min(length - 1, Math.max(0, starts[i]))
    const to = Math.max(from + 1, Math.min(length, end))
    begin[i + 1] = from
    size[i + 1] = to - from
    pad[i + 1] = [from - starts[i], end - to]
  }
  const isWhole = size.every((n, i) => n === dy.shape[i])
  return { dy: isWhole ? dy : temporaries.own(runKernel(backend, 'Slice', { x: dy }, { begin, size })), pad }
}

/** The filter of the transposed convolution, `[taps, taps, outputs, stride * stride * inputs]`, taps reversed. */
function phaseFilter(
  backend: WasmBackend,
  filter: TensorInfo,
  strides: [number, number],
  [rows, columns]: [Axis, Axis],
): TensorInfo {
  const [kh, kw, inputs, outputs] = filter.shape as [number, number, number, number]
  const [sh, sw] = strides
  const width = sh * sw * inputs
  const info = backend.makeOutput([rows.taps, columns.taps, outputs, width], 'float32')
  if (rows.taps * sh !== kh || columns.taps * sw !== kw) heapFloats(backend, info).fill(0)
  const { transpose } = nativeKernels(backend)
  const from = placeOf(backend, filter)
  const to = placeOf(backend, info)
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const tap = (rows.taps - 1 - Math.floor(i / sh)) * columns.taps + columns.taps - 1 - Math.floor(j / sw)
      const phase = (i % sh) * sw + (j % sw)
      const source = (i * kw + j) * inputs * outputs
      const target = tap * outputs * width + phase * inputs
      transpose(from + 4 * source, outputs, to + 4 * target, width, inputs, outputs)
    }
  }
  return info
}

/** `[batch, rows, columns, sh, sw, c]` to `[batch, rows * sh, columns * sw, c]`, cropped to the output. */
function interleave(
  backend: WasmBackend,
  phases: TensorInfo,
  inputShape: number[],
  [sh, sw]: [number, number],
  [rows, columns]: [Axis, Axis],
): TensorInfo {
  const [batch, height, width, channels] = inputShape as [number, number, number, number]
  const out = backend.makeOutput([...inputShape], 'float32')
  const { copyRows } = nativeKernels(backend)
  const pixel = 4 * channels
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < height; h++) {
      const y = h + rows.crop
      const row =
        placeOf(backend, phases) +
        ((b * rows.count + Math.floor(y / sh)) * columns.count * sh * sw + (y % sh) * sw) * pixel
      const line = placeOf(backend, out) + (b * height + h) * width * pixel
      // Every sw-th pixel of the line comes from the same phase.
      for (let w = 0; w < Math.min(sw, width); w++) {
        const x = w + columns.crop
        const from = row + (Math.floor(x / sw) * sh * sw + (x % sw)) * pixel
        const count = Math.ceil((width - w) / sw)
        copyRows(from, sh * sw * channels, line + w * pixel, sw * channels, count, channels)
      }
    }
  }
  return out
}

/**
 * The input gradient of a convolution, as a convolution of dy: with stride 1 by the rotated filter with inputs and
 * outputs swapped, with stride s to `s * s` phases that are interleaved afterwards. The stock kernel is a scalar loop.
 */
export function conv2dBackpropInput({
  inputs: { dy, filter },
  backend,
  attrs,
}: {
  inputs: { dy: TensorInfo; filter: TensorInfo }
  backend: WasmBackend
  attrs: ConvGradientAttrs & { inputShape: number[] }
}): TensorInfo {
  const { inputShape } = attrs
  const info = convInfo(inputShape, filter.shape, attrs)
  const fast = fastInputGradient(backend, dy, filter, info)
  if (fast) return fast
  const strides: [number, number] = [info.strideHeight, info.strideWidth]
  const axes: [Axis, Axis] = [
    axis(info.inHeight, info.filterHeight, strides[0], info.padInfo.top),
    axis(info.inWidth, info.filterWidth, strides[1], info.padInfo.left),
  ]
  const temporaries = new Temporaries(backend)
  try {
    const placed = place(
      backend,
      temporaries,
      dy,
      [axes[0].first - axes[0].taps + 1, axes[1].first - axes[1].taps + 1],
      [axes[0].count + axes[0].taps - 1, axes[1].count + axes[1].taps - 1],
    )
    const swapped = temporaries.own(phaseFilter(backend, filter, strides, axes))
    const phases = runKernel(
      backend,
      'Conv2D',
      { x: placed.dy, filter: swapped },
      { strides: [1, 1], dilations: [1, 1], pad: placed.pad, dataFormat: 'NHWC' },
    )
    if (strides[0] === 1 && strides[1] === 1) return phases
    temporaries.own(phases)
    return interleave(backend, phases, inputShape, strides, axes)
  } finally {
    temporaries.free()
  }
}
