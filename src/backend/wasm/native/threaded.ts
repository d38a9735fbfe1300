import { backend_util } from '@tensorflow/tfjs-core'
import { BackendError } from '../../../errors.js'
import type { WasmBackend } from '../backend.js'
import { controlBytes, createControl } from './control.js'
import { jobBytes, writeJob, type AdamJob, type Job } from './job.js'
import { decode, memoryOf } from './native.js'
import { threadedModules } from './threadedModules.js'
import { startThread } from './workers.js'

/** The jobs of kernels/assembly/threaded/tasks.ts. */
export const jobKinds = {
  filter: 0,
  convolve: 1,
  gradientTiles: 2,
  gradientChannels: 3,
  gradientPart: 4,
  gradientSum: 5,
  directFilter: 10,
  direct: 11,
  directGradient: 12,
  directSum: 13,
  product: 14,
  copyChannels: 20,
  rowSums: 21,
  standardise: 22,
  maxPoolGradient: 23,
  adam: 30,
  finiteCheck: 31,
} as const

interface Exports {
  run(control: number, kernel: number, job: number, tasks: number): number
  busy(control: number, spins: number): number
  stop(control: number): void
}

/** The kernels that work on several threads, on one backend's heap. */
export interface ThreadedKernels {
  /** Threads that there is scratch to be for, the calling one among them: as many as tfjs has. */
  readonly threads: number
  /** Whether multiplications and additions are one step (relaxed SIMD). */
  readonly isFused: boolean
  /** Milliseconds after which a thread that is still at its task counts as dead, if tasks are not that long. */
  timeout: number
  /** Runs all tasks of a job and waits for them. */
  run(kind: keyof typeof jobKinds, job: Job | AdamJob, tasks: number): void
  /** Threads that have not ended or failed to start, the calling one among them. */
  running(): number
  /** How many tasks each thread has done, the calling one first. */
  tasksDone(): number[]
}

/** A thread is lost in the middle of its task; as after a trap, which this is to the backend, memory is not to be trusted. */
export class ThreadError extends WebAssembly.RuntimeError {
  override readonly name: string = 'RuntimeError'
}

/** How many times the calling thread's time for its own tasks another one may take for its last. */
const patience = 10

/** How often a worker looks for work before it sleeps: some ten microseconds. */
const spins = 20_000

const instances = new WeakMap<object, ThreadedKernels | null>()

type Variant = keyof typeof threadedModules

const bytesOf = (name: Variant): Uint8Array<ArrayBuffer> => decode(threadedModules[name])

const isShared = ({ buffer }: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer

/** The variant for this backend's memory that this engine takes; undefined where it has no SIMD. */
function variantOf(backend: WasmBackend): { name: Variant; isFused: boolean } | undefined {
  const names = isShared(memoryOf(backend)) ? (['sharedFused', 'shared'] as const) : (['fused', 'simd'] as const)
  const name = names.find((each) => WebAssembly.validate(bytesOf(each)))
  return name && { name, isFused: name === names[0] }
}

/** Threads that the kernels have on this backend: tfjs's own number. */
function threadsOf(backend: WasmBackend): number {
  return isShared(memoryOf(backend)) ? Math.max(1, backend.wasm.tfjs.getThreadsCount?.() ?? 1) : 1
}

/** Tells people what they would not see otherwise. */
function warn(message: string): void {
  const { process } = globalThis as { process?: { emitWarning?: (message: string, type: string) => void } }
  if (process?.emitWarning) process.emitWarning(message, 'BackendWarning')
  else backend_util.warn(message)
}

function compile(name: Variant): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(bytesOf(name))
  } catch (error) {
    // Browsers from before 2023 compile only small modules at once.
    warn(`backend wasm: runs without this package's convolutions, as ${(error as Error).message}`)
    return undefined
  }
}

/** Whether this engine has the SIMD instructions that the threaded kernels are made of, and compiles them at once. */
export function takesThreadedKernels(): boolean {
  try {
    return new WebAssembly.Module(bytesOf('simd')) instanceof WebAssembly.Module
  } catch {
    // The first convolution tells why.
    return false
  }
}

function instantiate(backend: WasmBackend): ThreadedKernels | null {
  const variant = variantOf(backend)
  const module = variant && compile(variant.name)
  if (!module) return null
  const memory = memoryOf(backend)
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports
  const threads = threadsOf(backend)
  const room = backend.wasm._malloc(controlBytes(threads) + jobBytes + 64)
  const control = createControl(memory, Math.ceil((room >>> 0) / 64) * 64, threads)
  const jobPlace = control.place + controlBytes(threads)
  const others = Array.from({ length: threads - 1 }, (_, i) => i + 1)
  const ended = new Set<number>()
  const workers = others.map((thread) =>
    startThread({ module, memory, control: control.place, line: control.lineOf(thread), thread, spins }, (why) => {
      ended.add(thread)
      warn(`backend wasm: convolutions run with ${threads - ended.size} of ${threads} threads, as one ended: ${why}`)
    }),
  )
  const { dispose } = backend
  backend.dispose = () => {
    kernels.stop(control.place)
    for (const worker of workers) worker.stop()
    // The control block is not freed, as threads may read it to their end: it goes with the heap that ends here.
    dispose.call(backend)
  }
  const pool: ThreadedKernels = {
    threads,
    isFused: variant.isFused,
    timeout: 30_000,
    run(kind, job, tasks) {
      writeJob(memory.buffer, jobPlace, job)
      const started = performance.now()
      if (kernels.run(control.place, jobKinds[kind], jobPlace, tasks) === 0) return
      let waited = 0
      let before = performance.now()
      const longest = Math.max(pool.timeout, patience * (before - started))
      while (kernels.busy(control.place, 1_000_000) !== 0) {
        if (others.some((thread) => control.hasTrapped(thread))) throw new ThreadError('a thread met a trap')
        const now = performance.now()
        // A process that was suspended has not waited.
        waited += Math.min(now - before, 100)
        before = now
        if (waited > longest) throw new ThreadError(`a thread has not answered for ${Math.round(longest) / 1000} s`)
      }
    },
    running: () => threads - ended.size,
    tasksDone: () => [0, ...others].map((thread) => control.tasksOf(thread)),
  }
  return pool
}

/** This package's threaded kernels on the backend's heap, started on first use; undefined where the engine has no SIMD. */
export function threadedKernels(backend: WasmBackend): ThreadedKernels | undefined {
  let kernels = instances.get(backend.wasm)
  if (kernels === undefined) {
    kernels = instantiate(backend)
    instances.set(backend.wasm, kernels)
  }
  return kernels ?? undefined
}

/** The same for what nothing else computes. */
export function requireKernels(backend: WasmBackend, what: string): ThreadedKernels {
  const kernels = threadedKernels(backend)
  if (!kernels) throw new BackendError('wasm', `${what} needs WebAssembly with SIMD`)
  return kernels
}

/** What {@link threadedKernels} gives or would give. */
export interface PlannedKernels {
  /** Threads that take part. */
  readonly threads: number
  /** Threads that there were to be. */
  readonly planned: number
  readonly isFused: boolean
  /** Whether the memory is one that threads can share. */
  readonly isShared: boolean
}

/** What {@link threadedKernels} gives or would give, without starting it. */
export function plannedKernels(backend: WasmBackend): PlannedKernels | undefined {
  const kernels = instances.get(backend.wasm)
  if (kernels === null) return undefined
  const sharing = isShared(memoryOf(backend))
  if (kernels) {
    return { threads: kernels.running(), planned: kernels.threads, isFused: kernels.isFused, isShared: sharing }
  }
  const variant = variantOf(backend)
  const threads = threadsOf(backend)
  return variant && { threads, planned: threads, isFused: variant.isFused, isShared: sharing }
}
