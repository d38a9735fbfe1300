import { startBackend } from '../../src/node/index.js'
import { useBackend } from '../helpers/backend.js'
import type { ConformanceBackend } from './backends.js'

/** Starts a backend in Node as users do; the single-threaded wasm is the build that stock tfjs runs. */
export async function startInNode({ name, threads, precision = 'fast' }: ConformanceBackend): Promise<void> {
  if (name === 'webgl') throw new Error('there is no webgl in Node')
  if (name === 'cpu' || (name === 'wasm' && threads === 1)) {
    await useBackend(name, precision)
    return
  }
  const started = await startBackend(name, threads === undefined ? {} : { threads, precision })
  if (threads !== undefined && started.threads !== threads)
    throw new Error(`${name} runs with ${started.threads} threads instead of ${threads}: ${started.description}`)
}
