import { broadcast_util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import { runKernel, sizeOf, Temporaries, type WasmBackend } from './backend.js'
import { matMulInto } from './matMulInto.js'

interface Arguments {
  inputs: { a: TensorInfo; b: TensorInfo }
  backend: WasmBackend
  attrs: { transposeA: boolean; transposeB: boolean }
}

/** Multiply-adds of one product, below which the stock scalar loop beats setting up XNNPACK. */
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
 * Batched matrix products by XNNPACK. The stock kernel uses it for a batch of one without transposes only, and a scalar
 * loop for the rest: among them both gradients of every dense layer.
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
    const isStockFast = (batch === 1 && !transposeA && !transposeB) || rows * inner * columns < worthwhile
    if (sizeOf(a) * sizeOf(b) === 0 || (isStockFast && isStockRight)) return plain()

    const temporaries = new Temporaries(backend)
    try {
      const offset = ({ dataId }: TensorInfo): number => backend.dataIdMap.get(dataId).memoryOffset
      /** The operand without transpose. */
      const straight = (x: TensorInfo, count: number, isTransposed: boolean): number => {
        if (!isTransposed) return offset(x)
        const flat = temporaries.view([count, x.shape.at(-2)!, x.shape.at(-1)!], offset(x))
        return offset(temporaries.own(runKernel(backend, 'Transpose', { x: flat }, { perm: [0, 2, 1] })))
      }
      const fromA = straight(a, batchA, transposeA)
      const fromB = straight(b, batchB, transposeB)
      const out = backend.makeOutput([...outer, rows, columns], 'float32')
      const matrixA = broadcastIndex(a.shape.slice(0, -2), outer)
      const matrixB = broadcastIndex(b.shape.slice(0, -2), outer)
      const views = new Map<number, TensorInfo>()
      for (let i = 0; i < batch; i++) {
        const fromHere = fromB + 4 * matrixB(i) * inner * columns
        const operand = views.get(fromHere) ?? temporaries.view([1, inner, columns], fromHere)
        views.set(fromHere, operand)
        matMulInto(
          backend,
          temporaries.view([1, rows, inner], fromA + 4 * matrixA(i) * rows * inner),
          operand,
          temporaries.view([1, rows, columns], offset(out) + 4 * i * rows * columns),
        )
      }
      return out
    } finally {
      temporaries.free()
    }
  }
}
