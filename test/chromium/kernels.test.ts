import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it, vi } from 'vitest'
import { enableWasmTraining, repairBackend, restartWasm, wasmKernels } from '../../src/backend/index.js'
import { wasmBackend } from '../../src/backend/wasm/backend.js'
import { threadedKernels } from '../../src/backend/wasm/native/threaded.js'
import { startInBrowser } from '../conformance/startInBrowser.js'
import { convolution, convolutionGradients } from '../conformance/truth/convolution.js'
import { uniform } from '../conformance/truth/values.js'
import { expectClose } from '../helpers/tensors.js'

// Runs on a page that is cross-origin isolated, which has threads, and on one that is not.
const threads = crossOriginIsolated ? 2 : 1

beforeAll(async () => {
  await startInBrowser({ id: 'page', name: 'wasm', where: 'Chromium', threads })
  repairBackend()
})

const x = uniform('x', [2, 21, 18, 24])
const filter = uniform('filter', [3, 3, 24, 40])
const dy = uniform('dy', [2, 21, 18, 40])

const tensor = ({ shape, data }: typeof x): tf.Tensor4D =>
  tf.tensor(Float32Array.from(data), [...shape] as [number, number, number, number])

/** A convolution and its gradients, each against float64. */
async function expectRight(tolerance = 2e-5): Promise<void> {
  const [a, b, c] = [x, filter, dy].map(tensor) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
  const y = tf.conv2d(a, b, 1, 'same')
  const [dx, dFilter] = tf.grads((p, q) => tf.conv2d(p as tf.Tensor4D, q as tf.Tensor4D, 1, 'same'))([a, b], c)
  const truth = [convolution(x, filter), ...convolutionGradients(dy, x, filter)]
  for (const [i, found] of [y, dx!, dFilter!].entries()) {
    const { data } = truth[i]!
    const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expectClose(
      (await found.data()).map((value) => value / scale),
      data.map((value) => value / scale),
      tolerance,
    )
  }
  tf.dispose([a, b, c, y, dx!, dFilter!])
}

const kernels = () => threadedKernels(wasmBackend()!)!
const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

it('convolutions and their gradients are right, on every thread', async () => {
  const whyOneThread = expect.stringContaining('not cross-origin isolated: serve it with the headers')
  expect(wasmKernels()).toEqual({ threads, fused: true, precision: 'fast', ...(threads === 1 && { whyOneThread }) })
  await expectRight()
  // A page starts its threads when it comes to rest.
  for (let i = 0; i < 500 && kernels().tasksDone().includes(0); i++) {
    await pause()
    await expectRight()
  }
  const done = kernels().tasksDone()
  expect(done.length).toBe(threads)
  expect(Math.min(...done)).toBeGreaterThan(0)
})

it('the exact kernels are more so', async () => {
  enableWasmTraining({ precision: 'exact' })
  await expectRight(2e-6)
  enableWasmTraining({ precision: 'fast' })
})

it('they work in a worker of the page too', async () => {
  const worker = new Worker(new URL('kernelsInWorker.ts', import.meta.url), { type: 'module' })
  const { value, tasks } = await new Promise<{ value: number; tasks: number[] }>((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data))
    worker.addEventListener('error', ({ message }) => reject(new Error(message)))
  })
  expect(value).toBe(9 * 32)
  expect(tasks.length).toBe(threads)
  expect(Math.min(...tasks)).toBeGreaterThan(0)
  worker.terminate()
})

it('a heap that starts again has its own threads', async () => {
  const before = kernels()
  await restartWasm()
  await expectRight()
  expect(kernels()).not.toBe(before)
  expect(kernels().threads).toBe(threads)
})

async function expectOneOnSharedMemory(): Promise<void> {
  setThreadsCount(1)
  await restartWasm()
  await expectRight()
  expect(wasmBackend()!.wasm.wasmMemory!.buffer).toBeInstanceOf(SharedArrayBuffer)
  const whyOneThread = expect.stringContaining('setThreadsCount')
  expect(wasmKernels()).toEqual({ threads: 1, fused: true, precision: 'fast', whyOneThread })
  setThreadsCount(threads)
}

async function expectOthersToGoOn(): Promise<void> {
  await restartWasm()
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const policy = document.createElement('meta')
  policy.httpEquiv = 'Content-Security-Policy'
  policy.content = "worker-src 'self'"
  document.head.append(policy)
  await expectRight()
  for (let i = 0; i < 500 && kernels().running() === threads; i++) await pause()
  await expectRight()
  expect(wasmKernels()).toMatchObject({ threads: 1, whyOneThread: expect.stringContaining('the others of 2') })
  expect(kernels().tasksDone()[1]).toBe(0)
  expect(warn).toHaveBeenCalledWith(
    'backend wasm: convolutions run with 1 of 2 threads, as one ended: the browser refused its script',
  )
  warn.mockRestore()
}

if (crossOriginIsolated) it('one thread works on shared memory too', expectOneOnSharedMemory)

// The last one: the page keeps its policy.
if (crossOriginIsolated) it('a page whose policy allows no such worker is told so, and goes on', expectOthersToGoOn)
