import type { TensorInfo } from '@tensorflow/tfjs-core'
import { makeOutputs, placeOf, type WasmBackend } from '../backend.js'
import { denseForward, denseGradient } from '../native/dense.js'
import { denseLayout, type DenseBlock } from '../native/denseLayout.js'
import { requireKernels } from '../native/threaded.js'
import { wasmPrecision } from '../precision.js'

interface Attributes {
  readonly slope: number
  readonly scale: number
}
type Inputs = Readonly<Record<string, TensorInfo>>

/** The inputs that are called `name0`, `name1` and so on. */
function listed(inputs: Inputs, name: string): TensorInfo[] {
  const tensors: TensorInfo[] = []
  for (let tensor = inputs[`${name}0`]; tensor; tensor = inputs[`${name}${tensors.length}`]) tensors.push(tensor)
  return tensors
}

/** The sizes of the block; `shape` is that of its input. */
function blockOf(shape: readonly number[], filters: readonly TensorInfo[]): DenseBlock {
  const [batch, height, width, features] = shape as [number, number, number, number]
  const m = wasmPrecision() === 'exact' ? 2 : 4
  return { batch, height, width, features, outputs: filters.map((filter) => filter.shape[3]!), m }
}

/** A residual dense block: its value, and the buffer `[batch, height, width, all]` that the gradient takes. */
export function residualDenseBlock({
  inputs,
  backend,
  attrs: { slope, scale },
}: {
  inputs: Inputs
  backend: WasmBackend
  attrs: Attributes
}): TensorInfo[] {
  const kernels = requireKernels(backend, 'a residual dense block')
  const x = inputs['x']!
  const filters = listed(inputs, 'filter')
  const block = blockOf(x.shape, filters)
  const outs = makeOutputs(backend, [x.shape, [...x.shape.slice(0, 3), denseLayout(block).all]])
  const place = (tensor: TensorInfo): number => placeOf(backend, tensor)
  try {
    const [y, buffer] = outs.map(place) as [number, number]
    const biases = listed(inputs, 'bias').map(place)
    const places = { x: place(x), filters: filters.map(place), biases, y, buffer }
    denseForward(backend, kernels, block, { ...places, slope, scale })
    return outs
  } catch (error) {
    for (const { dataId } of outs) backend.disposeData(dataId)
    throw error
  }
}

/** Its gradients: of the input, then of all filters, then of all biases. */
export function residualDenseBlockGrad({
  inputs,
  backend,
  attrs: { slope, scale },
}: {
  inputs: Inputs
  backend: WasmBackend
  attrs: Attributes
}): TensorInfo[] {
  const kernels = requireKernels(backend, 'a residual dense block')
  const dy = inputs['dy']!
  const filters = listed(inputs, 'filter')
  const block = blockOf(dy.shape, filters)
  const shapes = [dy.shape, ...filters.map(({ shape }) => shape), ...block.outputs.map((count) => [count])]
  const outs = makeOutputs(backend, shapes)
  const place = (tensor: TensorInfo): number => placeOf(backend, tensor)
  try {
    const [dx, ...rest] = outs.map(place) as [number, ...number[]]
    denseGradient(backend, kernels, block, {
      dy: place(dy),
      filters: filters.map(place),
      buffer: place(inputs['buffer']!),
      dx,
      dFilters: rest.slice(0, filters.length),
      dBiases: rest.slice(filters.length),
      slope,
      scale,
    })
    return outs
  } catch (error) {
    for (const { dataId } of outs) backend.disposeData(dataId)
    throw error
  }
}
