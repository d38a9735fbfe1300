/** What a worker is started with. */
interface WorkerData {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  /** Where the control block lies. */
  readonly control: number
  /** The worker's number, from 1. */
  readonly thread: number
  /** How often it looks for work before it sleeps. */
  readonly spins: number
}

const script = `const { module, memory, control, thread, spins } = data
new WebAssembly.Instance(module, { env: { memory } }).exports.work(control, thread, spins)`

interface NodeWorker {
  unref(): void
  on(event: 'error', listener: () => void): void
}
interface NodeThreads {
  Worker: new (script: string, options: object) => NodeWorker
}
interface Node {
  process?: { getBuiltinModule?: (name: string) => unknown }
}
interface BrowserWorker {
  postMessage(data: WorkerData): void
}
interface Browser {
  Worker?: new (url: string) => BrowserWorker
}

function startInNode({ Worker }: NodeThreads, workerData: WorkerData): void {
  const source = `const data = require('node:worker_threads').workerData\n${script}`
  const worker = new Worker(source, { eval: true, workerData, execArgv: [], name: 'esrgan-scnn' })
  // A worker that could not start takes no task, so that nobody waits for it.
  worker.on('error', () => undefined)
  worker.unref()
}

function startInBrowser(Worker: NonNullable<Browser['Worker']>, data: WorkerData): void {
  const source = `onmessage = ({ data }) => {\n${script}\n}`
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  try {
    const worker = new Worker(url)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, no window
    worker.postMessage(data)
  } finally {
    // The worker fetches its script after this returns.
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }
}

/** Starts a thread that takes part in the jobs of the control block; it does not keep the process alive. */
export function startWorker(data: WorkerData): void {
  const threads = (globalThis as Node).process?.getBuiltinModule?.('node:worker_threads') as NodeThreads | undefined
  if (threads) return startInNode(threads, data)
  const { Worker } = globalThis as Browser
  if (Worker) startInBrowser(Worker, data)
}
