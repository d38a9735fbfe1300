import { existsSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { chooseBackend } from '../../src/node/index.js'
import { createProject, softwareAdapter, type RunOptions } from './programs.js'

const program = `
import { getBackend, ones, sum } from '@tensorflow/tfjs-core'
import { chooseBackend } from './src/node/backends/chooseBackend.ts'
const main = async () => {
  if (process.env.WITHOUT_SHARED_MEMORY) delete globalThis.SharedArrayBuffer
  const threads = process.argv[2]
  const chosen = await chooseBackend(threads ? { threads: Number(threads) } : {})
  const [value] = await sum(ones([100])).data()
  console.log(JSON.stringify({ ...chosen, active: getBackend(), value }))
}
main().catch(({ name, message }) => console.log(JSON.stringify({ error: name, message })))
`

interface Output {
  name: string
  threads: number
  description: string
  tried: { name: string; reason: string }[]
  active: string
  value: number
  error?: string
  message: string
}

/** A native package that works: tfjs's cpu backend under its name. */
const native = (isGPUPackage: boolean, isUsingGpuDevice: boolean): string => `
  const tf = require('@tensorflow/tfjs-core')
  const { MathBackendCPU } = require('@tensorflow/tfjs-backend-cpu')
  for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel({ ...kernel, backendName: 'tensorflow' })
  const of = { isGPUPackage: ${isGPUPackage}, isUsingGpuDevice: ${isUsingGpuDevice} }
  tf.registerBackend('tensorflow', () => Object.assign(new MathBackendCPU(), of), 3)
  if (!tf.setBackend('tensorflow')) throw new Error('Could not initialize TensorFlow backend.')
`
const failing = "throw new Error('The Node.js native addon module (tfjs_binding.node) can not be found')"
const gpu = '@tensorflow/tfjs-node-gpu'
const node = '@tensorflow/tfjs-node'

const project = createProject('choose backend')
const noAdapter = { VK_ICD_FILENAMES: '/none', LD_LIBRARY_PATH: '' }
const choose = async (args: string[] = [], { env = noAdapter }: RunOptions = {}) =>
  (await project.run<Output>('program.mjs', args, { env })).output
const names = ({ tried }: Output): string[] => tried.map(({ name }) => name)
const reason = ({ tried }: Output, of: string): string => tried.find(({ name }) => name === of)!.reason

beforeAll(() => project.write('program.mjs', program))
afterEach(() => project.uninstall())
afterAll(() => project.remove())

describe('chooseBackend', () => {
  it('takes wasm where nothing native is there, and keeps every reason', async () => {
    const chosen = await choose(['2'])
    expect(chosen).toMatchObject({ name: 'wasm', threads: 2, active: 'wasm', value: 100 })
    expect(names(chosen)).toEqual(['tfjs-node-gpu', 'webgpu', 'tfjs-node'])
    expect(reason(chosen, 'tfjs-node-gpu')).toBe(`${gpu} is not installed; run: npm install ${gpu}@4.22.0`)
    expect(reason(chosen, 'webgpu')).toContain('no adapter')
    expect(reason(chosen, 'tfjs-node')).toBe(`${node} is not installed; run: npm install ${node}@4.22.0`)
  })

  it.runIf(existsSync(softwareAdapter.VK_ICD_FILENAMES))(
    'passes over an adapter that computes on the CPU',
    async () => {
      const chosen = await choose([], { env: softwareAdapter })
      expect(chosen).toMatchObject({ name: 'wasm', active: 'wasm', value: 100 })
      expect(reason(chosen, 'webgpu')).toMatch(/^no real GPU: the adapter computes on the CPU \(SwiftShader/)
    },
  )

  it('takes tfjs-node-gpu first, where it has a CUDA device', async () => {
    project.install(gpu, '4.22.0', native(true, true))
    const chosen = await choose()
    expect(chosen).toMatchObject({ name: 'tensorflow', threads: 1, active: 'tensorflow', value: 100, tried: [] })
    expect(chosen.description).toBe(`native TensorFlow with CUDA through ${gpu}`)
  })

  it('notices a tfjs-node-gpu without CUDA, and takes it when it is the turn of the CPU', async () => {
    project.install(gpu, '4.22.0', native(true, false))
    const chosen = await choose()
    expect(chosen).toMatchObject({ name: 'tensorflow', active: 'tensorflow', value: 100 })
    expect(chosen.description).toBe(`native TensorFlow on the CPU through ${gpu} (no CUDA device)`)
    expect(names(chosen)).toEqual(['tfjs-node-gpu', 'webgpu'])
    expect(reason(chosen, 'tfjs-node-gpu')).toBe(`${gpu} finds no CUDA device and would compute on the CPU`)
  })

  it('takes tfjs-node before wasm, and passes over one whose install script failed', async () => {
    project.install(node, '4.22.0', native(false, false))
    const taken = await choose()
    expect(taken).toMatchObject({ name: 'tensorflow', active: 'tensorflow', value: 100 })
    expect(taken.description).toBe(`native TensorFlow on the CPU through ${node}`)
    project.install(node, '4.22.0', failing)
    const passed = await choose()
    expect(passed).toMatchObject({ name: 'wasm', active: 'wasm', value: 100 })
    expect(reason(passed, 'tfjs-node')).toContain(`its install script failed to fetch the native part`)
  })

  it('falls to cpu, and where nothing works names every reason', async () => {
    project.install('@tensorflow/tfjs-backend-wasm', '4.20.0', failing)
    const chosen = await choose()
    expect(chosen).toMatchObject({ name: 'cpu', active: 'cpu', value: 100 })
    expect(reason(chosen, 'wasm')).toContain('4.20.0 is installed, wanted is 4.22.0')
    project.install('@tensorflow/tfjs-backend-cpu', '4.20.0', failing)
    const { error, message } = await choose()
    expect(error).toBe('BackendError')
    for (const name of ['tfjs-node-gpu', 'webgpu', 'tfjs-node', 'wasm', 'cpu'])
      expect(message).toContain(`\n  ${name}: `)
  })

  it('does not fall to cpu where threads were asked for that wasm cannot have', async () => {
    const env = { ...noAdapter, WITHOUT_SHARED_MEMORY: '1' }
    expect(await choose(['4'], { env })).toMatchObject({
      error: 'BackendError',
      message: expect.stringContaining('4 threads were asked for, and there is no SharedArrayBuffer'),
    })
    expect(await choose([], { env })).toMatchObject({ name: 'wasm', threads: 1, value: 100 })
  })

  it('refuses thread counts that no backend takes', async () => {
    await expect(chooseBackend({ threads: 9 })).rejects.toThrow(ArgumentError)
  })
})
