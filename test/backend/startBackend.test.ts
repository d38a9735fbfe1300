import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { peakMemoryBytes, startBackend, type BackendName } from '../../src/node/backend.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
// A space in the path is part of the test.
const folder = join(root, `node_modules/.cache/start backend ${process.pid}`)

/** Two programs, one for each module system, that start the backend named on the command line and use it. */
const program = `
import { add, matMul, ones, engine } from '@tensorflow/tfjs-core'
import { startBackend } from '${join(root, 'src/node/backend.js').replace(/js$/, 'ts')}'
const main = async () => {
  const before = [process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection'), 'Worker' in globalThis]
  const threads = process.argv[3]
  const started = await startBackend(process.argv[2], threads ? { threads: Number(threads) } : {})
  const product = matMul(ones([300, 200]), ones([200, 300]))
  const again = await startBackend(process.argv[2])
  const values = await add(product, 1).data()
  const after = [process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection'), 'Worker' in globalThis]
  console.log(JSON.stringify({ started, again, value: values[89999], isClean: before.join() === after.join() }))
}
main().catch((error) => { console.log(JSON.stringify({ name: error.name, message: error.message })) })
`

interface Output {
  started: { name: string; threads: number; description: string }
  again: { threads: number }
  value: number
  isClean: boolean
  name: string
  message: string
}

/** Runs the program in its own process; the process has to end by itself. */
async function run(file: string, args: string[], options: string[] = []): Promise<{ output: Output; stderr: string }> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...options, file, ...args], {
    timeout: 30_000,
    cwd: folder,
  })
  return { output: JSON.parse(stdout.trim().split('\n').at(-1)!) as Output, stderr }
}

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  for (const [format, extension] of [
    ['esm', 'mjs'],
    ['cjs', 'cjs'],
  ] as const) {
    await build({
      stdin: { contents: program, resolveDir: root, loader: 'ts' },
      outfile: join(folder, `program.${extension}`),
      bundle: true,
      platform: 'node',
      format,
      target: 'node20',
      logLevel: 'error',
      external: ['@tensorflow/*', 'webgpu'],
      // As tsup's shims do.
      ...(format === 'cjs'
        ? {
            define: { 'import.meta.url': 'importMetaURL' },
            banner: { js: "const importMetaURL = require('node:url').pathToFileURL(__filename).href" },
          }
        : {}),
    })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('startBackend', () => {
  it.each(['mjs', 'cjs'])(
    'starts threaded wasm with no set-up, and the process ends by itself (%s)',
    async (extension) => {
      const { output, stderr } = await run(join(folder, `program.${extension}`), ['wasm', '3'])
      expect(output.started).toEqual({ name: 'wasm', threads: 3, description: 'WebAssembly with SIMD, 3 threads' })
      expect(output.again.threads).toBe(3)
      expect(output.value).toBe(201)
      expect(output.isClean).toBe(true)
      expect(stderr).toBe('')
    },
  )

  it('takes at most the eight threads of the stock build', async () => {
    const { output } = await run(join(folder, 'program.mjs'), ['wasm', '11'])
    expect(output.started.threads).toBe(8)
    expect(output.value).toBe(201)
  })

  it('runs wasm with one thread where it was asked for', async () => {
    const { output } = await run(join(folder, 'program.mjs'), ['wasm', '1'])
    expect(output.started.threads).toBe(1)
    expect(output.value).toBe(201)
  })

  it('falls back to one thread where workers are forbidden, and says why', async () => {
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
    const { output, stderr } = await run(join(folder, 'program.mjs'), ['wasm', '2'], [flag, '--allow-fs-read=*'])
    expect(output.started.threads).toBe(1)
    expect(output.value).toBe(201)
    expect(stderr).toContain('runs with one thread only, as ')
  })

  it('warns that cpu is slow', async () => {
    const { output, stderr } = await run(join(folder, 'program.mjs'), ['cpu'])
    expect(output.started.name).toBe('cpu')
    expect(stderr).toContain('backend cpu: plain JavaScript')
  })

  it('says what to install where packages are absent', async () => {
    const { output } = await run(join(folder, 'program.mjs'), ['tensorflow'])
    expect(output.name).toBe('BackendError')
    expect(output.message).toContain('npm install @tensorflow/tfjs-node')
  })

  it.each([
    ["throw Object.assign(new Error('libtensorflow.so.2: cannot open'), { code: 'ERR_DLOPEN_FAILED' })", 'do not load'],
    [
      "throw new Error('The Node.js native addon module (tfjs_binding.node) can not be found')",
      'install script failed',
    ],
    ["require('a-package-that-is-absent')", 'is installed but does not load: Cannot find'],
  ])('tells a broken tfjs-node from an absent one: %s', async (source, problem) => {
    const broken = join(folder, 'node_modules/@tensorflow/tfjs-node')
    mkdirSync(broken, { recursive: true })
    writeFileSync(join(broken, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node', main: 'index.js' }))
    writeFileSync(join(broken, 'index.js'), source)
    const { output } = await run(join(folder, 'program.mjs'), ['tensorflow'])
    rmSync(broken, { recursive: true })
    expect(output.name).toBe('BackendError')
    expect(output.message).toContain('@tensorflow/tfjs-node is installed')
    expect(output.message).toContain(problem)
  })

  it('starts webgpu, or says that there is no adapter', async () => {
    const { output } = await run(join(folder, 'program.mjs'), ['webgpu'])
    if (output.name === undefined) expect(output.value).toBe(201)
    else expect(output.message).toContain('no adapter')
  })

  it('refuses unknown names and thread counts', async () => {
    await expect(startBackend('opencl' as BackendName)).rejects.toThrow(
      'name must be one of wasm, cpu, webgpu, tensorflow; received "opencl"',
    )
    await expect(startBackend('wasm', { threads: 0 })).rejects.toThrow(ArgumentError)
  })

  it('keeps a wasm backend that runs, and does not change its threads under its tensors', async () => {
    const first = await startBackend('wasm', { threads: 2 })
    expect(first.threads).toBe(2)
    const x = tf.ones([3])
    expect((await startBackend('wasm')).threads).toBe(2)
    expect(Array.from(await x.data())).toEqual([1, 1, 1])
    await expect(startBackend('wasm', { threads: 4 })).rejects.toThrow('runs already, with 2 threads')
    x.dispose()
  })
})

describe('peakMemoryBytes', () => {
  it('is the peak of this process', () => {
    expect(peakMemoryBytes()).toBeGreaterThanOrEqual(process.memoryUsage.rss() * 0.9)
  })
})
