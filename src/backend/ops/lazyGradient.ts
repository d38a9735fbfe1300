import { engine, type Tensor } from '@tensorflow/tfjs-core'

/** What tfjs-core's `customGrad` itself is made of; private there. */
interface CustomEngine {
  runKernelFunc(call: {
    inputs: Record<string, Tensor>
    forwardFunc(backend: unknown, save: (tensors: Tensor[]) => void): Tensor
    backwardsFunc(dy: Tensor, saved: Tensor[]): Record<string, () => Tensor>
  }): Tensor
}

/**
 * `tf.customGrad` for operations with several inputs: a gradient is computed only where something asks for it, while
 * `customGrad` computes all of them, such as that of the images in a network's first convolution.
 *
 * @param inputs by name; borrowed.
 * @param forward the value, and what `gradients` needs through `save`.
 * @param gradients from the upstream gradient and what was saved, one function for each input.
 * @returns the value; the caller disposes it. First-order gradients only.
 */
export function lazyGradient<Name extends string>(
  inputs: Record<Name, Tensor>,
  forward: (save: (tensors: Tensor[]) => void) => Tensor,
  gradients: (dy: Tensor, saved: Tensor[]) => Record<Name, () => Tensor>,
): Tensor {
  const { runKernelFunc } = engine() as unknown as CustomEngine
  return runKernelFunc.call(engine(), {
    inputs,
    forwardFunc: (_, save) => forward(save),
    backwardsFunc: gradients,
  })
}
