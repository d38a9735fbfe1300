import { cpSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { peakMemoryBytes, startBackend, type BackendName } from '../../src/node/index.js'
import { createProject, softwareAdapter } from './programs.js'

/** Starts the backend named on the command line, twice, and uses it. */
const program = `
import os from 'node:os'
import { syncBuiltinESMExports } from 'node:module'
import { add, engine, matMul, ones } from '@tensorflow/tfjs-core'
import { wasmPrecision } from './src/backend/wasm/precision.ts'
import { startBackend } from './src/node/backends/startBackend.ts'
const state = () => [
  process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection'),
  ...Object.getOwnPropertyNames(globalThis), ...Object.keys(globalThis.navigator ?? {}),
].join()
const main = async () => {
  if (process.env.CORES) {
    os.availableParallelism = () => Number(process.env.CORES)
    syncBuiltinESMExports()
  }
  if (process.env.WITHOUT_SHARED_MEMORY) delete globalThis.SharedArrayBuffer
  const before = state()
  const [, , name, threads, precision] = process.argv
  try {
    const options = { ...(threads && { threads: Number(threads) }), ...(precision && { precision }) }
    const started = await startBackend(name, options)
    const product = matMul(ones([300, 200]), ones([200, 300]))
    const again = await startBackend(name)
    const values = await add(product, 1).data()
    console.log(JSON.stringify({ started, again, value: values[89999], isClean: before === state() }))
  } catch (error) {
    const { name, message, backend } = error
    console.log(JSON.stringify({ name, message, backend, isClean: before === state(), active: engine().backendName, precision: wasmPrecision() }))
  }
}
main()
`

interface Output {
  started: { name: string; threads: number; description: string }
  again: { threads: number; description: string }
  value: number
  isClean: boolean
  name: string
  message: string
  backend: string
  active: string | undefined
  precision: string
}

/** How the description tells of this package's kernels: Node 20 has no relaxed SIMD. */
const own = `own kernels ${process.versions.node.startsWith('20.') ? 'without' : 'with'} FMA, precision fast`

const project = createProject('start backend')
const { install } = project
const start = (args: string[], options = {}, file = 'program.mjs') => project.run<Output>(file, args, options)

beforeAll(async () => {
  for (const file of ['program.mjs', 'program.cjs']) await project.write(file, program)
})
afterEach(() => project.uninstall())
afterAll(() => project.remove())

describe('startBackend', () => {
  it.each(['mjs', 'cjs'])(
    'starts threaded wasm with no set-up, leaves nothing global, and the process ends by itself (%s)',
    async (extension) => {
      const { output, stderr } = await start(['wasm', '3'], {}, `program.${extension}`)
      expect(output.started).toEqual({
        name: 'wasm',
        threads: 3,
        description: `WebAssembly with SIMD, 3 threads; ${own}`,
      })
      expect(output.again.threads).toBe(3)
      expect(output.value).toBe(201)
      // tfjs keeps its own state in globals of its own, which the first use makes in any case.
      expect(output.isClean).toBe(true)
      expect(stderr).toBe('')
    },
  )

  it('runs wasm with one thread where it was asked for, and leaves nothing global', async () => {
    const { output } = await start(['wasm', '1'])
    expect(output.started).toEqual({
      name: 'wasm',
      threads: 1,
      description: `WebAssembly with SIMD, one thread; ${own}`,
    })
    expect(output.value).toBe(201)
    // Emscripten's listeners would give an error that nobody catches the exit code 7, and its own place in the code.
    expect(output.isClean).toBe(true)
  })

  it('runs wasm with the precision that it is asked for, and says so', async () => {
    const { output } = await start(['wasm', '2', 'exact'])
    expect(output.started.description).toBe(`WebAssembly with SIMD, 2 threads; ${own.replace('fast', 'exact')}`)
    expect(output.again.description).toContain('precision exact (it ran already)')
  })

  it('takes the cores there are by default, and not more than tfjs can', async () => {
    expect((await start(['wasm'], { env: { CORES: '3' } })).output.started.threads).toBe(3)
    expect((await start(['wasm'], { env: { CORES: '96' } })).output.started.threads).toBe(8)
  })

  it('refuses more threads than tfjs takes', async () => {
    const { output } = await start(['wasm', '9'])
    expect(output.name).toBe('ArgumentError')
    expect(output.message).toBe('options.threads must be at most 8, as tfjs takes no more; received 9')
  })

  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  describe.each([
    ['there is no SharedArrayBuffer', { env: { CORES: '2', WITHOUT_SHARED_MEMORY: '1' } }],
    [/./, { env: { CORES: '2' }, node: [flag, '--allow-fs-read=*'] }],
  ])('without threads (%s)', (reason, options) => {
    it('falls back to one, and says why', async () => {
      const { output, stderr } = await start(['wasm'], options)
      expect(output.started.threads).toBe(1)
      expect(output.value).toBe(201)
      expect(output.isClean).toBe(true)
      expect(stderr).toContain('runs with one thread only, as ')
      expect(stderr).toMatch(reason)
    })

    it('fails where they were asked for', async () => {
      const { output } = await start(['wasm', '2', 'exact'], options)
      // The precision that was asked for with them is not in force either.
      expect(output).toMatchObject({ name: 'BackendError', backend: 'wasm', precision: 'fast' })
      expect(output.message).toMatch(/^backend wasm: 2 threads were asked for, and .*; ask for 1, or leave/s)
      expect(output.message).toMatch(reason)
      expect((await start(['wasm', '1'], options)).output.value).toBe(201)
    })
  })

  it('warns that cpu is slow', async () => {
    const { output, stderr } = await start(['cpu'])
    expect(output.started.name).toBe('cpu')
    expect(stderr).toContain('backend cpu: plain JavaScript')
  })

  it('refuses unknown names and thread counts', async () => {
    await expect(startBackend('opencl' as BackendName)).rejects.toThrow(
      'name must be one of wasm, cpu, webgpu, tensorflow; received "opencl"',
    )
    for (const threads of [0, -1, 1.5, 1e9, Number.NaN, null, '2'] as number[]) {
      await expect(startBackend('wasm', { threads })).rejects.toThrow(/^options\.threads must be .*; received /)
      await expect(startBackend('wasm', { threads })).rejects.toThrow(ArgumentError)
    }
    await expect(startBackend('wasm', { precision: 'Fast' as 'fast' })).rejects.toThrow(
      'options.precision must be one of fast, exact; received "Fast"',
    )
  })

  it('keeps a wasm backend that runs, and does not change its threads under its tensors', async () => {
    const first = await startBackend('wasm', { threads: 2 })
    expect(first.threads).toBe(2)
    const x = tf.ones([3])
    expect((await startBackend('wasm')).threads).toBe(2)
    expect(Array.from(await x.data())).toEqual([1, 1, 1])
    await expect(startBackend('wasm', { threads: 4 })).rejects.toThrow('runs already, with 2 threads')
    // What the message says to do.
    tf.removeBackend('wasm')
    expect((await startBackend('wasm', { threads: 1 })).threads).toBe(1)
    expect(Array.from(await tf.add(1, [2, 3]).data())).toEqual([3, 4])
    await expect(x.data()).rejects.toThrow('backend wasm: was taken away or started again, and this tensor was lost')
    x.dispose()
  })

  it('starts once where it is called twice at the same time', async () => {
    if (tf.findBackendFactory('wasm')) tf.removeBackend('wasm')
    const [first, second, other] = await Promise.allSettled(
      [2, undefined, 3].map((threads) => startBackend('wasm', threads === undefined ? {} : { threads })),
    )
    expect(first).toMatchObject({ value: { threads: 2, description: `WebAssembly with SIMD, 2 threads; ${own}` } })
    expect(second).toMatchObject({ value: { threads: 2, description: expect.stringContaining('it ran already') } })
    expect(other).toMatchObject({ reason: { message: expect.stringContaining('runs already, with 2 threads') } })
  })

  it('says so where a backend was taken away that cannot be loaded twice', async () => {
    await startBackend('cpu')
    tf.removeBackend('cpu')
    await expect(startBackend('cpu')).rejects.toThrow(
      'backend cpu: tf.removeBackend has taken it away; start it in a new',
    )
  })

  it('keeps the backend that was active where another does not start', async () => {
    await startBackend('wasm')
    await expect(startBackend('tensorflow')).rejects.toThrow('is not installed')
    expect(tf.getBackend()).toBe('wasm')
    expect(Array.from(await tf.add(1, [2, 3]).data())).toEqual([3, 4])
  })
})

describe('startBackend of native TensorFlow', () => {
  it('says what to install where packages are absent', async () => {
    const { output } = await start(['tensorflow'])
    expect(output.name).toBe('BackendError')
    expect(output.message).toBe(
      'backend tensorflow: @tensorflow/tfjs-node-gpu is not installed; run: npm install @tensorflow/tfjs-node-gpu@4.22.0; ' +
        'or without a GPU: @tensorflow/tfjs-node is not installed; run: npm install @tensorflow/tfjs-node@4.22.0',
    )
  })

  it.each([
    ["throw Object.assign(new Error('libtensorflow.so.2: cannot open'), { code: 'ERR_DLOPEN_FAILED' })", 'do not load'],
    [
      "throw new Error('The Node.js native addon module (tfjs_binding.node) can not be found')",
      'install script failed',
    ],
    ["require('a-package-that-is-absent')", 'is installed but does not load: Cannot find'],
  ])('tells a broken package from an absent one: %s', async (code, problem) => {
    for (const name of ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu']) {
      install(name, '4.22.0', code)
      const { output } = await start(['tensorflow'])
      expect(output.name).toBe('BackendError')
      expect(output.message).toContain(`${name} is installed`)
      expect(output.message).toContain(problem)
      project.uninstall()
    }
  })

  it('puts the backend back that was active where the package fails after it has made itself active', async () => {
    install(
      '@tensorflow/tfjs-node',
      '4.22.0',
      `const tf = require('@tensorflow/tfjs-core')
       tf.registerBackend('tensorflow', () => { throw new Error('no such instruction') }, 3)
       tf.setBackend('tensorflow')
       throw new Error('Could not initialize TensorFlow backend.')`,
    )
    const { output } = await start(['tensorflow'])
    expect(output.message).toContain('does not load: Could not initialize')
    expect(output.active).not.toBe('tensorflow')
  })
})

describe('startBackend of webgpu', () => {
  it('says on one line that there is no adapter, and leaves nothing global', async () => {
    const { output, stderr } = await start(['webgpu'], { env: { VK_ICD_FILENAMES: '/none', LD_LIBRARY_PATH: '' } })
    expect(output).toMatchObject({ name: 'BackendError', backend: 'webgpu', isClean: true })
    expect(output.message).toMatch(/^backend webgpu: no adapter: this machine offers no GPU.*$/)
    expect(stderr).toBe('')
  })

  it.runIf(existsSync(softwareAdapter.VK_ICD_FILENAMES))(
    'starts on a software adapter, says so, and the process ends by itself',
    async () => {
      const { output } = await start(['webgpu'], { env: softwareAdapter })
      expect(output.started.description).toMatch(/^WebGPU on SwiftShader .* \(software: /)
      expect(output.value).toBe(201)
    },
  )

  it('names a graphics driver that ends the process', async () => {
    install('webgpu', '0.6.2', "exports.globals = {}\nexports.create = () => process.kill(process.pid, 'SIGSEGV')")
    const { output } = await start(['webgpu'])
    expect(output.message).toContain('asking for one ended a process by SIGSEGV, so the driver is broken')
  })
})

describe('the versions of packages', () => {
  const untouched = "throw new Error('was loaded')"

  it.each([
    ['@tensorflow/tfjs-backend-wasm', '4.20.0', 'wasm'],
    ['@tensorflow/tfjs-backend-wasm', '3.21.0', 'wasm'],
    ['@tensorflow/tfjs-backend-wasm', '5.0.0', 'wasm'],
    ['@tensorflow/tfjs-backend-cpu', '4.21.0', 'cpu'],
    ['@tensorflow/tfjs-layers', '4.19.0', 'wasm'],
    ['@tensorflow/tfjs-node', '4.20.0', 'tensorflow'],
    ['@tensorflow/tfjs-node-gpu', '4.20.0', 'tensorflow'],
  ])('refuses %s %s before it is loaded', async (name, version, backend) => {
    install(name, version, untouched)
    const { output } = await start([backend])
    expect(output).toMatchObject({ name: 'BackendError', backend })
    expect(output.message).toContain(
      `${name} ${version} is installed, wanted is 4.22.0, the version of @tensorflow/tfjs-core: ` +
        `all parts of tfjs must have one version; run: npm install ${name}@4.22.0`,
    )
  })

  it('refuses a webgpu that is too old', async () => {
    install('webgpu', '0.2.12', untouched)
    const { output } = await start(['webgpu'])
    expect(output.message).toBe(
      'backend webgpu: webgpu 0.2.12 is installed, wanted is >=0.3.0; run: npm install webgpu@latest',
    )
  })

  it('refuses a backend that would bring another version of tfjs-core', async () => {
    install('@tensorflow/tfjs-backend-wasm', '4.22.0', untouched)
    install('@tensorflow/tfjs-core', '4.20.0', untouched, '@tensorflow/tfjs-backend-wasm')
    const { output } = await start(['wasm'])
    expect(output.message).toMatch(
      /tfjs-backend-wasm would use @tensorflow\/tfjs-core 4\.20\.0 of .*start backend.*, wanted is 4\.22\.0/,
    )
    expect(output.message).toContain(
      'run: npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 && npm dedupe',
    )
  })

  it('refuses a tfjs-node whose tfjs would bring another version of tfjs-core', async () => {
    install('@tensorflow/tfjs-node', '4.22.0', untouched)
    install('@tensorflow/tfjs', '4.20.0', untouched, '@tensorflow/tfjs-node')
    install('@tensorflow/tfjs-core', '4.20.0', untouched, '@tensorflow/tfjs-node')
    const { output } = await start(['tensorflow'])
    expect(output.message).toContain('@tensorflow/tfjs-node would use @tensorflow/tfjs-core 4.20.0')
  })

  it('refuses a tfjs-core that is too old for this package', async () => {
    const core = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core')
    install(
      '@tensorflow/tfjs-core',
      '4.20.0',
      // Name by name, so that an ES module finds them; Node 24 adds a name that is none.
      `const core = require(${JSON.stringify(core)})
       ${Object.keys(tf)
         .filter((name) => name !== 'module.exports')
         .map((name) => `exports.${name} = core.${name}`)
         .join('\n')}
       exports.version_core = '4.20.0'`,
    )
    const { output } = await start(['wasm'])
    expect(output.message).toBe(
      'backend wasm: @tensorflow/tfjs-core 4.20.0 is installed, wanted is ^4.22.0; ' +
        'run: npm install @tensorflow/tfjs-core@^4.22.0',
    )
  })

  it('takes two copies of tfjs-core of one version, which share their engine', async () => {
    const home = join(project.folder, 'node_modules/@tensorflow/tfjs-core')
    const core = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core')
    cpSync(join(core, '../../package.json'), join(home, 'package.json'))
    cpSync(core, join(home, 'dist/tf-core.node.js'))
    const { output } = await start(['wasm', '2'])
    expect(output.started).toMatchObject({ name: 'wasm', threads: 2 })
    expect(output.value).toBe(201)
  })

  it('names a package whose backend is unknown to the engine that runs', async () => {
    install('@tensorflow/tfjs-backend-cpu', '4.22.0', 'exports.MathBackendCPU = class {}')
    const { output } = await start(['cpu'])
    expect(output.message).toContain('it belongs to another copy of tfjs-core; run: npm dedupe')
  })
})

describe('peakMemoryBytes', () => {
  it('is the peak of this process', () => {
    expect(peakMemoryBytes()).toBeGreaterThanOrEqual(process.memoryUsage.rss() * 0.9)
  })
})
