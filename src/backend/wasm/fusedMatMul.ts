import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { runKernel, sizeOf, Temporaries, type WasmBackend } from './backend.js'

interface Attributes {
  transposeA: boolean
  transposeB: boolean
  activation: string
  leakyreluAlpha?: number
}

const activations: Readonly<Record<string, string>> = {
  elu: 'Elu',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
  relu: 'Relu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
}

/** A matrix product with bias and activation. The stock kernel adds the bias wrongly where it does not use XNNPACK. */
export function fusedMatMul(stock: KernelFunc | undefined): KernelFunc | undefined {
  return (
    stock &&
    ((args) => {
      const backend = args.backend as WasmBackend
      const { a, b, bias, preluActivationWeights } = args.inputs as Record<string, TensorInfo> & {
        a: TensorInfo
        b: TensorInfo
      }
      const { transposeA, transposeB, activation, leakyreluAlpha = 0.2 } = args.attrs as unknown as Attributes
      const name = activations[activation]
      const isOneProduct = [a, b].every((x) => sizeOf(x) === x.shape.at(-1)! * x.shape.at(-2)!)
      const isKnown = name !== undefined || activation === 'linear'
      if (!isKnown || !bias || (isOneProduct && !transposeA && !transposeB)) return stock(args)

      const temporaries = new Temporaries(backend)
      try {
        const product = temporaries.own(runKernel(backend, 'BatchMatMul', { a, b }, { transposeA, transposeB }))
        const sum = runKernel(backend, 'Add', { a: product, b: bias })
        if (name === undefined) return sum
        const x = temporaries.own(sum)
        if (name === 'Prelu') return runKernel(backend, name, { x, alpha: preluActivationWeights! })
        return runKernel(backend, name, { x }, name === 'LeakyRelu' ? { alpha: leakyreluAlpha } : {})
      } finally {
        temporaries.free()
      }
    })
  )
}
