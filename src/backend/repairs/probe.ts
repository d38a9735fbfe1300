import type { DataType, KernelConfig, KernelFunc, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'

/** A tensor of a probe. */
export interface ProbeTensor {
  readonly shape: number[]
  readonly values: ArrayLike<number>
  /** Default float32. */
  readonly dtype?: 'int32'
}

/** Runs the kernel under examination; returns its first output. */
export type RunKernel = (inputs: Readonly<Record<string, ProbeTensor>>, attrs?: object) => ProbeTensor

/** How a registered kernel is examined, on tiny tensors that tfjs's engine never sees. */
export interface Probe {
  /** Whether the kernel gives wrong numbers; one that throws is wrong. Default: it is right. */
  isWrong?(run: RunKernel): boolean
  /** Whether the kernel, which is right, is much slower than the repaired one. Default: it is not. */
  isSlow?(registered: KernelConfig, instance: object): boolean
}

/** What both the wasm and the cpu backend can do. */
interface SynchronousBackend {
  write(values: ArrayLike<number>, shape: number[], dtype: DataType): object
  readSync(dataId: object): ArrayLike<number>
  disposeData(dataId: object): void
}

/** Calls a kernel on the backend's instance, and frees all tensors again. */
export function runner(instance: object, kernel: KernelFunc): RunKernel {
  const backend = instance as SynchronousBackend
  return (inputs, attrs = {}) => {
    const infos: Record<string, TensorInfo> = {}
    const created: object[] = []
    try {
      for (const [name, { shape, values, dtype = 'float32' }] of Object.entries(inputs)) {
        const typed = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)
        const dataId = backend.write(typed, shape, dtype)
        created.push(dataId)
        infos[name] = { dataId, shape: [...shape], dtype }
      }
      const result = kernel({ inputs: infos, attrs: attrs as NamedAttrMap, backend })
      const outputs = Array.isArray(result) ? result : [result]
      for (const { dataId } of outputs) if (!created.includes(dataId)) created.push(dataId)
      const { shape, dataId } = outputs[0]!
      return { shape, values: backend.readSync(dataId) }
    } finally {
      for (const dataId of created) backend.disposeData(dataId)
    }
  }
}

/**
 * What is wrong with the registered kernel. Nothing is timed, so that a run chooses the same kernels every time, and a full
 * or failed backend is no fault of the kernel.
 *
 * @throws BackendError where the backend itself could not run the probe.
 */
export function findFault(
  { isWrong, isSlow }: Probe,
  instance: object,
  registered: KernelConfig,
): 'wrong' | 'slow' | undefined {
  try {
    if (isWrong?.(runner(instance, registered.kernelFunc))) return 'wrong'
  } catch (error) {
    if (error instanceof BackendError) throw error
    return 'wrong'
  }
  return isSlow?.(registered, instance) ? 'slow' : undefined
}

/** Whether a value is off by more than the tolerance, absolute, or not a number; or their count differs. */
export function differs({ values: actual }: ProbeTensor, expected: readonly number[], tolerance = 1e-5): boolean {
  if (actual.length !== expected.length) return true
  for (let i = 0; i < expected.length; i++) if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance)) return true
  return false
}
