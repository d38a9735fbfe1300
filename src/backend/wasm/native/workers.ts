import { trapped } from './control.js'

/** What a thread is started with. */
interface ThreadData {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  /** Where the control block lies, and in it the thread's own line. */
  readonly control: number
  readonly line: number
  /** The thread's number, from 1. */
  readonly thread: number
  /** How often it looks for work before it sleeps. */
  readonly spins: number
}

/** A thread that was started. */
export interface Thread {
  /** Ends it, whatever it does. */
  stop(): void
}

const script = `const { module, memory, control, line, thread, spins } = data
const { work } = new WebAssembly.Instance(module, { env: { memory } }).exports
try {
  work(control, thread, spins)
} catch (error) {
  Atomics.store(new Int32Array(memory.buffer, line, 1), 0, ${trapped})
  throw error
}`

interface NodeWorker {
  unref(): void
  terminate(): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'exit', listener: (code: number) => void): void
}
interface NodeThreads {
  Worker: new (script: string, options: object) => NodeWorker
}
interface Node {
  process?: { getBuiltinModule?: (name: string) => unknown }
}
interface BrowserWorker {
  postMessage(data: ThreadData): void
  terminate(): void
  addEventListener(name: 'error', listener: (event: { message?: string; preventDefault(): void }) => void): void
}
interface Browser {
  Worker?: new (url: string) => BrowserWorker
}

function startInNode({ Worker }: NodeThreads, workerData: ThreadData, onEnd: (why: string) => void): Thread {
  const source = `const data = require('node:worker_threads').workerData\n${script}`
  // Without the process's flags and NODE_OPTIONS, so that nothing is loaded into it first.
  const worker = new Worker(source, { eval: true, workerData, execArgv: [], env: {}, name: 'esrgan-scnn' })
  worker.on('error', ({ message }) => onEnd(message))
  worker.on('exit', (code) => onEnd(`exit code ${code}`))
  worker.unref()
  return { stop: () => void worker.terminate() }
}

function startInBrowser(
  Worker: NonNullable<Browser['Worker']>,
  data: ThreadData,
  onEnd: (why: string) => void,
): Thread {
  const source = `onmessage = ({ data }) => {\n${script}\n}`
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  try {
    const worker = new Worker(url)
    worker.addEventListener('error', (event) => {
      event.preventDefault()
      onEnd(event.message ?? 'the browser refused its script')
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, no window
    worker.postMessage(data)
    return { stop: () => worker.terminate() }
  } finally {
    // The worker fetches its script after this returns.
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }
}

/**
 * Starts a thread that takes part in the jobs of the control block; it does not keep the process alive.
 *
 * @param onEnd is told once, with the reason, when the thread could not start or has ended without `stop`.
 */
export function startThread(data: ThreadData, onEnd: (why: string) => void): Thread {
  let isOver = false
  const end = (why: string): void => {
    if (isOver) return
    isOver = true
    onEnd(why)
  }
  const { process, Worker } = globalThis as Node & Browser
  try {
    const threads = process?.getBuiltinModule?.('node:worker_threads') as NodeThreads | undefined
    if (!threads && !Worker) throw new Error('there are no workers here')
    const thread = threads ? startInNode(threads, data, end) : startInBrowser(Worker!, data, end)
    return {
      stop() {
        isOver = true
        thread.stop()
      },
    }
  } catch (error) {
    end((error as Error).message)
    return { stop: () => undefined }
  }
}
