import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProject, type Project } from '../node/programs.js'

/** What threads do wrong: the text that takes the place of their work. The gate is the control block's word 32. */
const inside = 'Atomics.add(new Int32Array(memory.buffer), control / 4 + 32, 1)'
/** A module whose only function, `f`, is `unreachable`. */
const trap = 'AGFzbQEAAAABBAFgAAADAgEABwUBAWYAAAoFAQMAAAs='
const works: Readonly<Record<string, string>> = {
  // Ends in the middle of a task, as if it had been terminated.
  dies: `${inside}; process.exit(3)`,
  // Never ends its task.
  hangs: `${inside}; for (;;);`,
  traps: `${inside}; new WebAssembly.Instance(new WebAssembly.Module(Buffer.from('${trap}', 'base64'))).exports.f()`,
  'does not start': '',
  'is refused': '',
}

const program = `
import { existsSync, readdirSync } from 'node:fs'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import * as tf from '@tensorflow/tfjs-core'
import { restartWasm, wasmFailure, wasmKernels } from './src/backend/index.ts'
import { forceAlgorithm } from './src/backend/wasm/native/choice.ts'
import { threadedKernels } from './src/backend/wasm/native/threaded.ts'
import { createRandom } from './src/random.ts'
import { startBackend } from './src/node/index.ts'
const works = ${JSON.stringify(works)}
const [mode, threads] = process.argv.slice(2)
const builtin = process.getBuiltinModule('node:worker_threads')
const workers = []
let isMended = false
// tfjs's own workers pass; ours are told by their name.
builtin.Worker = class extends Worker {
  constructor(source, options) {
    const isOurs = options?.name === 'esrgan-scnn'
    const mode = isMended ? 'work' : process.argv[2]
    if (isOurs && mode === 'is refused') throw new Error('no threads are left')
    let text = source
    if (isOurs && mode === 'does not start') text = 'throw new Error("no room for a thread")'
    else if (isOurs && mode in works) text = source.replace('work(control, thread, spins)', works[mode])
    super(text, options)
    if (isOurs) workers.push(this)
  }
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const kernels = () => threadedKernels(tf.backend())
/** A convolution of ones, whose inner pixels are 9 * 32. */
const convolve = (side = 64) => tf.tidy(() => tf.conv2d(tf.ones([1, side, side, 32]), tf.ones([3, 3, 32, 32]), 1, 'same').dataSync()[side * 32 * 2 + 64])
const attempt = (run) => { try { return run() } catch (error) { return error.name + ': ' + error.message } }
const native = () => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0)
const modes = {
  async work() {
    const planned = wasmKernels()
    const before = workers.length
    const value = convolve()
    for (let i = 0; i < 5000 && kernels().tasksDone().includes(0); i++) convolve()
    return { planned, before, started: workers.length, value, tasks: kernels().tasksDone(), running: wasmKernels().threads }
  },
  async bits() {
    const random = createRandom(1, 'threads')
    const draw = (...shape) => tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()), shape)
    const x = draw(2, 37, 41, 24)
    const convolutions = [[3, 1], [3, 2], [5, 1], [1, 1]].map(([size, strides]) => [draw(size, size, 24, 40), strides])
    const [a, b] = [draw(90, 300), draw(300, 70)]
    /** A checksum of every bit that one way of computing gives. */
    const checksum = () => {
      const results = tf.tidy(() => [
        ...convolutions.flatMap(([filter, strides]) => {
          const convolve = (p, q) => tf.conv2d(p, q, strides, 'same')
          return [convolve(x, filter), ...tf.grads(convolve)([x, filter])]
        }),
        tf.matMul(a, b),
      ])
      let sum = 0
      for (const result of results) for (const word of new Int32Array(result.dataSync().buffer)) sum = (Math.imul(sum, 31) + word) | 0
      tf.dispose(results)
      return sum
    }
    const checksums = {}
    for (const way of ['winograd4', 'winograd2', 'direct']) {
      forceAlgorithm(way)
      const found = new Set()
      for (let i = 0; i < 20 || (i < 500 && kernels().tasksDone().includes(0)); i++) found.add(checksum())
      checksums[way] = [...found]
    }
    return { checksums, tasks: kernels().tasksDone() }
  },
  async exit() {
    const { output } = await modes.work()
    console.log(JSON.stringify({ output }))
    process.exit(0)
  },
  async restart() {
    const counts = []
    const heaps = []
    for (let i = 0; i < 12; i++) {
      convolve()
      // Touches memory that would stay with a heap that is kept.
      tf.tidy(() => tf.ones([2 ** 24]).dataSync()[5])
      await restartWasm()
      for (let k = 0; k < 200 && native() > (counts[0] ?? 0); k++) { await pause(10); if (i === 0) break }
      globalThis.gc()
      counts.push(native())
      heaps.push(process.memoryUsage().rss / 2 ** 20)
    }
    convolve()
    const value = convolve()
    tf.removeBackend('wasm')
    for (let k = 0; k < 500 && workers.some(({ threadId }) => threadId !== -1); k++) await pause(10)
    return { counts, heaps, value, alive: workers.filter(({ threadId }) => threadId !== -1).length, started: workers.length }
  },
  async long() {
    convolve()
    kernels().timeout = 1
    const a = tf.fill([3, 400, 400], 0.5)
    const sums = new Set()
    // Each product is a task: one thread waits for the other's last, much longer than a millisecond.
    for (let i = 0; i < 40; i++) sums.add(attempt(() => tf.tidy(() => tf.matMul(a, a, true).dataSync()[0])))
    return { sums: [...sums] }
  },
  async terminated() {
    convolve()
    const before = kernels().running()
    await workers[0].terminate()
    await pause(20)
    return { before, after: wasmKernels().threads, value: convolve() }
  },
  async inner() {
    const inner = new Worker(process.argv[1], { argv: ['loop', threads] })
    const tasks = await new Promise((resolve, reject) => { inner.once('message', resolve); inner.once('error', reject) })
    // In the middle of its convolutions.
    await inner.terminate()
    return { tasks }
  },
  async 'exit inside'() {
    const inner = new Worker(process.argv[1], { argv: ['loop', threads] })
    const tasks = await new Promise((resolve, reject) => { inner.once('message', resolve); inner.once('error', reject) })
    console.log(JSON.stringify({ tasks }))
    process.exit(0)
  },
  async loop() {
    while (kernels() === undefined || kernels().tasksDone().includes(0)) convolve()
    parentPort.postMessage(kernels().tasksDone())
    for (;;) convolve()
  },
  async fail() {
    // The table may leave small ones to tfjs's kernels.
    forceAlgorithm('winograd4')
    convolve(8)
    kernels().timeout = 200
    // A thread that hangs says nothing: the first convolution that it keeps waiting fails.
    if (mode === 'hangs') while (wasmFailure() === undefined) { attempt(() => convolve(8)); await pause(5) }
    else while (kernels().running() === Number(threads)) await pause(5)
    const first = attempt(convolve)
    const second = attempt(convolve)
    const isFailed = wasmFailure() !== undefined
    const running = kernels().running()
    isMended = true
    await restartWasm()
    const value = convolve()
    for (let k = 0; k < 500 && workers.slice(0, -1).some(({ threadId }) => threadId !== -1); k++) await pause(10)
    const alive = workers.slice(0, -1).filter(({ threadId }) => threadId !== -1).length
    return { first, second, isFailed, running, value, alive, again: wasmKernels().threads }
  },
}
const main = async () => {
  await startBackend('wasm', { threads: Number(threads) })
  const result = await (mode in works ? modes.fail : modes[mode])()
  console.log(JSON.stringify(result))
}
main().catch((error) => { console.log(JSON.stringify({ error: error.stack })) })
`

interface Output {
  error?: string
  planned: object
  before: number
  after: number
  started: number
  alive: number
  value: number
  tasks: number[]
  running: number
  counts: number[]
  heaps: number[]
  sums: (number | string)[]
  first: number | string
  second: number | string
  isFailed: boolean
  again: number
  checksums: Record<string, number[]>
}

let project: Project
beforeAll(async () => {
  project = createProject('wasm threads')
  await project.write('program.mjs', program)
})
afterAll(() => project.remove())

/** Runs the program, which has to end by itself and in good time. */
async function run(mode: string, threads: number, node: readonly string[] = [], env: Record<string, string> = {}) {
  const { output, stderr } = await project.run<Output>('program.mjs', [mode, String(threads)], { node, env })
  expect(output.error).toBeUndefined()
  return { ...output, stderr }
}

describe('the threads of the kernels', () => {
  it.each([1, 2, 3])('%i: start with the first convolution, take part, and let the process end', async (threads) => {
    const { planned, before, started, value, tasks, running, stderr } = await run('work', threads)
    expect(planned).toMatchObject({ threads, precision: 'fast' })
    expect([before, started, running]).toEqual([0, threads - 1, threads])
    expect(value).toBe(9 * 32)
    expect(tasks.length).toBe(threads)
    expect(Math.min(...tasks)).toBeGreaterThan(0)
    expect(stderr).toBe('')
  })

  it('change no bit, whoever takes which task', async () => {
    const [one, two, three] = await Promise.all([1, 2, 3].map((threads) => run('bits', threads)))
    // The same twenty times, and with any number of threads.
    for (const sums of Object.values(one!.checksums)) expect(sums).toHaveLength(1)
    expect(two!.checksums).toEqual(one!.checksums)
    expect(three!.checksums).toEqual(one!.checksums)
    expect(Math.min(...two!.tasks, ...three!.tasks)).toBeGreaterThan(0)
  })

  it('load nothing that the process was told to load', async () => {
    await project.write('loaded.cjs', 'if (require("node:worker_threads").workerData?.control) process.exit(9)')
    const { tasks, stderr } = await run('work', 2, [], { NODE_OPTIONS: `--require "${project.folder}/loaded.cjs"` })
    expect(Math.min(...tasks)).toBeGreaterThan(0)
    expect(stderr).toBe('')
  })

  it('end with the process that exits', async () => {
    expect((await run('exit', 2)).stderr).toBe('')
  })

  it.each(['inner', 'exit inside'])('end with a worker that is ended at work (%s)', async (mode) => {
    const { tasks, stderr } = await run(mode, 2)
    expect(tasks.every((count) => count > 0)).toBe(true)
    expect(stderr).toBe('')
  })

  it('end with the backend, and with them its memory', async () => {
    const { counts, heaps, value, alive, started, stderr } = await run('restart', 2, ['--expose-gc'])
    expect(value).toBe(9 * 32)
    expect(started).toBe(13)
    expect(alive).toBe(0)
    expect(Math.max(...counts.slice(2))).toBeLessThanOrEqual(counts[1]!)
    // Each heap has held 64 MiB and more.
    expect(heaps.at(-1)! - heaps[2]!).toBeLessThan(150)
    expect(stderr).toBe('')
  })

  it('are waited for where tasks are long', async () => {
    const { sums, stderr } = await run('long', 2)
    expect(sums).toEqual([100])
    expect(stderr).toBe('')
  })

  it('go on without one that was terminated at rest, and say so', async () => {
    const { before, after, value, stderr } = await run('terminated', 3)
    expect([before, after, value]).toEqual([3, 2, 9 * 32])
    expect(stderr).toMatch(/backend wasm: convolutions run with 2 of 3 threads, as one ended: exit code \d/)
  })

  it.each([
    ['is refused', 'no threads are left'],
    ['does not start', 'no room for a thread'],
  ])('go on without one that %s, and say so', async (mode, reason) => {
    const { first, isFailed, running, stderr } = await run(mode, 2)
    expect([first, isFailed, running]).toEqual([9 * 32, false, 1])
    expect(stderr).toContain(`backend wasm: convolutions run with 1 of 2 threads, as one ended: ${reason}`)
  })

  it.each([
    ['dies', /^BackendFailedError: backend wasm: a thread has not answered for 0\.\d+ s in Conv2D, and/],
    ['hangs', /^BackendFailedError: backend wasm: a thread has not answered for 0\.\d+ s in Conv2D, and/],
    ['traps', /^BackendFailedError: backend wasm: a thread met a trap in Conv2D, and/],
  ])('make the backend fail where one %s in a task', async (mode, reason) => {
    const { first, second, isFailed, value, alive, again } = await run(mode, 2)
    expect(first).toMatch(reason)
    expect(first).toContain('its memory is not to be trusted')
    expect(second).toBe(first)
    expect(isFailed).toBe(true)
    // restartWasm() ends what is left of it, and starts anew.
    expect([value, alive, again]).toEqual([9 * 32, 0, 2])
  })
})
