import { backend_util, util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'
import { runKernel, Temporaries, type WasmBackend } from './backend.js'

/** Sums of products by Einstein's convention, as tfjs's cpu kernel computes them; stock wasm has none. */
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
  const { path, steps } = backend_util.getEinsumComputePath(summedDims, idDims)
  const temporaries = new Temporaries(backend)
  const run = (name: string, args: Record<string, TensorInfo>, attrs?: Record<string, unknown>): TensorInfo =>
    temporaries.own(runKernel(backend, name, args, attrs))
  try {
    let dims = allDims.length
    let product: TensorInfo | undefined
    for (const [step, terms] of steps.entries()) {
      for (const term of terms) {
        const { permutationIndices: perm, expandDims } = backend_util.getEinsumPermutation(dims, idDims[term]!)
        let x = tensors[term]!
        if (!backend_util.isIdentityPermutation(perm)) x = run('Transpose', { x }, { perm })
        const shape = [...x.shape]
        for (const dim of expandDims) shape.splice(dim, 0, 1)
        if (!util.arraysEqual(x.shape, shape)) x = run('Reshape', { x }, { shape })
        product = product ? run('Multiply', { a: x, b: product }) : x
      }
      if (step === steps.length - 1) break
      const summed = path[step]!
      if (summed >= 0)
        product = run('Sum', { x: product! }, { axis: summed - (allDims.length - dims), keepDims: false })
      dims--
    }
    return runKernel(backend, 'Identity', { x: product! })
  } finally {
    temporaries.free()
  }
}
