import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers'
import { expect, it, vi } from 'vitest'
import {
  adamUpdate,
  enableWasmTraining,
  finiteCheck,
  maxPool2x2,
  residualDenseBlock,
  restartWasm,
  standardise,
  wasmKernels,
  wasmPrecision,
} from '../../src/backend/index.js'
import { ownKernels } from '../../src/backend/ops/ownKernel.js'

it('tells how the kernels of this package compute, from the repair on', async () => {
  expect(wasmKernels()).toBeUndefined()
  await tf.setBackend('wasm')
  expect(wasmKernels()).toBeUndefined()
  enableWasmTraining()
  // Stock tfjs has one thread in Node; Node 20 has no relaxed SIMD.
  const fused = Number(process.versions.node.split('.')[0]) > 20
  const whyOneThread =
    "in Node tfjs has more only by startBackend('wasm') of esrgan-scnn/node, where cores and shared memory allow it"
  expect(wasmKernels()).toEqual({ threads: 1, fused, precision: 'fast', whyOneThread })
  enableWasmTraining({ precision: 'exact' })
  expect(wasmKernels()).toEqual({ threads: 1, fused, precision: 'exact', whyOneThread })
  tf.dispose(tf.conv2d(tf.ones<tf.Rank.R4>([1, 8, 8, 4]), tf.ones<tf.Rank.R4>([3, 3, 4, 4]), 1, 'same'))
  expect(wasmKernels()).toEqual({ threads: 1, fused, precision: 'exact', whyOneThread })
  await restartWasm()
  expect(wasmKernels()).toEqual({ threads: 1, fused, precision: 'exact', whyOneThread })
})

it('tells a page that is not cross-origin isolated which headers it lacks', () => {
  const { process } = globalThis
  vi.stubGlobal('process', undefined)
  try {
    vi.stubGlobal('crossOriginIsolated', false)
    expect(wasmKernels()!.whyOneThread).toBe(
      'the page is not cross-origin isolated: serve it with the headers Cross-Origin-Opener-Policy: same-origin and ' +
        'Cross-Origin-Embedder-Policy: require-corp',
    )
    vi.stubGlobal('crossOriginIsolated', true)
    expect(wasmKernels()!.whyOneThread).toContain('as it does after setWasmPath')
  } finally {
    vi.unstubAllGlobals()
  }
  expect(globalThis.process).toBe(process)
})

it('keeps its precision where the backend cannot be asked for it', async () => {
  enableWasmTraining({ precision: 'exact' })
  expect(() => enableWasmTraining({ precision: 'Fast' as 'fast' })).toThrow(
    'options.precision must be one of fast, exact; received "Fast"',
  )
  expect(wasmPrecision()).toBe('exact')
  const conv2d = tf.getKernel('Conv2D', 'wasm')!
  tf.unregisterKernel('Conv2D', 'wasm')
  expect(() => enableWasmTraining({ precision: 'fast' })).toThrow('import @tensorflow/tfjs-backend-wasm')
  tf.registerKernel(conv2d)
  expect(wasmPrecision()).toBe('exact')
  enableWasmTraining({ precision: 'fast' })
  enableWasmTraining()
  expect(wasmPrecision()).toBe('fast')
})

it('leaves convolutions to tfjs, and says so, where the engine does not compile modules of this size at once', async () => {
  const { Module } = WebAssembly
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      if (bytes.byteLength > 4096) throw new RangeError('WebAssembly.Module is disallowed on the main thread')
      super(bytes)
    }
  }
  try {
    // As on an engine that has been so from the start.
    for (const name of Object.values(ownKernels)) tf.unregisterKernel(name, 'wasm')
    await restartWasm()
    enableWasmTraining()
    const left = Object.entries(ownKernels).flatMap(([name, kernel]) => (tf.getKernel(kernel, 'wasm') ? [name] : []))
    expect(left).toEqual(['adam', 'leakyReluGrad'])
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 8, 8, 4]), tf.ones<tf.Rank.R4>([3, 3, 4, 4])]
    const gradients = tf.grads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'))([x, filter])
    const found = [tf.conv2d(x, filter, 1, 'same'), ...gradients]
    expect(found.map((tensor) => tensor.dataSync()[0])).toEqual([16, 16, 49])
    const m = tf.ones([40_000])
    const numbers = { beta1: 0.5, beta2: 0.5, scale: 1, root: 1, epsilon: 1 }
    const others = [
      residualDenseBlock(x, [filter], [tf.ones([4])], { scale: 0.5 }),
      standardise(x),
      tf.grad((t) => maxPool2x2(t as tf.Tensor4D))(x),
      finiteCheck([x]),
      ...adamUpdate({ weight: m, m, v: m, gradient: m }, numbers),
    ]
    expect(others.map((tensor) => tensor.dataSync()[0])).toEqual([1 + 0.5 * 17, 0, 1, 256, 0.5, 1, 1])
    expect(wasmKernels()).toBeUndefined()
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      "backend wasm: runs without this package's convolutions, as WebAssembly.Module is disallowed on the main thread",
    ])
    tf.dispose([x, filter, m, ...found, ...others])
    tf.removeBackend('wasm')
    expect(wasmKernels()).toBeUndefined()
  } finally {
    WebAssembly.Module = Module
    warn.mockRestore()
  }
})
