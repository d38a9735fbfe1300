import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, runKernel, Temporaries, type WasmBackend } from './backend.js'

interface Arguments {
  inputs: { x: TensorInfo }
  backend: WasmBackend
  attrs: { axis?: number | number[]; keepDims?: boolean }
}

/** Sums `[outer, count, inner]` over the middle, in float64. */
function sumMiddle(x: Float32Array, out: Float32Array, count: number, inner: number, factor: number): void {
  if (inner === 1) {
    for (let o = 0, at = 0; o < out.length; o++) {
      // Four sums that do not wait for each other.
      let [s0, s1, s2, s3] = [0, 0, 0, 0]
      const end = at + count
      for (; at + 3 < end; at += 4) {
        s0 += x[at]!
        s1 += x[at + 1]!
        s2 += x[at + 2]!
        s3 += x[at + 3]!
      }
      for (; at < end; at++) s0 += x[at]!
      out[o] = (s0 + s1 + (s2 + s3)) * factor
    }
    return
  }
  const sums = new Float64Array(inner)
  for (let o = 0, at = 0; o < out.length; o += inner) {
    sums.fill(0)
    for (let n = 0; n < count; n++) {
      for (let i = 0; i < inner; i++, at++) sums[i] = sums[i]! + x[at]!
    }
    for (let i = 0; i < inner; i++) out[o + i] = sums[i]! * factor
  }
}

/**
 * Sum or mean over axes, added up in float64 without a transpose where the axes lie side by side. The stock kernels add
 * in one float32: the mean of a million equal values is off by a hundredth.
 */
export function reduceSum(isMean: boolean, stock: KernelFunc | undefined): (args: Arguments) => TensorInfo {
  return (args) => {
    const { inputs, backend, attrs } = args
    const { x } = inputs
    if (x.dtype !== 'float32' && stock) return stock(args as unknown as Parameters<KernelFunc>[0]) as TensorInfo
    const rank = x.shape.length
    const axes = util.parseAxisParam(attrs.axis ?? x.shape.map((_, i) => i), x.shape).sort((a, b) => a - b)
    const outShape = x.shape.flatMap((n, i) => (axes.includes(i) ? (attrs.keepDims ? [1] : []) : [n]))
    const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1)
    const temporaries = new Temporaries(backend)
    try {
      // Axes of length one do not keep others apart.
      const reduced = axes.filter((axis) => x.shape[axis] !== 1)
      const [first, last] = [reduced[0] ?? 0, reduced.at(-1) ?? -1]
      const isTogether = x.shape.every((n, i) => n === 1 || i < first || i > last || axes.includes(i))
      let inner = x.shape.slice(last + 1).reduce((product, n) => product * n, 1)
      let from = x
      if (!isTogether) {
        const kept = Array.from({ length: rank }, (_, i) => i).filter((i) => !axes.includes(i))
        from = temporaries.own(runKernel(backend, 'Transpose', { x }, { perm: [...kept, ...axes] }))
        inner = 1
      }
      const out = backend.makeOutput(outShape, 'float32')
      sumMiddle(heapFloats(backend, from), heapFloats(backend, out), count, inner, isMean ? 1 / count : 1)
      return out
    } finally {
      temporaries.free()
    }
  }
}
