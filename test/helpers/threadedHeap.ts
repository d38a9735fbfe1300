import type { WasmBackend } from '../../src/backend/wasm/backend.js'
import { jobBytes, writeJob } from '../../src/backend/wasm/native/job.js'
import { jobKinds, type ThreadedKernels } from '../../src/backend/wasm/native/threaded.js'
import { threadedModules } from '../../src/backend/wasm/native/threadedModules.js'

/** A quiet NaN that no computation makes: it stands in every word that nobody has written. */
const mark = 0x7f_d2_34_56
const guardWords = 16

/** The variants that this engine takes. */
export const threadedVariants: readonly (keyof typeof threadedModules)[] = (
  Object.keys(threadedModules) as (keyof typeof threadedModules)[]
).filter((name) => WebAssembly.validate(Buffer.from(threadedModules[name], 'base64')))

/** One variant's kernels on a heap of their own, in which every tensor lies between marks. */
export interface ThreadedHeap {
  /** As much of a backend as the kernels need. */
  readonly backend: WasmBackend
  /** One thread that does the work of `threads`. */
  readonly kernels: ThreadedKernels
  /** Puts a tensor into the heap; `isLast` where it ends with the heap, so that reading beyond it traps. */
  put(data: ArrayLike<number>, isLast?: boolean): number
  /** Room for so many numbers, all marks. */
  room(count: number, isLast?: boolean): number
  /** The numbers at a place. */
  read(place: number, count: number): number[]
  /** Forgets all tensors; throws where a mark around one is no longer there, or workspace was not freed. */
  reset(): void
}

/** Instantiates a variant on a heap full of marks, of so many pages of 64 KiB. */
export function threadedHeap(variant: keyof typeof threadedModules, threads: number, pages = 32): ThreadedHeap {
  const heapBytes = pages * 65_536
  const isShared = variant.startsWith('shared')
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: isShared })
  const module = new WebAssembly.Module(Buffer.from(threadedModules[variant], 'base64'))
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as {
    run(control: number, kernel: number, job: number, tasks: number): number
  }
  const words = new Int32Array(memory.buffer)
  const floats = new Float32Array(memory.buffer)
  // The control block and the job are no tensors.
  const job = 4096
  const start = job + Math.ceil(jobBytes / 64) * 64
  let next = start
  let guards: number[] = []
  const temporaries = new Set<number>()

  const room = (count: number, isLast = false): number => {
    // At every alignment of a word.
    const place = isLast ? heapBytes - 4 * count : next + 4 * guardWords + 4 * (guards.length % 4)
    const end = place + 4 * count
    if (!isLast) next = Math.ceil(end / 16) * 16 + 4 * guardWords
    if (next > heapBytes) throw new Error('the heap of the test is too small')
    for (let i = 1; i <= guardWords; i++) guards.push(place / 4 - i, ...(isLast ? [] : [end / 4 + i - 1]))
    return place
  }
  const backend = {
    wasm: {
      HEAPU8: new Uint8Array(memory.buffer),
      _malloc(bytes: number): number {
        const place = room(Math.ceil(bytes / 4))
        temporaries.add(place)
        return place
      },
      _free: (place: number) => temporaries.delete(place),
    },
  } as unknown as WasmBackend
  const kernels: ThreadedKernels = {
    threads,
    isFused: variant.endsWith('used'),
    run(kind, fields, tasks) {
      writeJob(memory.buffer, job, fields)
      if (exports.run(0, jobKinds[kind], job, tasks) !== 0) throw new Error('nobody else works here')
    },
    timeout: 0,
    running: () => 1,
    tasksDone: () => [],
  }
  return {
    backend,
    kernels,
    room,
    put(data, isLast) {
      const place = room(data.length, isLast)
      floats.set(data, place / 4)
      return place
    },
    read: (place, count) => [...floats.subarray(place / 4, place / 4 + count)],
    reset() {
      const broken = guards.filter((word) => words[word] !== mark)
      const left = temporaries.size
      words.fill(0, 0, start / 4)
      words.fill(mark, start / 4)
      next = start
      guards = []
      temporaries.clear()
      if (broken.length > 0) throw new Error(`${broken.length} words beside tensors were written`)
      if (left > 0) throw new Error(`${left} workspaces were not freed`)
    },
  }
}
