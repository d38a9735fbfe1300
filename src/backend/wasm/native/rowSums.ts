import { Temporaries, type WasmBackend } from '../backend.js'
import type { ThreadedKernels } from './threaded.js'

/** Elements of a task: they stay in a core's cache while their channels are summed eight at a time. */
const chunk = 2 ** 15

/** Sums of `[outer, count, inner]` over the middle. */
export interface RowSums {
  /** Where the numbers begin, in bytes. */
  readonly x: number
  readonly outer: number
  readonly count: number
  readonly inner: number
}

/** The sums in float64, `[outer, inner]`: by tasks of some rows, added up in their order. */
export function rowSums(
  backend: WasmBackend,
  kernels: ThreadedKernels,
  { x, outer, count, inner }: RowSums,
): Float64Array {
  const sums = new Float64Array(outer * inner)
  if (sums.length === 0 || count === 0) return sums
  const width = Math.ceil(inner / 8) * 8
  const part = Math.ceil(chunk / inner)
  const parts = Math.ceil(count / part)
  const bytes = 8 * outer * parts * width
  const temporaries = new Temporaries(backend)
  try {
    const u = temporaries.workspace(bytes)
    kernels.run('rowSums', { x, u, inChannels: inner, tiles: count, part }, outer * parts)
    const partial = new Float64Array(backend.wasm.HEAPU8.slice(u, u + bytes).buffer)
    for (let o = 0; o < outer; o++) {
      for (let p = 0; p < parts; p++) {
        const from = (o * parts + p) * width
        for (let i = 0; i < inner; i++) sums[o * inner + i] = sums[o * inner + i]! + partial[from + i]!
      }
    }
    return sums
  } finally {
    temporaries.free()
  }
}
