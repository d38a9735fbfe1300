import type { WasmBackend } from '../backend.js'
import { decode, memoryOf } from './native.js'
import { jobBytes, writeJob, type Job } from './job.js'
import { threadedModules } from './threadedModules.js'
import { startWorker } from './workers.js'

/** The jobs of kernels/assembly/threaded/tasks.ts. */
export const jobKinds = {
  filter: 0,
  convolve: 1,
  gradientTiles: 2,
  gradientProduct: 3,
  gradientFilter: 4,
  copyChannels: 20,
  channelSums: 21,
} as const

interface Exports {
  run(control: number, kernel: number, job: number, tasks: number): number
  busy(control: number, spins: number): number
  stop(control: number): void
}

/** The kernels that work on several threads, on one backend's heap. */
export interface ThreadedKernels {
  /** Threads that take part, the calling one among them. */
  readonly threads: number
  /** Whether multiplications and additions are one step (relaxed SIMD). */
  readonly isFused: boolean
  /** Runs all tasks of a job and waits for them. */
  run(kind: keyof typeof jobKinds, job: Job, tasks: number): void
  /** Ends the threads. */
  stop(): void
}

/** Bytes of the control block. */
const controlBytes = 448

/** How often a worker looks for work before it sleeps: some ten microseconds. */
const spins = 20_000

/** Milliseconds after which a thread that is still at its task counts as dead. */
const timeout = 30_000

const instances = new WeakMap<object, ThreadedKernels | null>()

/** The variant for this memory that this engine takes; undefined where it has no SIMD. */
function compile(isShared: boolean): { module: WebAssembly.Module; isFused: boolean } | undefined {
  const names = isShared ? (['sharedFused', 'shared'] as const) : (['fused', 'simd'] as const)
  for (const name of names) {
    const bytes = decode(threadedModules[name])
    if (WebAssembly.validate(bytes)) return { module: new WebAssembly.Module(bytes), isFused: name.endsWith('used') }
  }
  return undefined
}

/** Whether this engine has the SIMD instructions that the threaded kernels are made of. */
export function takesThreadedKernels(): boolean {
  return WebAssembly.validate(decode(threadedModules.simd))
}

function instantiate(backend: WasmBackend): ThreadedKernels | null {
  const memory = memoryOf(backend)
  const isShared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer
  const compiled = compile(isShared)
  if (!compiled) return null
  const { module, isFused } = compiled
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports
  const place = backend.wasm._malloc(controlBytes + jobBytes + 64)
  const control = Math.ceil((place >>> 0) / 64) * 64
  new Uint8Array(memory.buffer, control, controlBytes).fill(0)
  const threads = isShared ? (backend.wasm.tfjs.getThreadsCount?.() ?? 1) : 1
  for (let thread = 1; thread < threads; thread++) startWorker({ module, memory, control, thread, spins })
  const jobPlace = control + controlBytes
  return {
    threads,
    isFused,
    run(kind, job, tasks) {
      writeJob(memory.buffer, jobPlace, job)
      if (kernels.run(control, jobKinds[kind], jobPlace, tasks) === 0) return
      const deadline = Date.now() + timeout
      while (kernels.busy(control, 1_000_000) !== 0) {
        if (Date.now() > deadline) {
          // What a trap throws: the backend is lost, as the thread may still write.
          throw new WebAssembly.RuntimeError(`a thread has not answered for ${timeout / 1000} s`)
        }
      }
    },
    stop: () => kernels.stop(control),
  }
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

/** Ends the threads of a module that is given up. */
export function stopThreads(module: object): void {
  instances.get(module)?.stop()
}
