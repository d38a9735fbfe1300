import { Temporaries, type WasmBackend } from '../backend.js'
import { denseLayout, type DenseBlock } from './denseLayout.js'
import type { FilterPart } from './filterParts.js'
import { rowSums } from './rowSums.js'
import type { ThreadedKernels } from './threaded.js'
import { keepTiles, winogradConvolution, type KeptTiles } from './winograd.js'
import { winogradFilterGradients } from './winogradGradient.js'
import type { Winograd } from './winogradTiling.js'

/** What all convolutions of the block have in common. */
function shapeOf({ batch, height, width, m }: DenseBlock): Omit<Winograd, 'inChannels' | 'outChannels'> {
  return { batch, inHeight: height, inWidth: width, outHeight: height, outWidth: width, top: 1, left: 1, m }
}

/** Copies channels, multiplied by `scale`, from pixels that are `xStride` apart to pixels that are `yStride` apart. */
function copyChannels(
  kernels: ThreadedKernels,
  { batch, height, width, features }: DenseBlock,
  fields: { x: number; xStride: number; y: number; yStride: number; scale: number },
): void {
  const tiles = batch * height * width
  const block = 256
  kernels.run('copyChannels', { ...fields, inChannels: features, tiles, block }, Math.ceil(tiles / block))
}

/**
 * Room for the transformed tiles of all channels, so that each is transformed once, though up to five convolutions read it;
 * undefined where that does not pay, or where `ends`, the channels after each convolution, are not in fours, as they are written.
 */
function keptTiles(
  kernels: ThreadedKernels,
  block: DenseBlock,
  ends: readonly number[],
  temporaries: Temporaries,
): KeptTiles | undefined {
  if (ends.some((end) => end % 4 !== 0)) return undefined
  const all = Math.max(...ends)
  return keepTiles(kernels, { ...shapeOf(block), inChannels: all, outChannels: all }, temporaries)
}

/** Places of a block's tensors in the heap; filters and biases one for each convolution. */
export interface DenseForward {
  readonly x: number
  readonly filters: readonly number[]
  readonly biases: readonly number[]
  readonly y: number
  /** `[pixels, all]`: input and outputs, written here and read by the gradient. */
  readonly buffer: number
  readonly slope: number
  readonly scale: number
}

/** The block's value, and the buffer. */
export function denseForward(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  block: DenseBlock,
  { x, filters, biases, y, buffer, slope, scale }: DenseForward,
): void {
  const { features, outputs } = block
  const { starts, all } = denseLayout(block)
  copyChannels(kernels, block, { x, xStride: features, y: buffer, yStride: all, scale: 1 })
  const temporaries = new Temporaries(backend)
  try {
    const tiles = keptTiles(kernels, block, starts, temporaries)
    outputs.forEach((outChannels, k) => {
      const isLast = k === outputs.length - 1
      const fields = {
        ...shapeOf(block),
        x: buffer,
        xStride: all,
        inChannels: starts[k]!,
        outChannels,
        filter: filters[k]!,
        bias: biases[k]!,
        ...(isLast
          ? { y, yStride: features, scale, residual: x, residualStride: features }
          : { y: buffer + 4 * starts[k]!, yStride: all, slope }),
      }
      const kept = tiles && { ...tiles, done: k === 0 ? 0 : starts[k - 1]! }
      winogradConvolution(backend, kernels, fields, { kept })
    })
  } finally {
    temporaries.free()
  }
}

/** Places of a block's gradients, and of what they are computed from. */
export interface DenseGradient {
  readonly dy: number
  readonly filters: readonly number[]
  readonly buffer: number
  readonly dx: number
  readonly dFilters: readonly number[]
  readonly dBiases: readonly number[]
  readonly slope: number
  readonly scale: number
}

/**
 * The block's gradients. That of a convolution's output is one convolution of all gradients after it, beside each other
 * in a buffer as large as the forward pass's, with the filters that lead there; activations tell by their signs which
 * were multiplied by the slope.
 */
export function denseGradient(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  block: DenseBlock,
  { dy, filters, buffer, dx, dFilters, dBiases, slope, scale }: DenseGradient,
): void {
  const { batch, height, width, features, outputs } = block
  const { starts, gradientStarts, all } = denseLayout(block)
  const pixels = batch * height * width
  const temporaries = new Temporaries(backend)
  try {
    const gradients = temporaries.workspace(4 * pixels * all)
    copyChannels(kernels, block, { x: dy, xStride: features, y: gradients, yStride: all, scale })
    const ends = outputs.map((count, k) => gradientStarts[k]! + count)
    const tiles = keptTiles(kernels, block, ends, temporaries)
    /** The gradient of so many channels of the forward buffer, from those of the convolutions from `next` on. */
    const convolve = (next: number, from: number, outChannels: number, rest: object): void => {
      const parts = outputs.slice(next).map((count, i): FilterPart => {
        const k = next + i
        return { filter: filters[k]! + 4 * from * count, inputs: starts[k]!, outputs: count, first: gradientStarts[k]! }
      })
      const fields = {
        ...shapeOf(block),
        x: gradients,
        xStride: all,
        inChannels: ends[next]!,
        outChannels,
        isTurned: 1,
      }
      const kept = tiles && { ...tiles, done: gradientStarts[next]! }
      winogradConvolution(backend, kernels, { ...fields, ...rest }, { parts, kept })
    }
    for (let k = outputs.length - 2; k >= 0; k--) {
      const y = gradients + 4 * gradientStarts[k]!
      const sign = buffer + 4 * starts[k]!
      const masked = { y, yStride: all, sign, signStride: all, signSlope: slope }
      convolve(k + 1, starts[k]!, outputs[k]!, masked)
    }
    convolve(0, 0, features, { y: dx, yStride: features, residual: dy, residualStride: features })
    winogradFilterGradients(
      backend,
      kernels,
      { ...shapeOf(block), x: buffer, xStride: all, inChannels: all, y: gradients, yStride: all, outChannels: all },
      outputs.map((count, k) => ({
        filter: dFilters[k]!,
        inputs: starts[k]!,
        outputs: count,
        first: gradientStarts[k]!,
      })),
    )
    const sums = rowSums(backend, kernels, { x: gradients, outer: 1, count: pixels, inner: all })
    outputs.forEach((count, k) => {
      const dBias = new Float32Array(backend.wasm.HEAPU8.buffer, dBiases[k]!, count)
      dBias.set(sums.subarray(gradientStarts[k]!, gradientStarts[k]! + count))
    })
  } finally {
    temporaries.free()
  }
}
