import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, placeOf, runKernel, sizeOf, Temporaries, type WasmBackend } from './backend.js'
import { rowSums } from './native/rowSums.js'
import { threadedKernels } from './native/threaded.js'

interface Arguments {
  inputs: { x: TensorInfo }
  backend: WasmBackend
  attrs: { axis?: number | number[]; keepDims?: boolean }
}

/** Elements summed in one call: short enough for V8 to have the call optimized soon. */
const piece = 2048

/** The sum of at most a piece, in four sums that do not wait for each other. */
function sumPiece(x: Float32Array, start: number, end: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  let at = start
  for (; at + 3 < end; at += 4) {
    s0 += x[at]!
    s1 += x[at + 1]!
    s2 += x[at + 2]!
    s3 += x[at + 3]!
  }
  for (; at < end; at++) s0 += x[at]!
  return s0 + s1 + (s2 + s3)
}

/** Adds rows of `sums.length` elements to the sums. */
function addRows(x: Float32Array, sums: Float64Array, start: number, rows: number): void {
  const width = sums.length
  let at = start
  let row = 0
  for (; row + 3 < rows; row += 4, at += 4 * width) {
    const [second, third, fourth] = [at + width, at + 2 * width, at + 3 * width]
    for (let i = 0; i < width; i++)
      sums[i] = sums[i]! + (x[at + i]! + x[second + i]! + (x[third + i]! + x[fourth + i]!))
  }
  for (; row < rows; row++, at += width) for (let i = 0; i < width; i++) sums[i] = sums[i]! + x[at + i]!
}

/** Sums `[outer, count, inner]` over the middle, in float64. */
function sumMiddle(x: Float32Array, out: Float32Array, count: number, inner: number, factor: number): void {
  if (inner === 1) {
    for (let o = 0; o < out.length; o++) {
      const end = (o + 1) * count
      let sum = 0
      for (let at = o * count; at < end; at += piece) sum += sumPiece(x, at, Math.min(end, at + piece))
      out[o] = sum * factor
    }
    return
  }
  const sums = new Float64Array(inner)
  const step = Math.max(4, 4 * Math.floor(piece / 4 / inner))
  for (let o = 0; o < out.length; o += inner) {
    sums.fill(0)
    for (let row = 0; row < count; row += step) addRows(x, sums, o * count + row * inner, Math.min(step, count - row))
    for (let i = 0; i < inner; i++) out[o + i] = sums[i]! * factor
  }
}

/** Elements that are worth a job of the threads, whose workspace is small where rows are many and not long. */
const worthwhile = 2 ** 16
const leastRows = 64
const longestRow = 4096

/** The most elements that the stock kernels add in float32. */
const longest = 128

/** How many elements to add in float32 at first, so that as many of these sums follow on each other; 1 where none fits. */
function firstLength(count: number): number {
  let length = Math.min(count, longest)
  while (count % length !== 0) length--
  return length >= 16 ? length : 1
}

/**
 * Sum or mean over axes, without a transpose where the axes lie side by side. Rows are added in float64; along the last
 * axis short pieces by the stock kernel in float32, and these in float64. The stock kernels add all in one float32:
 * the mean of a million equal values is off by a hundredth.
 */
export function reduceSum(isMean: boolean, stock: KernelFunc | undefined): (args: Arguments) => TensorInfo {
  return (args) => {
    const { inputs, backend, attrs } = args
    const { x } = inputs
    const plain = (): TensorInfo => stock!(args as unknown as Parameters<KernelFunc>[0]) as TensorInfo
    if (stock && x.dtype !== 'float32') return plain()
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
      // A few values of a row are exact enough.
      if (stock && isTogether && inner === 1 && count <= longest) return plain()
      if (!isTogether) {
        const kept = Array.from({ length: rank }, (_, i) => i).filter((i) => !axes.includes(i))
        from = temporaries.own(runKernel(backend, 'Transpose', { x }, { perm: [...kept, ...axes] }))
        inner = 1
      }
      let rest = count
      const length = stock && inner === 1 ? firstLength(count) : 1
      if (stock && length > 1) {
        rest /= length
        const { memoryOffset } = backend.dataIdMap.get(from.dataId)
        const pieces = temporaries.view([sizeOf(from) / length, length], memoryOffset)
        const call = { inputs: { x: pieces }, backend, attrs: { axis: [1], keepDims: false } }
        from = temporaries.own(stock(call) as TensorInfo)
      }
      // Before there is an output: an input of another backend may not fit, nor the workspace.
      const place = placeOf(backend, from)
      const size = sizeOf(from)
      const factor = isMean ? 1 / rest : 1
      const isJob = size >= worthwhile && rest >= leastRows && inner > 1 && inner <= longestRow
      const kernels = isJob ? threadedKernels(backend) : undefined
      const outer = size / (rest * inner)
      const sums = kernels && rowSums(backend, kernels, { x: place, outer, count: rest, inner })
      const out = backend.makeOutput(outShape, 'float32')
      const sum = heapFloats(backend, out)
      if (sums) for (let i = 0; i < sum.length; i++) sum[i] = sums[i]! * factor
      else sumMiddle(heapFloats(backend, from), sum, rest, inner, factor)
      return out
    } finally {
      temporaries.free()
    }
  }
}
