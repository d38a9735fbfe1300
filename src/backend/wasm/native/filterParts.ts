import type { Temporaries, WasmBackend } from '../backend.js'
import type { Job } from './job.js'

/** One of several stored filters `[3, 3, inputs, outputs]` of a convolution. */
export interface FilterPart {
  readonly filter: number
  readonly inputs: number
  readonly outputs: number
  /** Where its channels begin among those of the convolution's input. */
  readonly first: number
}
const words = 4

/** Writes the list into workspace that `temporaries` frees: the fields of the job that has it. */
export function listParts(backend: WasmBackend, temporaries: Temporaries, parts: readonly FilterPart[]): Job {
  const list = temporaries.workspace(4 * words * parts.length)
  const numbers = parts.flatMap(({ filter, inputs, outputs, first }) => [filter, inputs, outputs, first])
  new Int32Array(backend.wasm.HEAPU8.buffer, list, numbers.length).set(numbers)
  return { list, listCount: parts.length }
}
