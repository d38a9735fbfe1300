import { requirePrecision } from '../../backend/wasm/precision.js'
import { BackendError } from '../../errors.js'
import { orRestore } from './activate.js'
import { candidates, type CandidateName } from './candidates.js'
import { importGradients, requireThreads, type StartBackendOptions } from './startBackend.js'
import type { StartedBackend } from './startedBackend.js'
import { StartError } from './startError.js'

/** A way to compute that {@link chooseBackend} passed over. */
export interface PassedOver {
  /** `tfjs-node-gpu`, `webgpu`, `tfjs-node`, `wasm` or `cpu`. */
  readonly name: CandidateName
  /** Why it was not taken, and what to do where something can be done. */
  readonly reason: string
}

/** A backend that runs, and what was tried before it. */
export interface ChosenBackend extends StartedBackend {
  /** In the order in which they were tried. */
  readonly tried: readonly PassedOver[]
}

/**
 * Starts the backend that is usually the quickest of those that work here. Tries tfjs-node-gpu (with a CUDA device),
 * webgpu (with a real GPU, not an adapter that computes on the CPU), tfjs-node, wasm and cpu, in this order.
 *
 * Numbers differ in their last digits from backend to backend: name one with {@link startBackend} where a run is to be
 * repeated elsewhere.
 *
 * @throws ArgumentError for a thread count that is not from 1 to 8, or an unknown precision.
 * @throws BackendError where none works (it names every reason), and where threads were asked for that wasm, when it is its
 *   turn, cannot have.
 */
export async function chooseBackend({ threads, precision }: StartBackendOptions = {}): Promise<ChosenBackend> {
  requireThreads(threads)
  requirePrecision(precision)
  await importGradients('auto')
  const tried: PassedOver[] = []
  for (const { name, start } of candidates) {
    try {
      const started = await orRestore(precision, () => start({ threads, software: false }))
      return { name: started.name, threads: started.threads, description: started.description, tried }
    } catch (error) {
      if (!(error instanceof StartError)) throw error
      const isThreads = name === 'wasm' && error.failure === 'unusable'
      if (isThreads) throw error
      tried.push({ name, reason: error.problem })
    }
  }
  const reasons = tried.map(({ name, reason }) => `\n  ${name}: ${reason}`).join('')
  throw new BackendError('auto', `none works here:${reasons}`)
}
