import { stack, sum, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { runOwnKernel } from './ownKernel.js'

/**
 * Numbers that are all finite where every element of every float32 tensor is, and not all finite where one is NaN or
 * infinite: their sums, or on wasm, in one pass on all threads, sums of `x - x`.
 *
 * @param tensors at least one; borrowed
 * @returns `[n]`, of any length; the caller disposes it
 */
export function finiteCheck(tensors: readonly Tensor[]): Tensor {
  const inputs = Object.fromEntries(tensors.entries())
  // Not addN: on WebGPU it takes more buffers than a device has, and quietly gives nothing.
  return runOwnKernel('finiteCheck', inputs, {}, () => [tidy(() => stack(tensors.map((tensor) => sum(tensor))))])[0]!
}
