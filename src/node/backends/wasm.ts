import { availableParallelism } from 'node:os'
import { engine, findBackendFactory, registerBackend, removeBackend, type KernelBackend } from '@tensorflow/tfjs-core'
import { repairBackend, restartWasm, wasmFailure, wasmKernels } from '../../backend/index.js'
import { activate } from './activate.js'
import { importBackend } from './importPackage.js'
import type { StartedBackend } from './startedBackend.js'
import { StartError } from './startError.js'
import { warn } from './warn.js'
import { whyNoThreads } from './wasmFeatures.js'
import { loadWasmModule, maxThreads, type WasmModule } from './wasmThreads.js'

const threadsOf = Symbol.for('esrgan-scnn.wasm-threads')

/** The wasm backend that runs already, with its threads where it was started here. */
function runningWasm(): (KernelBackend & { [threadsOf]?: number }) | undefined {
  return engine().registry['wasm']
}

const count = (threads: number): string => (threads === 1 ? 'one thread' : `${threads} threads`)

/** What computes: the threads, and how this package's own kernels do. */
function described(threads: number): string {
  const kernels = wasmKernels()
  const own = kernels
    ? `own kernels ${kernels.fused ? 'with' : 'without'} FMA, precision ${kernels.precision}`
    : 'no own kernels'
  const fewer = kernels && kernels.threads !== threads ? ` on ${count(kernels.threads)}` : ''
  return `WebAssembly with SIMD, ${count(threads)}; ${own}${fewer}`
}

/** Takes the backend that runs already, whose tensors would be lost with it. */
async function keepRunning(threads: number, wanted: number | undefined): Promise<StartedBackend> {
  if (wanted !== undefined && wanted !== threads) {
    throw new StartError(
      'wasm',
      'unusable',
      `runs already, with ${threads} ${threads === 1 ? 'thread' : 'threads'}; its tensors would be lost. ` +
        `Ask for ${threads}, or call tf.removeBackend('wasm') first`,
    )
  }
  await activate('wasm')
  repairBackend()
  return { name: 'wasm', threads, description: `${described(threads)} (it ran already)` }
}

/** The threaded build, or why there is none. */
async function threadedModule(threads: number): Promise<WasmModule | string> {
  const reason = whyNoThreads()
  if (reason !== undefined) return reason
  try {
    return await loadWasmModule(threads)
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * Starts tfjs's WebAssembly backend with the threads that are wanted, by default as many as work, and registers the
 * kernels that training needs.
 *
 * @throws StartError where the threads were asked for and cannot be had.
 */
export async function startWasm(wanted: number | undefined): Promise<StartedBackend> {
  const { BackendWasm, setThreadsCount } = (await importBackend('wasm', '@tensorflow/tfjs-backend-wasm')) as {
    BackendWasm: new (module: WasmModule) => KernelBackend & { wasm: { tfjs: { getThreadsCount(): number } } }
    setThreadsCount(threads: number): void
  }
  const running = runningWasm()
  if (running) {
    if (wasmFailure()) await restartWasm()
    return await keepRunning(running[threadsOf] ?? 1, wanted)
  }

  const most = wanted ?? Math.min(availableParallelism(), maxThreads)
  const module = most > 1 ? await threadedModule(most) : undefined
  const reason = typeof module === 'string' ? module : undefined
  if (reason !== undefined && wanted !== undefined) {
    throw new StartError(
      'wasm',
      'unusable',
      `${wanted} threads were asked for, and ${reason}; ask for 1, or leave the number out to take what works`,
    )
  }
  const size = typeof module === 'object' ? most : 1
  setThreadsCount(size)
  if (findBackendFactory('wasm')) removeBackend('wasm')
  // A backend that is started again needs a new module.
  let loaded = typeof module === 'object' ? module : undefined
  const start = async (): Promise<KernelBackend> => {
    const next = loaded ?? (await loadWasmModule(size))
    loaded = undefined
    const backend = new BackendWasm(next)
    return Object.assign(backend, { [threadsOf]: backend.wasm.tfjs.getThreadsCount() })
  }
  registerBackend('wasm', start, 2)
  await activate('wasm')
  repairBackend()
  const threads = runningWasm()?.[threadsOf] ?? 1
  if (reason !== undefined) warn(`backend wasm: runs with one thread only, as ${reason}`)
  const note = reason === undefined ? '' : ` (${reason})`
  return { name: 'wasm', threads, description: `${described(threads)}${note}` }
}
