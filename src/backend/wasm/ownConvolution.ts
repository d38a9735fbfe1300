import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import { placeOf, type WasmBackend } from './backend.js'
import type { Algorithm } from './native/choice.js'
import { directConvolution, directFilterGradient, directInputGradient, type Direct } from './native/direct.js'
import type { ThreadedKernels } from './native/threaded.js'
import { stridedTile, winogradConvolution, winogradInputGradient } from './native/winograd.js'
import { winogradFilterGradient } from './native/winogradGradient.js'

/** The algorithms of this package's own kernels. */
export type OwnAlgorithm = Exclude<Algorithm, 'composed'>

/** How Winograd's algorithm computes so many outputs, or inputs of each phase: the outputs of a tile along an axis, and the stride. */
function tilesOf(
  algorithm: OwnAlgorithm,
  { strideHeight: inStep }: backend_util.Conv2DInfo,
  [height, width]: readonly [number, number],
): { m: number; inStep: number } {
  if (inStep === 1) return { m: algorithm === 'winograd4' ? 4 : 2, inStep }
  return { m: algorithm === 'winograd4' ? stridedTile(height, width) : 3, inStep }
}

const outputsOf = ({ outHeight, outWidth }: backend_util.Conv2DInfo): readonly [number, number] => [outHeight, outWidth]

/** Inputs of a phase of a stride of 2. */
const inputsOf = ({ inHeight, inWidth, padInfo }: backend_util.Conv2DInfo): readonly [number, number] => [
  Math.ceil((inHeight + (padInfo.top % 2)) / 2),
  Math.ceil((inWidth + (padInfo.left % 2)) / 2),
]

/** The fields of a job that say which convolution it is. */
function fieldsOf({ batchSize, padInfo: { top, left }, ...info }: backend_util.Conv2DInfo): Direct {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } = info
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info
  return {
    batch: batchSize,
    inHeight,
    inWidth,
    inChannels,
    outHeight,
    outWidth,
    outChannels,
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
    dilationHeight,
    dilationWidth,
    top,
    left,
  }
}

/** Makes the output of a kernel, which `fill` writes: disposed where that throws. */
function filled(backend: WasmBackend, shape: readonly number[], fill: (place: number) => void): TensorInfo {
  const out = backend.makeOutput([...shape], 'float32')
  try {
    fill(placeOf(backend, out))
    return out
  } catch (error) {
    backend.disposeData(out.dataId)
    throw error
  }
}

/** A convolution with bias and LeakyReLU (`slope` 1: none, 0: ReLU). */
export function ownConvolution(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  algorithm: OwnAlgorithm,
  { x, filter, bias }: { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo | undefined },
  info: backend_util.Conv2DInfo,
  slope: number,
): TensorInfo {
  return filled(backend, info.outShape, (y) => {
    const fields = {
      ...fieldsOf(info),
      x: placeOf(backend, x),
      xStride: info.inChannels,
      y,
      yStride: info.outChannels,
      filter: placeOf(backend, filter),
      bias: bias ? placeOf(backend, bias) : 0,
      slope,
    }
    if (algorithm === 'direct') directConvolution(backend, kernels, fields)
    else winogradConvolution(backend, kernels, { ...fields, ...tilesOf(algorithm, info, outputsOf(info)) })
  })
}

/** The input gradient of a convolution of dilation 1. */
export function ownInputGradient(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  algorithm: OwnAlgorithm,
  { dy, filter }: { dy: TensorInfo; filter: TensorInfo },
  info: backend_util.Conv2DInfo,
): TensorInfo {
  return filled(backend, info.inShape, (y) => {
    const fields = {
      ...fieldsOf(info),
      x: placeOf(backend, dy),
      xStride: info.outChannels,
      y,
      yStride: info.inChannels,
      filter: placeOf(backend, filter),
    }
    if (algorithm === 'direct') directInputGradient(backend, kernels, fields)
    else winogradInputGradient(backend, kernels, { ...fields, ...tilesOf(algorithm, info, inputsOf(info)) })
  })
}

/** The filter gradient of a convolution. */
export function ownFilterGradient(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  algorithm: OwnAlgorithm,
  { x, dy }: { x: TensorInfo; dy: TensorInfo },
  info: backend_util.Conv2DInfo,
): TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels } = info
  return filled(backend, [filterHeight, filterWidth, inChannels, outChannels], (filter) => {
    const fields = {
      ...fieldsOf(info),
      x: placeOf(backend, x),
      xStride: inChannels,
      y: placeOf(backend, dy),
      yStride: outChannels,
      filter,
    }
    if (algorithm === 'direct') directFilterGradient(backend, kernels, fields)
    else winogradFilterGradient(backend, kernels, { ...fields, ...tilesOf(algorithm, info, outputsOf(info)) })
  })
}
