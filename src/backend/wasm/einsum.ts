import { backend_util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'
import { runKernel, Temporaries, type WasmBackend } from './backend.js'

/**
 * Sums of products by Einstein's convention: every operand is brought to all dimensions (of the result, then summed),
 * they are multiplied, and the last dimensions are summed. Stock wasm has none.
 */
export function einsum({
  inputs,
  backend,
  attrs: { equation },
}: {
  inputs: Record<string, TensorInfo>
  backend: WasmBackend
  attrs: { equation: string }
}): TensorInfo {
  const tensors = Object.values(inputs)
  const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length)
  backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as Tensor[])
  const temporaries = new Temporaries(backend)
  const run = (name: string, args: Record<string, TensorInfo>, attrs?: Record<string, unknown>): TensorInfo =>
    temporaries.own(runKernel(backend, name, args, attrs))
  try {
    const spread = tensors.map((x, i) => {
      const dims = idDims[i]!
      const perm = dims.map((_, axis) => axis).sort((a, b) => dims[a]! - dims[b]!)
      const shape = allDims.map((_, dim) => (dims.includes(dim) ? x.shape[dims.indexOf(dim)]! : 1))
      return run('Reshape', { x: run('Transpose', { x }, { perm }) }, { shape })
    })
    const product = spread.reduce((a, b) => run('Multiply', { a, b }))
    return summedDims.length === 0
      ? runKernel(backend, 'Identity', { x: product })
      : runKernel(backend, 'Sum', { x: product }, { axis: summedDims, keepDims: false })
  } finally {
    temporaries.free()
  }
}
