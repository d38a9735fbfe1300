import { getKernelsForBackend, type KernelConfig, type KernelFunc } from '@tensorflow/tfjs-core'
import { BackendError, BackendFailedError } from '../../errors.js'
import { replaceKernel } from '../repairs/repair.js'
import { wasmBackend, type WasmModule } from './backend.js'
import { clearErrno, errnoOffset, hasRunOutOfMemory } from './errno.js'
import { ThreadError } from './native/threaded.js'

/** What is remembered on a module: why it cannot be used any more, and where C's `errno` lies. */
interface Health {
  failure: BackendFailedError | undefined
  readonly errno: number
}

const health = Symbol.for('esrgan-scnn.wasm-health')
const isGuarded = Symbol.for('esrgan-scnn.wasm-guard')

interface PoolWorker {
  terminate(): unknown
}

/** The Emscripten module, as far as it is used here. */
interface Module extends WasmModule {
  [health]?: Health
  /** Only in the threaded build. */
  PThread?: { pthreads: Record<string, PoolWorker>; unusedWorkers: PoolWorker[] }
}

/** The wasm backend's instance with the methods that touch its heap. */
interface Instance {
  wasm: Module | null
  dataIdMap: { has(dataId: object): boolean; delete(dataId: object): boolean }
  move(...args: unknown[]): void
  readSync(...args: unknown[]): unknown
  disposeData(dataId: object, force?: boolean): boolean
  dispose(): void
}

/** Whether the error left the WebAssembly code in the middle of what it did: a trap, `abort()` or `exit()`. */
function isTrap(error: unknown): error is Error {
  const name = (error as Error | undefined)?.name
  return error instanceof WebAssembly.RuntimeError || name === 'RuntimeError' || name === 'ExitStatus'
}

/** Remembers that the module cannot be used any more; returns the error that every later use throws. */
function fail(state: Health, what: string, during: string, cause?: unknown): BackendFailedError {
  state.failure ??= new BackendFailedError(
    'wasm',
    `${what} in ${during}, and its memory is not to be trusted: the backend and its tensors cannot be used any more. ` +
      `Start a new process, or call restartWasm(), which loses all tensors; ` +
      `a smaller batch, micro-batches or checkpointed blocks take less memory`,
    cause === undefined ? undefined : { cause },
  )
  return state.failure
}

/** Runs what calls into the module: a trap is fatal. */
function guarded<T>(state: Health, during: string, run: () => T): T {
  if (state.failure) throw state.failure
  try {
    return run()
  } catch (error) {
    if (!isTrap(error)) throw error
    const what = error instanceof ThreadError ? error.message : `its code trapped (${error.message})`
    throw fail(state, what, during, error)
  }
}

/** Makes the kernel throw `BackendFailedError` from the first trap on, or where C code in it got no memory. */
function guardKernel(config: KernelConfig): void {
  const { kernelFunc, kernelName } = config
  if (isGuarded in kernelFunc) return
  const call: KernelFunc = (args) => {
    const module = (args.backend as Instance).wasm
    const state = module?.[health]
    if (!module || !state) return kernelFunc(args)
    const result = guarded(state, kernelName, () => kernelFunc(args))
    // XNNPACK only prints a warning where it gets no memory, and the result stays as it was allocated.
    if (hasRunOutOfMemory(module, state.errno)) throw fail(state, 'its code ran out of memory', kernelName)
    return result
  }
  replaceKernel({ ...config, kernelFunc: Object.assign(call, { [isGuarded]: true }) })
}

/** Why the running wasm backend cannot be used any more; undefined where it can, or where none runs. */
export function wasmFailure(): BackendFailedError | undefined {
  const module: Module | undefined = wasmBackend()?.wasm
  return module?.[health]?.failure
}

/**
 * Makes a trap inside the module, and memory that C code could not get, fatal: from then on every kernel, upload and
 * readback throws the same {@link BackendFailedError}. Freeing tensors only forgets them then, and `tf.removeBackend`
 * does not enter the module. Further calls change nothing but for kernels registered since.
 */
export function guardFailure(backend: object): void {
  for (const config of getKernelsForBackend('wasm')) guardKernel(config)
  const instance = backend as Instance
  const module = instance.wasm
  if (!module || health in module) return
  const state: Health = { failure: undefined, errno: errnoOffset(module) }
  clearErrno(module)
  module[health] = state

  const { move, readSync, disposeData, dispose } = instance
  instance.move = (...args) => guarded(state, 'an upload', () => move.apply(instance, args))
  instance.readSync = (...args) => {
    const isLost = !instance.wasm && !state.failure
    if (isLost)
      throw new BackendError('wasm', 'was taken away or started again, and this tensor was lost with its heap')
    return guarded(state, 'a readback', () => readSync.apply(instance, args))
  }
  instance.disposeData = (dataId, force) => {
    if (state.failure || !instance.wasm) {
      if (instance.dataIdMap.has(dataId)) instance.dataIdMap.delete(dataId)
      return true
    }
    return guarded(state, 'freeing a tensor', () => disposeData.call(instance, dataId, force))
  }
  instance.dispose = () => {
    if (!state.failure) return dispose.call(instance)
    const { pthreads = {}, unusedWorkers = [] } = module.PThread ?? {}
    for (const worker of [...Object.values(pthreads), ...unusedWorkers]) worker.terminate()
    instance.wasm = null
  }
}
