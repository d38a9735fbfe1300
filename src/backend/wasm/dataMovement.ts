import { backend_util, util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import { makeOutputs, placeOf, sizeOf, type WasmBackend } from './backend.js'
import { nativeKernels } from './native/native.js'

/** What these kernels are called with. */
interface Call {
  inputs: Record<string, TensorInfo> | TensorInfo[]
  backend: unknown
  attrs?: unknown
}

/** Elements of four bytes, which are copied bit by bit whatever they mean. */
const isWord = ({ dtype }: TensorInfo): boolean => dtype === 'float32' || dtype === 'int32'

const product = (sizes: readonly number[]): number => sizes.reduce((all, n) => all * n, 1)

/** Joins tensors whose rows (all axes from `axis` on) have these lengths. */
function join(backend: WasmBackend, parts: readonly TensorInfo[], lengths: readonly number[], shape: number[]) {
  const out = backend.makeOutput(shape, parts[0]!.dtype as 'float32' | 'int32')
  const { copyRows } = nativeKernels(backend)
  const width = lengths.reduce((all, length) => all + length, 0)
  const rows = sizeOf(out) / width
  let to = placeOf(backend, out)
  parts.forEach((part, i) => {
    const length = lengths[i]!
    copyRows(placeOf(backend, part), length, to, width, rows, length)
    to += 4 * length
  })
  return out
}

/** Takes a tensor apart into tensors whose rows have these lengths. */
function part(backend: WasmBackend, x: TensorInfo, lengths: readonly number[], shapes: number[][]): TensorInfo[] {
  const outs = makeOutputs(backend, shapes, x.dtype as 'float32' | 'int32')
  const { copyRows } = nativeKernels(backend)
  const width = lengths.reduce((all, length) => all + length, 0)
  const rows = width === 0 ? 0 : sizeOf(x) / width
  let from = placeOf(backend, x)
  outs.forEach((out, i) => {
    const length = lengths[i]!
    copyRows(from, width, placeOf(backend, out), length, rows, length)
    from += 4 * length
  })
  return outs
}

/** `Concat`: stock makes two views for every row of every part. */
export function concat(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as { inputs: TensorInfo[]; backend: WasmBackend } & Call
    const parts = inputs.filter((input) => sizeOf(input) > 0)
    const [first] = parts
    if (parts.length < 2 || !parts.every((input) => isWord(input) && input.dtype === first!.dtype)) return stock(call)
    const shapes = inputs.map(({ shape }) => shape)
    const axis = util.parseAxisParam((attrs as { axis: number }).axis, shapes[0]!)[0]!
    backend_util.assertParamsConsistent(shapes, axis)
    const lengths = parts.map(({ shape }) => product(shape.slice(axis)))
    return join(backend, parts, lengths, backend_util.computeOutShape(shapes, axis))
  }
}

/** `Pack` (`tf.stack`). */
export function pack(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as { inputs: TensorInfo[]; backend: WasmBackend } & Call
    const { shape, dtype } = inputs[0]!
    const isPlain = inputs.every((input) => isWord(input) && input.dtype === dtype && sizeOf(input) > 0)
    if (inputs.length < 2 || !isPlain) return stock(call)
    for (const input of inputs) {
      util.assertShapesMatch(shape, input.shape, 'All tensors passed to stack must have matching shapes')
    }
    const { axis } = attrs as { axis: number }
    const at = axis < 0 ? axis + shape.length + 1 : axis
    const length = product(shape.slice(at))
    return join(
      backend,
      inputs,
      inputs.map(() => length),
      [...shape.slice(0, at), inputs.length, ...shape.slice(at)],
    )
  }
}

/** `SplitV` (`tf.split`, the gradient of `tf.concat`): stock walks through every element's index. */
export function splitV(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as { inputs: { x: TensorInfo }; backend: WasmBackend } & Call
    const { x } = inputs
    if (!isWord(x) || sizeOf(x) === 0) return stock(call)
    const { numOrSizeSplits, axis } = attrs as { numOrSizeSplits: number[] | number; axis: number }
    const at = util.parseAxisParam(axis, x.shape)[0]!
    const sizes = backend_util.prepareSplitSize(x as never, numOrSizeSplits, at)
    const inner = product(x.shape.slice(at + 1))
    const shapes = sizes.map((size) => x.shape.map((n, i) => (i === at ? size : n)))
    return part(
      backend,
      x,
      sizes.map((size) => size * inner),
      shapes,
    )
  }
}

/** `Unpack` (`tf.unstack`, the gradient of `tf.stack`). */
export function unpack(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as { inputs: { value: TensorInfo }; backend: WasmBackend } & Call
    const { value } = inputs
    if (!isWord(value) || sizeOf(value) === 0) return stock(call)
    const { axis } = attrs as { axis: number }
    const at = axis < 0 ? axis + value.shape.length : axis
    const inner = product(value.shape.slice(at + 1))
    const shape = value.shape.filter((_, i) => i !== at)
    const count = value.shape[at]!
    return part(
      backend,
      value,
      Array.from({ length: count }, () => inner),
      Array.from({ length: count }, () => shape),
    )
  }
}

/** `Identity` (`tensor.clone()`): one more owner of the same bytes, as `Reshape` has it; stock copies them. */
export function identity(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend } = call as unknown as { inputs: { x: TensorInfo }; backend: WasmBackend }
    const { x } = inputs
    if (!isWord(x)) return stock(call)
    backend.incRef(x.dataId)
    return { dataId: x.dataId, shape: [...x.shape], dtype: x.dtype }
  }
}
