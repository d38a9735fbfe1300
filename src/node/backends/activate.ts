import { engine, findBackendFactory, ready, setBackend } from '@tensorflow/tfjs-core'
import { setWasmPrecision, wasmPrecision, type WasmPrecision } from '../../backend/wasm/precision.js'
import { StartError } from './startError.js'

/**
 * Makes the registered backend the active one.
 *
 * @throws StartError where tfjs cannot start it.
 */
export async function activate(name: string): Promise<void> {
  if (!findBackendFactory(name)) {
    throw new StartError(name, 'broken', 'tf.removeBackend has taken it away; start it in a new process')
  }
  if (!(await setBackend(name))) throw new StartError(name, 'broken', 'tfjs could not start it')
  await ready()
}

/** Settles when no start is under way. */
let last: Promise<unknown> = Promise.resolve()

/**
 * Runs a start with wasm's precision (undefined: as it is), after those under way, as two at once would take each other's
 * backend away. Where it fails, the precision is what it was, and the backend that was active before is active again: tfjs
 * names a backend active before it has started, and tfjs-node makes itself active while it loads.
 */
export function orRestore<T>(precision: WasmPrecision | undefined, start: () => Promise<T>): Promise<T> {
  const run = last.then(() => attempt(precision, start))
  last = run.catch(() => undefined)
  return run
}

async function attempt<T>(precision: WasmPrecision | undefined, start: () => Promise<T>): Promise<T> {
  const { backendName } = engine()
  const before = wasmPrecision()
  try {
    if (precision !== undefined) setWasmPrecision(precision)
    return await start()
  } catch (error) {
    setWasmPrecision(before)
    if (engine().backendName !== backendName) {
      if (engine().registry[backendName]) await setBackend(backendName)
      // None was active: tfjs chooses one when it is first used, as it would have.
      else Object.assign(engine(), { backendName, backendInstance: null })
    }
    throw error
  }
}
