import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { activate } from './activate.js'
import { adapterName, isSoftwareAdapter, noAdapter, whyNoAdapter, type AdapterInfo } from './adapter.js'
import { importBackend, importPackage, requireInstalled } from './importPackage.js'
import { StartError } from './startError.js'
import type { StartedBackend } from './startedBackend.js'

interface GPU {
  requestAdapter(): Promise<{ info?: AdapterInfo } | null>
}

/** Sets what is not there yet on an object; gives how to take it away again. */
function addMissing(target: object, values: Record<string, unknown>): () => void {
  const added = Object.keys(values).filter((name) => !(name in target))
  for (const name of added) {
    Object.defineProperty(target, name, { value: values[name], configurable: true, writable: true })
  }
  return () => added.forEach((name) => Reflect.deleteProperty(target, name))
}

/** Puts the names of WebGPU where tfjs's backend looks for them while it is imported. */
async function addWebGPU(): Promise<() => void> {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } }
  if (navigator?.gpu) return () => undefined
  requireInstalled('webgpu', 'webgpu', '@tensorflow/tfjs-backend-webgpu')
  const { create, globals } = (await importPackage('webgpu', 'webgpu')) as {
    create(options: string[]): GPU
    globals: Record<string, unknown>
  }
  const reason = await whyNoAdapter(pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href)
  if (reason !== undefined) throw new StartError('webgpu', 'unusable', reason)
  const removeNames = addMissing(globalThis, { ...globals, navigator: {} })
  const removeGPU = addMissing((globalThis as { navigator?: object }).navigator!, { gpu: create([]) })
  return () => {
    removeGPU()
    removeNames()
  }
}

/** A started WebGPU backend, and what it runs on. */
export interface StartedWebGPU extends StartedBackend {
  readonly adapter: string
  readonly isSoftware: boolean
}

/**
 * Starts tfjs's WebGPU backend, in Node through the package `webgpu`.
 *
 * @throws StartError where a package is missing or no adapter is found; without `allowSoftware` also where the adapter
 *   computes on the CPU.
 */
export async function startWebGPU(allowSoftware: boolean): Promise<StartedWebGPU> {
  const remove = await addWebGPU()
  try {
    const { gpu } = (globalThis as unknown as { navigator: { gpu: GPU } }).navigator
    const found = await gpu.requestAdapter().catch(() => null)
    if (!found) {
      throw new StartError('webgpu', 'unusable', noAdapter)
    }
    const info = found.info ?? {}
    const adapter = adapterName(info)
    const isSoftware = isSoftwareAdapter(info)
    if (isSoftware && !allowSoftware) {
      throw new StartError('webgpu', 'unusable', `no real GPU: the adapter computes on the CPU (${adapter})`)
    }
    await importBackend('webgpu', '@tensorflow/tfjs-backend-webgpu')
    await activate('webgpu')
    const note = isSoftware ? ' (software: it computes on the CPU, and slowly)' : ''
    return { name: 'webgpu', threads: 1, description: `WebGPU on ${adapter}${note}`, adapter, isSoftware }
  } catch (error) {
    remove()
    throw error
  }
}
