/** The block of memory through which threads agree on their work, as kernels/assembly/threaded/pool.ts lays it out. */
export interface Control {
  /** Where it lies in the heap. */
  readonly place: number
  /** Where a thread's own line lies. */
  lineOf(thread: number): number
  /** Whether a thread has met a trap in the middle of a task. */
  hasTrapped(thread: number): boolean
  /** Tasks that a thread has done. */
  tasksOf(thread: number): number
}

/** Bytes of a line, one for each word that threads write. */
const lineBytes = 64

/** Lines before those of the threads. */
const commonLines = 6

/** What a thread writes to its line where it meets a trap. */
export const trapped = 1

/** Bytes of the block. */
export const controlBytes = (threads: number): number => lineBytes * (commonLines + threads)

/** The block at that place, a multiple of 64; its bytes are zeroed. */
export function createControl(memory: WebAssembly.Memory, place: number, threads: number): Control {
  new Uint8Array(memory.buffer, place, controlBytes(threads)).fill(0)
  const lineOf = (thread: number): number => place + lineBytes * (commonLines + thread)
  const wordOf = (thread: number, word: number): number =>
    Atomics.load(new Int32Array(memory.buffer, lineOf(thread), word + 1), word)
  return {
    place,
    lineOf,
    hasTrapped: (thread) => wordOf(thread, 0) === trapped,
    tasksOf: (thread) => wordOf(thread, 1) >>> 0,
  }
}
