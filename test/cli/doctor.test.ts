import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { BackendDiagnosis, BackendExamination, CandidateName } from '../../src/node/index.js'
import { createProject, softwareAdapter } from '../node/programs.js'

const project = createProject('doctor')
const noAdapter = { VK_ICD_FILENAMES: '/none', LD_LIBRARY_PATH: '' }

/** Runs the command in a process of its own. */
function doctor(args: readonly string[], env: Record<string, string> = noAdapter, node: readonly string[] = []) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const command = [...node, join(project.folder, 'cli.js'), 'doctor', ...args]
    const options = { timeout: 120_000, env: { ...process.env, ...env } }
    execFile(process.execPath, command, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

/** The one JSON document on stdout. */
const diagnosisOf = ({ stdout }: { stdout: string }): BackendDiagnosis => JSON.parse(stdout) as BackendDiagnosis
const backend = ({ backends }: BackendDiagnosis, of: CandidateName): BackendExamination =>
  backends.find(({ name }) => name === of)!

beforeAll(() => project.bundle({ cli: 'src/cli/index.ts', examineProcess: 'src/node/backends/examineProcess.ts' }))
afterEach(() => project.uninstall())
afterAll(() => project.remove())

describe('doctor', () => {
  it('says what works, how quick it is, what is absent and why, as one JSON document', async () => {
    const run = await doctor(['--json'])
    expect(run.code).toBe(0)
    expect(run.stderr.trim().split('\n')).toEqual(
      ['tfjs-node-gpu', 'webgpu', 'tfjs-node', 'wasm', 'cpu'].map((name) => `examining ${name} ...`),
    )
    const diagnosis = diagnosisOf(run)
    expect(diagnosis.backends.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'tfjs-node-gpu absent',
      'webgpu unusable',
      'tfjs-node absent',
      'wasm works',
      'cpu works',
    ])
    expect(diagnosis.chosen).toBe('wasm')
    for (const name of ['wasm', 'cpu'] as const) {
      expect(backend(diagnosis, name).convolutionGflops).toBeGreaterThan(0)
      expect(backend(diagnosis, name).trainingGflops).toBeGreaterThan(0)
    }
    expect(backend(diagnosis, 'wasm').threads).toBe(Math.min(8, diagnosis.machine.cores))
    const fused = !process.versions.node.startsWith('20.')
    const { threads } = backend(diagnosis, 'wasm')
    expect(backend(diagnosis, 'wasm').kernels).toMatchObject({ threads, fused, precision: 'fast' })
    const withFMA = { what: 'in Node 22 or newer, whose WebAssembly has fused multiply-add (relaxed SIMD)' }
    expect(diagnosis.advice.filter(({ what }) => what === withFMA.what)).toEqual(fused ? [] : [withFMA])
    expect(backend(diagnosis, 'wasm').repairs).toContainEqual(
      expect.objectContaining({ backend: 'wasm', kernel: 'Conv2DBackpropFilter', reason: 'missing' }),
    )
    expect(backend(diagnosis, 'tfjs-node').reason).toContain('npm install @tensorflow/tfjs-node@4.22.0')
    expect(diagnosis.packages).toContainEqual({
      name: '@tensorflow/tfjs-backend-wasm',
      version: '4.22.0',
      wanted: '4.22.0',
    })
    expect(diagnosis.machine).toMatchObject({ node: process.versions.node, wasm: { simd: true, threads: true } })
    expect(diagnosis.advice).toContainEqual({
      what: 'native TensorFlow on the CPU',
      command: 'npm install @tensorflow/tfjs-node@4.22.0',
    })
  })

  it('survives a backend that crashes and one that hangs', async () => {
    project.install('@tensorflow/tfjs-node-gpu', '4.22.0', "console.error('loading CUDA'); for (;;);")
    project.install('@tensorflow/tfjs-node', '4.22.0', "process.kill(process.pid, 'SIGSEGV'); for (;;);")
    const diagnosis = diagnosisOf(await doctor(['--json', '--timeout', '8']))
    expect(backend(diagnosis, 'tfjs-node-gpu')).toEqual({
      name: 'tfjs-node-gpu',
      state: 'broken',
      reason: 'has not answered for 8 s and was given up; it said last: loading CUDA',
    })
    expect(backend(diagnosis, 'tfjs-node')).toEqual({
      name: 'tfjs-node',
      state: 'broken',
      reason: 'ended its process by SIGSEGV',
    })
  })

  it('finds wrong numbers and wrong versions', async () => {
    project.install(
      '@tensorflow/tfjs-node',
      '4.22.0',
      `const tf = require('@tensorflow/tfjs-core')
       const { MathBackendCPU } = require('@tensorflow/tfjs-backend-cpu')
       for (const kernel of tf.getKernelsForBackend('cpu')) {
         const kernelFunc = (args) => {
           if (kernel.kernelName === 'Conv2DBackpropInput') args.inputs.dy = args.inputs.filter
           return kernel.kernelFunc(args)
         }
         const wrong = (args) => tf.engine().runKernel('Neg', { x: kernel.kernelFunc(args) })
         const isWrong = kernel.kernelName === 'Conv2DBackpropFilter'
         tf.registerKernel({ ...kernel, backendName: 'tensorflow', kernelFunc: isWrong ? wrong : kernel.kernelFunc })
       }
       tf.registerBackend('tensorflow', () => new MathBackendCPU(), 3)
       tf.setBackend('tensorflow')`,
    )
    project.install('@tensorflow/tfjs-backend-wasm', '4.20.0', "throw new Error('was loaded')")
    const diagnosis = diagnosisOf(await doctor(['--json']))
    expect(backend(diagnosis, 'tfjs-node')).toMatchObject({
      state: 'broken',
      reason: "computes wrong numbers: a convolution's gradient of its filter",
    })
    expect(backend(diagnosis, 'wasm')).toMatchObject({
      state: 'broken',
      reason: expect.stringContaining('run: npm install @tensorflow/tfjs-backend-wasm@4.22.0'),
    })
    expect(diagnosis.packages.find(({ name }) => name === '@tensorflow/tfjs-backend-wasm')!.problem).toContain('4.20.0')
    expect(diagnosis.chosen).toBe('cpu')
  })

  it('fails where nothing works, and says why all the same', async () => {
    for (const name of ['wasm', 'cpu']) project.install(`@tensorflow/tfjs-backend-${name}`, '4.20.0', '')
    const run = await doctor([])
    expect(run.code).toBe(1)
    expect(run.stdout).toContain('--backend auto finds no backend here.')
    expect(run.stderr).toContain('esrgan-scnn doctor: no backend works here; standard output has the reasons')
  })

  it.runIf(existsSync(softwareAdapter.VK_ICD_FILENAMES))(
    'prints a table for people, and tells a software adapter from a GPU',
    async () => {
      const { code, stdout } = await doctor([], softwareAdapter)
      expect(code).toBe(0)
      expect(stdout).toMatch(/^webgpu +software +1 +\d/m)
      expect(stdout).toMatch(/^wasm +works +\d +[\d.]+ +[\d.]+$/m)
      expect(stdout).toMatch(/^ +own kernels: yes · \d threads? · FMA (yes|no) · precision fast$/m)
      expect(stdout).toContain('--backend auto takes wasm.')
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    },
  )

  it('refuses a time that is none', async () => {
    expect(await doctor(['--timeout', 'soon'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('seconds from 0.1 to 3600'),
    })
  })
})
