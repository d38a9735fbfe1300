import { dispose, memory, tensor, type Tensor, type TensorLike } from '@tensorflow/tfjs-core'
import { requireClose } from './requireClose.js'

/** Runs with tensors of the inputs, which must then be there unchanged, with no other tensor beside them. */
export async function withInputs(
  values: readonly TensorLike[],
  use: (inputs: Tensor[]) => void | Promise<void>,
): Promise<void> {
  const inputs = values.map((value) => tensor(value))
  try {
    const given = await Promise.all(inputs.map((input) => input.data()))
    const before = memory().numTensors
    const requireBorrowed = (cause?: unknown): void => {
      const disposed = inputs.findIndex((input) => input.isDisposed)
      if (disposed !== -1) throw new Error(`input ${disposed} was disposed: arguments are borrowed`, { cause })
    }
    try {
      await use(inputs)
    } catch (error) {
      requireBorrowed(error)
      throw error
    }
    requireBorrowed()
    const left = memory().numTensors - before
    if (left !== 0) throw new Error(`${left} tensors are left behind beyond the result`)
    const now = await Promise.all(inputs.map((input) => input.data()))
    now.forEach((data, i) => requireClose(data, given[i]!, 0))
  } finally {
    dispose(inputs.filter((input) => !input.isDisposed))
  }
}
