import { repairBackend } from '../../backend/index.js'
import { activate } from './activate.js'
import { importBackend } from './importPackage.js'
import type { StartedBackend } from './startedBackend.js'
import { warn } from './warn.js'

/** Starts tfjs's plain JavaScript backend, with the kernels of this package where its own are wrong. */
export async function startCPU(): Promise<StartedBackend> {
  await importBackend('cpu', '@tensorflow/tfjs-backend-cpu')
  await activate('cpu')
  repairBackend()
  warn('backend cpu: plain JavaScript, about a thousand times slower than wasm; use it for small checks only')
  return { name: 'cpu', threads: 1, description: 'plain JavaScript, one thread (very slow)' }
}
