import { broadcast_util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import { placeOf, runKernel, sizeOf, Temporaries, type WasmBackend } from './backend.js'
import { matMulInto } from './matMulInto.js'
import { chooseAlgorithm } from './native/choice.js'
import { multiplyMatrices, type Products } from './native/product.js'
import { threadedKernels, type ThreadedKernels } from './native/threaded.js'
import { wasmPrecision } from './precision.js'

interface Arguments {
  inputs: { a: TensorInfo; b: TensorInfo }
  backend: WasmBackend
  attrs: { transposeA: boolean; transposeB: boolean }
}

/** Multiply-adds below which the stock scalar loop beats setting up anything else. */
const worthwhile = 8192

/** Which matrix of an operand with these batch dimensions stands at a place of the broadcast batch. */
function broadcastIndex(dims: number[], outer: number[]): (place: number) => number {
  const padded = [...Array.from({ length: outer.length - dims.length }, () => 1), ...dims]
  return (place) => {
    let rest = place
    let index = 0
    let step = 1
    for (let d = outer.length - 1; d >= 0; d--) {
      if (padded[d] !== 1) index += (rest % outer[d]!) * step
      step *= padded[d]!
      rest = Math.floor(rest / outer[d]!)
    }
    return index
  }
}

/**
 * This package's own kernels, where they can compute the products and, if it is one, are faster than XNNPACK by the table of
 * convolutions: a product is one of 1x1.
 */
export function productKernels(
  backend: WasmBackend,
  { rows, inner, columns, transposeA, transposeB, places }: Products,
): ThreadedKernels | undefined {
  if (transposeA && transposeB) return undefined
  if (places.length === 1) {
    const [operation, pixels, inChannels, outChannels] = transposeA
      ? (['filterGradient', inner, rows, columns] as const)
      : transposeB
        ? (['inputGradient', rows, columns, inner] as const)
        : (['forward', rows, inner, columns] as const)
    const size = { kind: '1x1', pixels, inChannels, outChannels } as const
    if (chooseAlgorithm(operation, size, wasmPrecision()) === 'composed') return undefined
  }
  return threadedKernels(backend)
}

/** The products by XNNPACK, one after the other, after explicit transposes. */
function composed(backend: WasmBackend, { a, b }: Arguments['inputs'], products: Products): void {
  const { rows, inner, columns, transposeA, transposeB, places } = products
  const temporaries = new Temporaries(backend)
  try {
    /** How far the operand without transpose lies from it. */
    const straight = (x: TensorInfo, isTransposed: boolean): number => {
      if (!isTransposed) return 0
      const [height, width] = x.shape.slice(-2) as [number, number]
      const flat = temporaries.view([sizeOf(x) / (height * width), height, width], placeOf(backend, x))
      const turned = temporaries.own(runKernel(backend, 'Transpose', { x: flat }, { perm: [0, 2, 1] }))
      return placeOf(backend, turned) - placeOf(backend, x)
    }
    const fromA = straight(a, transposeA)
    const fromB = straight(b, transposeB)
    const views = new Map<number, TensorInfo>()
    for (const place of places) {
      const operand = views.get(place.b) ?? temporaries.view([1, inner, columns], place.b + fromB)
      views.set(place.b, operand)
      const left = temporaries.view([1, rows, inner], place.a + fromA)
      matMulInto(backend, left, operand, temporaries.view([1, rows, columns], place.out))
    }
  } finally {
    temporaries.free()
  }
}

/**
 * Batched matrix products by this package's kernels or by XNNPACK. The stock kernel uses XNNPACK for a batch of one without
 * transposes only, and a scalar loop for the rest: among them both gradients of every dense layer.
 */
export function batchMatMul(stock: KernelFunc): (args: Arguments) => TensorInfo {
  return (args) => {
    const { inputs, backend, attrs } = args
    const { a, b } = inputs
    const { transposeA, transposeB } = attrs
    const plain = (): TensorInfo => stock(args as unknown as Parameters<KernelFunc>[0]) as TensorInfo
    const rows = a.shape.at(transposeA ? -1 : -2)!
    const inner = a.shape.at(transposeA ? -2 : -1)!
    const columns = b.shape.at(transposeB ? -2 : -1)!
    const isSupported = a.dtype === 'float32' && b.dtype === 'float32' && inner === b.shape.at(transposeB ? -1 : -2)
    if (!isSupported) return plain()
    const outer = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
    const batch = outer.reduce((product, n) => product * n, 1)
    const batchA = sizeOf(a) / (rows * inner)
    const batchB = sizeOf(b) / (inner * columns)
    // Where neither operand has the whole batch, as in [2, 1] with [1, 3], the stock kernel is wrong.
    const isStockRight = (batchA === 1 || batchA === batch) && (batchB === 1 || batchB === batch)
    const isSmall = batch * rows * inner * columns < worthwhile
    if (sizeOf(a) * sizeOf(b) === 0 || (isSmall && isStockRight)) return plain()

    const matrixA = broadcastIndex(a.shape.slice(0, -2), outer)
    const matrixB = broadcastIndex(b.shape.slice(0, -2), outer)
    // One right side for all: one product of all rows.
    const isOne = batch === 1 || (batchB === 1 && batchA === batch && !transposeA)
    const productsTo = (out: number): Products => ({
      rows: isOne ? rows * batch : rows,
      inner,
      columns,
      transposeA,
      transposeB,
      places: Array.from({ length: isOne ? 1 : batch }, (_, i) => ({
        a: placeOf(backend, a) + 4 * matrixA(i) * rows * inner,
        b: placeOf(backend, b) + 4 * matrixB(i) * inner * columns,
        out: out + 4 * i * rows * columns,
      })),
    })
    const kernels = productKernels(backend, productsTo(0))
    if (!kernels && batch === 1 && !transposeA && !transposeB) return plain()
    const out = backend.makeOutput([...outer, rows, columns], 'float32')
    try {
      const products = productsTo(placeOf(backend, out))
      if (kernels) multiplyMatrices(backend, kernels, products)
      else composed(backend, inputs, products)
      return out
    } catch (error) {
      backend.disposeData(out.dataId)
      throw error
    }
  }
}
