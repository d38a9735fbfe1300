/// <reference types="vite/client" />
import '@tensorflow/tfjs-layers'
import { ready, setBackend } from '@tensorflow/tfjs-core'
import plain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url'
import threaded from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url'
import type { ConformanceBackend } from './backends.js'

async function load(name: ConformanceBackend['name']): Promise<void> {
  switch (name) {
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu')
      return
    case 'webgl':
      await import('@tensorflow/tfjs-backend-webgl')
      return
    case 'webgpu':
      await import('@tensorflow/tfjs-backend-webgpu')
      return
    case 'wasm': {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
      setWasmPaths({
        'tfjs-backend-wasm.wasm': plain,
        'tfjs-backend-wasm-simd.wasm': simd,
        'tfjs-backend-wasm-threaded-simd.wasm': threaded,
      })
      return
    }
    case 'tensorflow':
      throw new Error('there is no tfjs-node in browsers')
  }
}

/** Starts a backend in a browser as users do. */
export async function startInBrowser({ name, threads = 1 }: ConformanceBackend): Promise<void> {
  const { setThreadsCount, getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm')
  if (crossOriginIsolated !== threads > 1) throw new Error(`crossOriginIsolated is ${crossOriginIsolated}`)
  if (threads > 1) {
    // tfjs takes half of the cores at most.
    Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 * threads })
    setThreadsCount(threads)
  }
  await load(name)
  // For webgpu without an adapter tfjs returns false, and still calls the backend active.
  if (!(await setBackend(name))) throw new Error(`this browser offers no ${name}`)
  await ready()
  if (name !== 'wasm') return
  // The build without threads says -1.
  if (Math.max(getThreadsCount(), 1) !== threads)
    throw new Error(`wasm runs with ${getThreadsCount()} threads instead of ${threads}`)
}
