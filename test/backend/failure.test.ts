import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProject, type Project } from '../node/programs.js'

/** Fills the heap but for the kernel's output, so that its C code gets no memory; then uses the backend further. */
const program = `
import * as tf from '@tensorflow/tfjs-core'
import { restartWasm, backendRepairs, wasmFailure } from './src/backend/index.ts'
import { forceAlgorithm } from './src/backend/wasm/native/choice.ts'
import { startBackend } from './src/node/index.ts'
const [name, threads, left] = process.argv.slice(2)
// By C code: this package's own kernels ask for all their memory before they start.
if (!process.argv.includes('own')) forceAlgorithm('composed')
const ones = tf.ones
const calls = {
  conv2d: () => { const [x, f] = [ones([1, 64, 64, 64]), ones([3, 3, 64, 64])]; return () => tf.conv2d(x, f, 1, 'same') },
  matMul: () => { const [a, b] = [ones([1, 4, 2048]), ones([1, 2048, 1024])]; return () => tf.matMul(a, b) },
  // XNNPACK only prints a warning here, and stock tfjs returns what lay in memory.
  depthwise: () => { const [x, f] = [ones([1, 64, 64, 64]), ones([3, 3, 64, 1])]; return () => tf.depthwiseConv2d(x, f, 1, 'same') },
}
const attempt = (run) => { try { return String(run()) } catch (error) { return error.name + ': ' + error.message } }
const main = async () => {
  await startBackend('wasm', { threads: Number(threads), precision: 'exact' })
  const { wasm } = tf.backend()
  const kept = tf.tensor1d([1, 2, 3])
  const call = calls[name]()
  // Room for the output only.
  const room = wasm._malloc(Number(left) + 4096)
  for (let size = 2 ** 28; size >= 2 ** 12; ) {
    try { wasm._malloc(size) } catch { size /= 2 }
  }
  wasm._free(room)
  const before = tf.memory().numTensors
  const first = attempt(() => { const y = call(); return y.dataSync()[0] })
  const leakedAtOnce = tf.memory().numTensors - before
  const later = [() => tf.add(kept, 1), () => tf.tensor1d([1]), () => kept.dataSync(), () => tf.tidy(() => tf.square(kept))].map(attempt)
  const leaked = tf.memory().numTensors - before
  const asynchronous = await kept.data().catch((error) => error.name)
  if (process.argv.includes('own')) {
    console.log(JSON.stringify({ first, later, leaked: leakedAtOnce, isFailed: wasmFailure() !== undefined }))
    return
  }
  kept.dispose()
  if (process.argv[5]) await startBackend('wasm', { threads: Number(threads) })
  else await restartWasm()
  const again = Array.from(await tf.add(tf.tensor1d([1, 2]), 1).data())
  const gradient = tf.grad((x) => tf.sum(tf.conv2d(x, tf.ones([3, 3, 2, 2]), 1, 'same')))(tf.ones([1, 4, 4, 2]))
  const sum = (await tf.sum(gradient).data())[0]
  console.log(JSON.stringify({ first, later, leaked, asynchronous, again, sum, repairs: backendRepairs().length, heap: tf.backend().wasm.HEAPU8.length }))
}
main().catch((error) => { console.log(JSON.stringify({ error: error.stack })) })
`

interface Output {
  error?: string
  first: string
  later: string[]
  leaked: number
  asynchronous: string
  again: number[]
  sum: number
  repairs: number
  heap: number
  isFailed: boolean
}

let project: Project
beforeAll(async () => {
  project = createProject('wasm failure')
  await project.write('program.mjs', program)
})
afterAll(() => project.remove())

describe('a wasm kernel whose C code gets no memory', () => {
  it.each([
    { name: 'conv2d', threads: 1, output: 2 ** 20, kernel: 'Conv2D' },
    { name: 'conv2d', threads: 2, output: 2 ** 20, kernel: 'Conv2D' },
    { name: 'matMul', threads: 2, output: 2 ** 14, kernel: 'BatchMatMul' },
    { name: 'depthwise', threads: 1, output: 2 ** 20, kernel: 'DepthwiseConv2dNative' },
  ])(
    'is fatal, named, and can be started again: $name with $threads threads',
    async ({ name, threads, output: bytes, kernel }) => {
      const { output } = await project.run<Output>('program.mjs', [
        name,
        String(threads),
        String(bytes),
        ...(name === 'matMul' ? ['startBackend'] : []),
      ])
      expect(output.error).toBeUndefined()
      expect(output.first).toContain('BackendFailedError: backend wasm: its code ')
      expect(output.first).toContain(` in ${kernel}, and its memory is not to be trusted`)
      for (const message of output.later) expect(message).toBe(output.first)
      expect(output.leaked).toBe(0)
      expect(output.asynchronous).toBe('BackendFailedError')
      expect(output.again).toEqual([2, 3])
      expect(output.sum).toBe(10 * 10 * 2 * 2)
      expect(output.repairs).toBeGreaterThan(10)
      expect(output.heap).toBeLessThan(2 ** 30)
    },
  )
})

describe('a kernel of this package that gets no memory', () => {
  it.each([
    { name: 'conv2d', output: 2 ** 20 },
    { name: 'matMul', output: 2 ** 14 },
  ])('leaves the backend as it was: $name', async ({ name, output: bytes }) => {
    const { output } = await project.run<Output>('program.mjs', [name, '2', String(bytes), 'own'])
    expect(output.error).toBeUndefined()
    expect(output.first).toContain('OutOfMemoryError: backend wasm: no room for a tensor of ')
    expect(output.later[2]).toBe('1,2,3')
    expect(output.leaked).toBe(0)
    expect(output.isFailed).toBe(false)
  })
})
