import { engine, findBackendFactory, ready, setBackend } from '@tensorflow/tfjs-core'
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
 * Runs a start, after those under way, as two at once would take each other's backend away. Where it fails, the backend
 * that was active before is active again: tfjs names a backend active before it has started, and tfjs-node makes itself
 * active while it loads.
 */
export function orRestore<T>(start: () => Promise<T>): Promise<T> {
  const run = last.then(() => attempt(start))
  last = run.catch(() => undefined)
  return run
}

async function attempt<T>(start: () => Promise<T>): Promise<T> {
  const { backendName } = engine()
  try {
    return await start()
  } catch (error) {
    if (engine().backendName !== backendName) {
      if (engine().registry[backendName]) await setBackend(backendName)
      // None was active: tfjs chooses one when it is first used, as it would have.
      else Object.assign(engine(), { backendName, backendInstance: null })
    }
    throw error
  }
}
