import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { productKernels } from './batchMatMul.js'
import { placeOf, runKernel, sizeOf, Temporaries, type WasmBackend } from './backend.js'
import { isRowBias, slopeOf } from './fastConvolution.js'
import { multiplyMatrices } from './native/product.js'

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

/** One product with its bias and activation by this package's kernels; undefined where they do not fit or are slower. */
function fastProduct(
  backend: WasmBackend,
  { a, b, bias }: { a: TensorInfo; b: TensorInfo; bias?: TensorInfo | undefined },
  attrs: Attributes,
): TensorInfo | undefined {
  const { transposeA, transposeB } = attrs
  const slope = slopeOf(attrs)
  const [rows, inner] = a.shape.slice(-2) as [number, number]
  const [columns, depth] = (transposeB ? b.shape.slice(-2) : b.shape.slice(-2).reverse()) as [number, number]
  const fits =
    !transposeA && slope !== undefined && isRowBias(bias, columns) && inner === depth && rows * inner * columns > 0
  if (!fits || [a, b].some(({ dtype }) => dtype !== 'float32')) return undefined
  const products = { rows, inner, columns, transposeA, transposeB, bias: bias ? placeOf(backend, bias) : 0, slope }
  const productTo = (out: number) => ({
    ...products,
    places: [{ a: placeOf(backend, a), b: placeOf(backend, b), out }],
  })
  const kernels = productKernels(backend, productTo(0))
  if (!kernels) return undefined
  const batch = Array.from({ length: Math.max(a.shape.length, b.shape.length) - 2 }, () => 1)
  const out = backend.makeOutput([...batch, rows, columns], 'float32')
  try {
    multiplyMatrices(backend, kernels, productTo(placeOf(backend, out)))
    return out
  } catch (error) {
    backend.disposeData(out.dataId)
    throw error
  }
}

/**
 * A matrix product with bias and activation. The stock kernel adds the bias wrongly and leaves out
 * the activation without bias where it does not use XNNPACK, and reads beyond a bias that is broadcast.
 */
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
      const fast = isOneProduct && fastProduct(backend, { a, b, bias }, args.attrs as unknown as Attributes)
      if (fast) return fast
      const isKnown = name !== undefined || activation === 'linear'
      const isRow = isRowBias(bias, b.shape.at(transposeB ? -2 : -1)!)
      if (!isKnown || (isOneProduct && !transposeA && !transposeB && isRow)) return stock(args)

      const temporaries = new Temporaries(backend)
      try {
        const product = runKernel(backend, 'BatchMatMul', { a, b }, { transposeA, transposeB })
        const sum = bias ? runKernel(backend, 'Add', { a: temporaries.own(product), b: bias }) : product
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
