import '@tensorflow/tfjs-layers'
import { getBackend, ready, setBackend } from '@tensorflow/tfjs-core'
import { repairBackend, type WasmPrecision } from '../../src/backend/index.js'
import { setWasmPrecision } from '../../src/backend/wasm/precision.js'

/** Makes the named tfjs backend the active one, repaired for training as users get it; on wasm with the precision. */
export async function useBackend(name: 'wasm' | 'cpu', precision: WasmPrecision = 'fast'): Promise<void> {
  setWasmPrecision(precision)
  if (name === 'wasm') await import('@tensorflow/tfjs-backend-wasm')
  else await import('@tensorflow/tfjs-backend-cpu')
  if (!(await setBackend(name))) throw new Error(`backend ${name} did not start`)
  await ready()
  repairBackend()
  if (getBackend() !== name) throw new Error(`the active backend is ${getBackend()}, not ${name}`)
}
