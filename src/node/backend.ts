import { availableParallelism } from 'node:os'
import util from 'node:util'
import { engine, ready, registerBackend, removeBackend, setBackend, type KernelBackend } from '@tensorflow/tfjs-core'
import { enableWasmTraining } from '../backend/index.js'
import { ArgumentError, BackendError, requireInteger } from '../errors.js'
import { loadThreadedModule, maxThreads, whyNoThreads, type ThreadedModule } from './wasmThreads.js'

/**
 * What computes: `wasm` (WebAssembly with SIMD and threads), `cpu` (plain JavaScript, very slow), `webgpu` (a GPU through
 * the package `webgpu`) or `tensorflow` (tfjs-node-gpu, else tfjs-node).
 */
export type BackendName = 'wasm' | 'cpu' | 'webgpu' | 'tensorflow'

const backendNames: readonly BackendName[] = ['wasm', 'cpu', 'webgpu', 'tensorflow']

/** Options of {@link startBackend}. */
export interface StartBackendOptions {
  /** Threads of `wasm`, the main thread among them. Default: the cores available to the process. At most 8. */
  readonly threads?: number
}

/** A backend that runs. */
export interface StartedBackend {
  /** The name it was asked for by. */
  readonly name: BackendName
  /** Threads that it computes with on this machine; 1 where it uses a GPU. */
  readonly threads: number
  /** One line for people: what runs, on what. */
  readonly description: string
}

/** Tells people on stderr, once for each start. */
function warn(message: string): void {
  process.emitWarning(message, 'BackendWarning')
}

/** Imports an optional package; undefined where it is not installed. */
async function importOptional(name: string): Promise<Record<string, unknown> | undefined> {
  try {
    return (await import(name)) as Record<string, unknown>
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isAbsent = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
    if (isAbsent && message.includes(`'${name}'`)) return undefined
    throw error
  }
}

/** Imports a package that the backend needs, or says what to install. */
async function importPackage(backend: BackendName, name: string): Promise<Record<string, unknown>> {
  let found
  try {
    found = await importOptional(name)
  } catch (error) {
    throw new BackendError(backend, `${name} is installed but does not load: ${(error as Error).message}`, {
      cause: error,
    })
  }
  if (!found) throw new BackendError(backend, `${name} is not installed; run: npm install ${name}`)
  return found
}

/** Makes the registered backend the active one. */
async function activate(name: string): Promise<boolean> {
  const isStarted = await setBackend(name)
  await ready()
  return isStarted
}

const threadsOf = Symbol.for('esrgan-scnn.wasm-threads')

/** The wasm backend that runs already, with its threads where it was started here. */
function runningWasm(): (KernelBackend & { [threadsOf]?: number }) | undefined {
  return engine().registry['wasm']
}

async function startWasm(wanted: number | undefined): Promise<StartedBackend> {
  const { BackendWasm, setThreadsCount } = (await importPackage('wasm', '@tensorflow/tfjs-backend-wasm')) as {
    BackendWasm: new (module: ThreadedModule) => KernelBackend & { wasm: { tfjs: { getThreadsCount(): number } } }
    setThreadsCount(threads: number): void
  }
  const running = runningWasm()
  if (running) {
    const threads = running[threadsOf] ?? 1
    if (wanted !== undefined && Math.min(wanted, maxThreads) !== threads) {
      throw new BackendError(
        'wasm',
        `runs already, with ${threads} ${threads === 1 ? 'thread' : 'threads'}; its tensors would be lost. ` +
          `Ask for ${threads}, or call tf.removeBackend('wasm') first`,
      )
    }
    await activate('wasm')
    enableWasmTraining()
    return { name: 'wasm', threads, description: `WebAssembly with SIMD, ${threads} threads (it ran already)` }
  }

  let threads = Math.min(wanted ?? availableParallelism(), maxThreads)
  let reason = threads > 1 ? whyNoThreads() : undefined
  let module: ThreadedModule | undefined
  if (threads > 1 && reason === undefined) {
    try {
      module = await loadThreadedModule(threads)
    } catch (error) {
      reason = (error as Error).message
    }
  }
  if (module) {
    const loaded = module
    setThreadsCount(threads)
    removeBackend('wasm')
    registerBackend('wasm', () => new BackendWasm(loaded), 2)
  }
  if (!(await activate('wasm'))) throw new BackendError('wasm', 'tfjs could not start it')
  enableWasmTraining()
  const backend = runningWasm()! as InstanceType<typeof BackendWasm> & { [threadsOf]?: number }
  threads = module ? backend.wasm.tfjs.getThreadsCount() : 1
  backend[threadsOf] = threads
  if (reason !== undefined) warn(`backend wasm: runs with one thread only, as ${reason}`)
  return {
    name: 'wasm',
    threads,
    description:
      threads > 1
        ? `WebAssembly with SIMD, ${threads} threads`
        : `WebAssembly with SIMD, one thread${reason === undefined ? '' : ` (${reason})`}`,
  }
}

async function startCPU(): Promise<StartedBackend> {
  await importPackage('cpu', '@tensorflow/tfjs-backend-cpu')
  if (!(await activate('cpu'))) throw new BackendError('cpu', 'tfjs could not start it')
  warn('backend cpu: plain JavaScript, about a thousand times slower than wasm; use it for small checks only')
  return { name: 'cpu', threads: 1, description: 'plain JavaScript, one thread (very slow)' }
}

async function startWebGPU(): Promise<StartedBackend> {
  const { create, globals } = (await importPackage('webgpu', 'webgpu')) as {
    create(options: string[]): { requestAdapter(): Promise<{ info?: Record<string, string> } | null> }
    globals: Record<string, unknown>
  }
  // tfjs's backend looks for these names while it is imported.
  Object.assign(globalThis, globals)
  if (!('navigator' in globalThis)) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
  const { navigator } = globalThis as unknown as { navigator: { gpu?: ReturnType<typeof create> } }
  if (!navigator.gpu) Object.defineProperty(navigator, 'gpu', { value: create([]), configurable: true })
  const adapter = await navigator.gpu!.requestAdapter().catch(() => null)
  if (!adapter) {
    throw new BackendError('webgpu', 'no adapter: this machine offers no GPU through Vulkan, Metal or Direct3D 12')
  }
  await importPackage('webgpu', '@tensorflow/tfjs-backend-webgpu')
  if (!(await activate('webgpu'))) throw new BackendError('webgpu', 'no adapter: tfjs could not start its device')
  const { vendor, architecture, device, description } = adapter.info ?? {}
  const parts = [description, vendor, architecture, device].filter((part) => part !== undefined && part !== '')
  return { name: 'webgpu', threads: 1, description: `WebGPU on ${parts.join(', ') || 'an unnamed adapter'}` }
}

/** Why an installed tfjs-node does not load, and what to do. */
function tensorflowProblem(name: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_DLOPEN_FAILED') {
    return `${name} is installed, but its shared libraries do not load (libtensorflow, or CUDA for the GPU): ${message}`
  }
  if (message.includes('tfjs_binding.node')) {
    return `${name} is installed, but its install script failed to fetch the native part; run: npm rebuild ${name}`
  }
  return `${name} is installed but does not load: ${message}`
}

async function startTensorFlow(): Promise<StartedBackend> {
  // tfjs-node 4.22 calls a function that Node 23 took away.
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean }
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined
  const problems: string[] = []
  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    try {
      if (!(await importOptional(name))) continue
    } catch (error) {
      problems.push(tensorflowProblem(name, error))
      continue
    }
    if (!(await activate('tensorflow'))) throw new BackendError('tensorflow', `${name} could not start`)
    return { name: 'tensorflow', threads: availableParallelism(), description: `native TensorFlow through ${name}` }
  }
  throw new BackendError(
    'tensorflow',
    problems.join('; ') ||
      'neither tfjs-node-gpu nor tfjs-node is installed; run: npm install @tensorflow/tfjs-node-gpu (or tfjs-node)',
  )
}

/**
 * Starts a tfjs backend in Node and makes it the active one, ready to train. `wasm` needs no set-up: it runs the threaded
 * SIMD build, with the kernels of `enableWasmTraining`. A wasm backend that runs already is kept.
 *
 * @throws ArgumentError for an unknown name or a thread count below 1.
 * @throws BackendError where a package is missing (it says what to install), does not load, or finds no GPU
 *   (`no adapter`).
 */
export async function startBackend(name: BackendName, { threads }: StartBackendOptions = {}): Promise<StartedBackend> {
  if (!backendNames.includes(name)) throw new ArgumentError('name', `be one of ${backendNames.join(', ')}`, name)
  if (threads !== undefined) requireInteger('options.threads', threads, 1)
  // tfjs-core alone has no gradients in Node; importing tfjs-layers registers them.
  await import('@tensorflow/tfjs-layers')
  switch (name) {
    case 'wasm':
      return startWasm(threads)
    case 'cpu':
      return startCPU()
    case 'webgpu':
      return startWebGPU()
    case 'tensorflow':
      return startTensorFlow()
  }
}

/** The largest memory this process has held at once, in bytes (resident set size; wasm's heap and workers included). */
export function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}
