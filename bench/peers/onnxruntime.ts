import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { convKernelToOIHW } from '../../src/weights/index.js'
import type { GeneratorSpec } from '../rows.js'
import { readTensors } from '../tensorFolder.js'
import { serve } from '../worker.js'
import { generatorModel, type OnnxProto, type Weight } from './onnxModel.js'

/** Where onnxruntime-node is, or why it is not. */
export type OnnxRuntimePackage = { readonly folder: string } | { readonly reason: string }

/** What is used of the package `onnxruntime-node`. */
interface OnnxRuntime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => object
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{ run(feeds: object): Promise<{ sr: { data: Float32Array } }> }>
  }
}

/**
 * Installs onnxruntime-node into `bench/onnxruntime` where it is not there yet. Its install script, which would fetch
 * CUDA's files, is left out: the CPU's are in the package.
 */
export async function installOnnxRuntime(): Promise<OnnxRuntimePackage> {
  const folder = resolve('bench/onnxruntime')
  if (existsSync(join(folder, 'node_modules/onnxruntime-node/package.json'))) return { folder }
  console.error('installing onnxruntime-node into bench/onnxruntime')
  try {
    await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      timeout: 300_000,
    })
    return { folder }
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    const line = stderr.split('\n').find((text) => text.includes('npm error')) ?? message.split('\n')[0]
    return { reason: `its installation failed: ${line}` }
  }
}

/** `[batch, height, width, channels]` to `[batch, channels, height, width]`, or back with `height` and `channels` exchanged. */
function toNCHW(data: Float32Array, [batch = 1, height = 1, width = 1, channels = 1]: readonly number[]): Float32Array {
  const result = new Float32Array(data.length)
  const pixels = height * width
  for (let n = 0, from = 0; n < batch; n++) {
    for (let p = 0; p < pixels; p++) {
      for (let c = 0; c < channels; c++) result[(n * channels + c) * pixels + p] = data[from++]!
    }
  }
  return result
}

/** The process that runs a generator in onnxruntime. */
export async function serveOnnxRuntime(): Promise<void> {
  let run: (() => Promise<Float32Array>) | undefined
  await serve({
    async setup({ spec, folder, threads, package: home }) {
      const load = createRequire(join(home as string, 'package.json'))
      const { InferenceSession, Tensor } = load('onnxruntime-node') as OnnxRuntime
      const given = readTensors(folder as string, 'given')
      const lr = given.get('lr')!
      const weights = new Map<string, Weight>()
      for (const [name, weight] of given) {
        if (name === 'lr' || name === 'hr') continue
        weights.set(name, weight.shape.length === 4 ? convKernelToOIHW(weight) : weight)
      }
      const model = generatorModel(load('onnx-proto') as OnnxProto, spec as GeneratorSpec, weights)
      const session = await InferenceSession.create(model, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
      })
      const [batch = 1, height = 1, width = 1, channels = 1] = lr.shape
      const feeds = { lr: new Tensor('float32', toNCHW(lr.data, lr.shape), [batch, channels, height, width]) }
      run = async () => (await session.run(feeds)).sr.data

      const { shape, data } = readTensors(folder as string, 'result').get('result')!
      const expected = toNCHW(data, shape)
      const actual = await run()
      if (actual.length !== expected.length) throw new Error(`it has ${actual.length} values, ours ${expected.length}`)
      let difference = 0
      let largest = 0
      for (let i = 0; i < expected.length; i++) {
        const each = Math.abs(actual[i]! - expected[i]!)
        if (!(each <= difference)) difference = each
        largest = Math.max(largest, Math.abs(expected[i]!))
      }
      const parameters = [...weights.values()].reduce((sum, weight) => sum + weight.data.length, 0)
      const { version } = load('onnxruntime-node/package.json') as { version: string }
      return { version, parameters, difference: difference / largest }
    },
    async run({ times }) {
      if (run === undefined) throw new Error('setup comes first')
      const before = process.cpuUsage()
      const start = performance.now()
      for (let i = 0; i < (times as number); i++) await run()
      const ms = (performance.now() - start) / (times as number)
      const { user, system } = process.cpuUsage(before)
      return {
        ms,
        cpuMs: (user + system) / 1e3 / (times as number),
        peakMB: (process.resourceUsage().maxRSS * 1024) / 1e6,
      }
    },
  })
}
