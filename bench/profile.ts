import { getKernelsForBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'

/** Time of one kind of work in a repetition. */
export interface ProfileLine {
  /** The tfjs kernel. */
  readonly kernel: string
  /** Shapes of its inputs; undefined where all shapes are summed. */
  readonly shapes?: string
  /** Calls in a repetition. */
  readonly calls: number
  /** Milliseconds in a repetition, without other kernels that it calls. */
  readonly ms: number
}

/** Where the time of a repetition goes. */
export interface Profile {
  /** Milliseconds of a repetition, measured with the clocks in place. */
  readonly stepMs: number
  /** By kernel, slowest first. */
  readonly kernels: readonly ProfileLine[]
  /** By kernel and shapes of its inputs, slowest first. */
  readonly shapes: readonly ProfileLine[]
  /** What no kernel accounts for: the tape, JavaScript, reading results. */
  readonly otherMs: number
}

/** The shapes of a kernel's inputs, as a key. */
function shapesOf(inputs: object): string {
  return Object.values(inputs as Record<string, TensorInfo | readonly TensorInfo[] | undefined>)
    .flat()
    .map((input) => (input === undefined || input === null ? '-' : (input as Tensor).shape.join('x') || 'scalar'))
    .join(', ')
}

/**
 * Runs `step` so many times with a clock around every kernel of the backend. A kernel's time is its own: what another
 * kernel takes inside it counts for that one only. Kernels of a GPU return before they are done, so there it says little.
 */
export async function profileKernels(backend: string, times: number, step: () => Promise<void>): Promise<Profile> {
  const lines = new Map<string, { kernel: string; shapes: string; calls: number; ms: number }>()
  /** Time of the kernels inside the running one, innermost last. */
  const inside: number[] = []
  const kernels = getKernelsForBackend(backend)
  const originals = kernels.map(({ kernelFunc }) => kernelFunc)
  for (const config of kernels) {
    const original = config.kernelFunc
    config.kernelFunc = (call) => {
      const start = performance.now()
      inside.push(0)
      try {
        return original(call)
      } finally {
        const ms = performance.now() - start
        const nested = inside.pop()!
        if (inside.length > 0) inside[inside.length - 1]! += ms
        const shapes = shapesOf(call.inputs)
        const key = `${config.kernelName} ${shapes}`
        const line = lines.get(key) ?? { kernel: config.kernelName, shapes, calls: 0, ms: 0 }
        line.calls += 1 / times
        line.ms += (ms - nested) / times
        lines.set(key, line)
      }
    }
  }
  const start = performance.now()
  try {
    for (let i = 0; i < times; i++) await step()
  } finally {
    kernels.forEach((config, i) => (config.kernelFunc = originals[i]!))
  }
  const stepMs = (performance.now() - start) / times
  const bySize = (a: ProfileLine, b: ProfileLine): number => b.ms - a.ms
  const shapes = [...lines.values()].sort(bySize)
  const sums = new Map<string, { kernel: string; calls: number; ms: number }>()
  for (const { kernel, calls, ms } of shapes) {
    const sum = sums.get(kernel) ?? { kernel, calls: 0, ms: 0 }
    sums.set(kernel, { kernel, calls: sum.calls + calls, ms: sum.ms + ms })
  }
  const byKernel = [...sums.values()].sort(bySize)
  return { stepMs, kernels: byKernel, shapes, otherMs: stepMs - byKernel.reduce((sum, { ms }) => sum + ms, 0) }
}
