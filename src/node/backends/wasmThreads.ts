import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, dirname } from 'node:path'
import { hasSIMD } from './wasmFeatures.js'

/** A worker of Emscripten's pool. */
interface PoolWorker {
  ref(): void
  unref(): void
  terminate(): Promise<number>
}

/** Emscripten's thread pool, as far as it is used here. */
interface ThreadPool {
  unusedWorkers: PoolWorker[]
}

/** The Emscripten module of one of tfjs's builds. */
export interface WasmModule {
  /** Only in the threaded build. */
  PThread?: ThreadPool
  cwrap(name: string, result: 'number' | null, args: string[]): (...args: number[]) => number
  tfjs?: object
}

type Imports = Record<string, Record<string, unknown>>
type Factory = (options: {
  locateFile(path: string): string | URL
  instantiateWasm(
    imports: Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object
  onAbort(reason: unknown): void
}) => Promise<WasmModule>

/** The most threads that tfjs's C++ side takes. */
export const maxThreads = 8

/** tfjs's script and binary; the builds without threads have one script. */
function buildOf(threads: number): { script: string; binary: string } {
  if (threads > 1) return { script: 'tfjs-backend-wasm-threaded-simd', binary: 'tfjs-backend-wasm-threaded-simd' }
  return { script: 'tfjs-backend-wasm', binary: hasSIMD() ? 'tfjs-backend-wasm-simd' : 'tfjs-backend-wasm' }
}

/**
 * The worker script as a data: URL, so that no file has to be shipped for it: it runs the worker code that
 * tfjs-backend-wasm holds as a string, with the CommonJS names that this code expects.
 */
function workerScript(script: string): URL {
  const source = `
    import { createRequire } from 'node:module'
    const path = ${JSON.stringify(script)}
    globalThis.require = createRequire(path)
    globalThis.__filename = path
    const { wasmWorkerContents } = globalThis.require(path.replace(/js$/, 'worker.js'))
    ;(0, eval)(wasmWorkerContents.replace(/\\n/g, '\\\\n'))
  `
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`)
}

/** Runs the function, then takes away the process-wide listeners that it has added. */
function withoutListeners<T>(run: () => T): T {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = events.map((event) => process.rawListeners(event))
  try {
    return run()
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.rawListeners(event)) {
        if (!before[i]!.includes(listener)) process.removeListener(event, listener as () => void)
      }
    })
  }
}

/** Ends the workers beyond `count`, and lets the others not keep the process alive. */
async function trimPool({ unusedWorkers }: ThreadPool, count: number): Promise<void> {
  const surplus = unusedWorkers.splice(0, Math.max(0, unusedWorkers.length - count))
  await Promise.all(surplus.map((worker) => worker.terminate()))
  for (const worker of unusedWorkers) {
    worker.unref()
    // Emscripten would ref a worker that starts to run, and the process would never end by itself.
    worker.ref = () => undefined
  }
}

/**
 * Loads tfjs's SIMD build in Node, the threaded one, which stock tfjs never loads there, where there is more than one
 * thread: `threads` (at most {@link maxThreads}) counts the main thread. Unlike stock tfjs leaves no global name and no
 * process listener behind, and its workers do not keep the process alive.
 *
 * @throws whatever keeps it from starting.
 */
export async function loadWasmModule(threads: number): Promise<WasmModule> {
  const require = createRequire(import.meta.url)
  const build = buildOf(threads)
  const script = require.resolve(`@tensorflow/tfjs-backend-wasm/wasm-out/${build.script}.js`)
  const factory = require(script) as Factory
  const binary = readFileSync(join(dirname(script), `${build.binary}.wasm`))
  const globals = globalThis as { Worker?: unknown }
  const hadWorker = 'Worker' in globals
  const worker = globals.Worker
  try {
    const module = await new Promise<WasmModule>((resolve, reject) => {
      withoutListeners(() =>
        factory({
          locateFile: (path) => (path.endsWith('.worker.js') ? workerScript(script) : path),
          instantiateWasm: (imports, receive) => {
            // The C++ side takes at most half of the cores that it sees.
            if (threads > 1) imports['env']!['emscripten_num_logical_cores'] = () => 2 * threads
            WebAssembly.instantiate(binary, imports as WebAssembly.Imports)
              .then(({ instance, module }) => receive(instance, module))
              .catch(reject)
            return {}
          },
          onAbort: (reason) => reject(new Error(String(reason))),
        }),
      ).then(resolve, reject)
    })
    if (module.PThread) await trimPool(module.PThread, threads - 1)
    module.tfjs = {
      init: module.cwrap('init', null, []),
      initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
      getThreadsCount: module.cwrap('get_threads_count', 'number', []),
      registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
      disposeData: module.cwrap('dispose_data', null, ['number']),
      dispose: module.cwrap('dispose', null, []),
    }
    return module
  } finally {
    if (hadWorker) globals.Worker = worker
    else delete globals.Worker
  }
}
