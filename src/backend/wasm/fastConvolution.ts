import type { backend_util, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.js'
import { convInfo, type ConvGradientAttrs } from './convInfo.js'
import { chooseAlgorithm, sizeOfConvolution, type Operation } from './native/choice.js'
import { threadedKernels, type ThreadedKernels } from './native/threaded.js'
import { ownConvolution, ownFilterGradient, ownInputGradient, type OwnAlgorithm } from './ownConvolution.js'
import { wasmPrecision } from './precision.js'

type Attributes = ConvGradientAttrs & {
  activation?: string
  leakyreluAlpha?: number
}

/** What of an activation the kernels compute: the slope for negative sums. */
export function slopeOf({
  activation,
  leakyreluAlpha,
}: Pick<Attributes, 'activation' | 'leakyreluAlpha'>): number | undefined {
  if (activation === undefined || activation === 'linear') return 1
  if (activation === 'relu') return 0
  return activation === 'leakyrelu' ? (leakyreluAlpha ?? 0.2) : undefined
}

/** Whether the bias, if there is one, has a value for each output channel. */
export const isRowBias = (bias: TensorInfo | undefined, channels: number): boolean =>
  !bias || (bias.shape.length === 1 && bias.shape[0] === channels)

const isShape = ({ shape }: TensorInfo, wanted: readonly number[]): boolean =>
  shape.length === wanted.length && shape.every((n, i) => n === wanted[i])

/** This package's kernels and the algorithm for a convolution; undefined where the composed ones are faster, or all there is. */
function ownKernels(
  backend: WasmBackend,
  operation: Operation,
  info: backend_util.Conv2DInfo,
  { x, filter, y }: { x?: TensorInfo; filter?: TensorInfo; y?: TensorInfo },
): { kernels: ThreadedKernels; algorithm: OwnAlgorithm } | undefined {
  const { inShape, outShape, filterHeight, filterWidth, inChannels, outChannels } = info
  // The kernels trust these shapes.
  const fits =
    (!x || isShape(x, inShape)) &&
    (!filter || isShape(filter, [filterHeight, filterWidth, inChannels, outChannels])) &&
    (!y || isShape(y, outShape))
  if (!fits || Math.min(...inShape, ...outShape, filterHeight, filterWidth) <= 0) return undefined
  const algorithm = chooseAlgorithm(operation, sizeOfConvolution(info), wasmPrecision())
  if (algorithm === 'composed') return undefined
  const kernels = threadedKernels(backend)
  return kernels && { kernels, algorithm }
}

/** `Conv2D` and `FusedConv2D` by this package's own kernels where they fit, else by the one given. */
export function fastConvolution(other: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as {
      inputs: { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo; preluActivationWeights?: TensorInfo }
      backend: WasmBackend
      attrs: Attributes
    }
    const { x, filter, bias, preluActivationWeights } = inputs
    const slope = slopeOf(attrs)
    if (attrs.dataFormat === 'NCHW' || slope === undefined || preluActivationWeights) return other(call)
    const info = convInfo(x.shape, filter.shape, attrs)
    // Other biases are for the kernel given to compute, or to refuse.
    const own = isRowBias(bias, info.outChannels) && ownKernels(backend, 'forward', info, { x, filter })
    return own ? ownConvolution(backend, own.kernels, own.algorithm, { x, filter, bias }, info, slope) : other(call)
  }
}

/** The input gradient by this package's own kernels; undefined where they do not fit. */
export function fastInputGradient(
  backend: WasmBackend,
  dy: TensorInfo,
  filter: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo | undefined {
  const own = ownKernels(backend, 'inputGradient', info, { filter, y: dy })
  return own && ownInputGradient(backend, own.kernels, own.algorithm, { dy, filter }, info)
}

/** The filter gradient by this package's own kernels; undefined where they do not fit. */
export function fastFilterGradient(
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  info: backend_util.Conv2DInfo,
): TensorInfo | undefined {
  const own = ownKernels(backend, 'filterGradient', info, { x, y: dy })
  return own && ownFilterGradient(backend, own.kernels, own.algorithm, { x, dy }, info)
}
