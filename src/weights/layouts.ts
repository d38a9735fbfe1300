import { ArgumentError } from '../errors.js'
import type { NamedTensor } from './tensors.js'

/** Reorders the dimensions: dimension `i` of the result is dimension `order[i]` of the tensor. */
function transposed({ shape, data }: NamedTensor, order: readonly number[]): NamedTensor {
  if (shape.length !== order.length) throw new ArgumentError('tensor', `have ${order.length} dimensions`, shape)
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, n) => product * n, 1))
  const result = new Float32Array(data.length)
  const sizes = order.map((dimension) => shape[dimension]!)
  const steps = order.map((dimension) => strides[dimension]!)
  let at = 0
  const walk = (depth: number, from: number): void => {
    const size = sizes[depth]!
    const step = steps[depth]!
    if (depth === order.length - 1) for (let i = 0; i < size; i++) result[at++] = data[from + i * step]!
    else for (let i = 0; i < size; i++) walk(depth + 1, from + i * step)
  }
  if (data.length > 0) walk(0, 0)
  return { shape: sizes, data: result }
}

/** A convolution kernel from PyTorch's `[out, in, height, width]` to tfjs's `[height, width, in, out]`. */
export function convKernelToHWIO(kernel: NamedTensor): NamedTensor {
  return transposed(kernel, [2, 3, 1, 0])
}

/** A convolution kernel from tfjs's `[height, width, in, out]` to PyTorch's `[out, in, height, width]`. */
export function convKernelToOIHW(kernel: NamedTensor): NamedTensor {
  return transposed(kernel, [3, 2, 0, 1])
}

/** The size of the image that was flattened in front of a dense layer. */
export interface FlattenedImage {
  /** Rows. */
  readonly height: number
  /** Columns. */
  readonly width: number
  /** Channels. */
  readonly channels: number
}

const flattenedShape = ({ height, width, channels }: FlattenedImage): [number, number, number] => [
  channels,
  height,
  width,
]

/**
 * A dense kernel from PyTorch's `[out, in]` to tfjs's `[in, out]`. Where the layer reads a flattened image, PyTorch
 * counts its inputs as (channel, row, column) and tfjs as (row, column, channel): give `flattened`, or the rows are
 * in the wrong order.
 *
 * @throws ArgumentError when `flattened` has another number of elements than the kernel has inputs
 */
export function denseKernelToIO(kernel: NamedTensor, flattened?: FlattenedImage): NamedTensor {
  const [outputs = 0, inputs = 0] = kernel.shape
  if (flattened === undefined) return transposed(kernel, [1, 0])
  const image = flattenedShape(flattened)
  if (image[0] * image[1] * image[2] !== inputs) throw new ArgumentError('flattened', `have ${inputs} elements`, image)
  const { data } = transposed({ shape: [outputs, ...image], data: kernel.data }, [2, 3, 1, 0])
  return { shape: [inputs, outputs], data }
}

/** A dense kernel from tfjs's `[in, out]` to PyTorch's `[out, in]`; the inverse of {@link denseKernelToIO}. */
export function denseKernelToOI(kernel: NamedTensor, flattened?: FlattenedImage): NamedTensor {
  const [inputs = 0, outputs = 0] = kernel.shape
  if (flattened === undefined) return transposed(kernel, [1, 0])
  const [channels, height, width] = flattenedShape(flattened)
  if (channels * height * width !== inputs) {
    throw new ArgumentError('flattened', `have ${inputs} elements`, [channels, height, width])
  }
  const { data } = transposed({ shape: [height, width, channels, outputs], data: kernel.data }, [3, 2, 0, 1])
  return { shape: [outputs, inputs], data }
}
