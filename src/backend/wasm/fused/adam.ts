import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { AdamNumbers } from '../../ops/adamUpdate.js'
import { makeOutputs, placeOf, sizeOf, type WasmBackend } from '../backend.js'
import { nativeKernels } from '../native/native.js'
import { threadedKernels } from '../native/threaded.js'

/** Elements of a task. */
const chunk = 8192

/** One update of Adam in one pass; see `adamUpdate`. */
export function adam({
  inputs: { weight, m, v, gradient },
  backend,
  attrs: { beta1, beta2, scale, root, epsilon },
}: {
  inputs: { weight: TensorInfo; m: TensorInfo; v: TensorInfo; gradient: TensorInfo }
  backend: WasmBackend
  attrs: AdamNumbers
}): TensorInfo[] {
  const place = (tensor: TensorInfo): number => placeOf(backend, tensor)
  // Before there are outputs: an input of another backend may not fit, nor what the threads need.
  const [w, oldM, oldV, g] = [weight, m, v, gradient].map(place) as [number, number, number, number]
  const size = sizeOf(weight)
  const [share1, share2] = [1 - beta1, 1 - beta2]
  const kernels = size > 2 * chunk ? threadedKernels(backend) : undefined
  const outs = makeOutputs(backend, [weight.shape, m.shape, v.shape])
  const [newW, newM, newV] = outs.map(place) as [number, number, number]
  if (kernels) {
    const places = { weight: w, m: oldM, v: oldV, gradient: g, newWeight: newW, newM, newV }
    const numbers = { count: size, chunk, beta1, share1, beta2, share2, scale, root, epsilon }
    kernels.run('adam', { ...places, ...numbers }, Math.ceil(size / chunk))
  } else {
    const native = nativeKernels(backend)
    native.adam(w, oldM, oldV, g, newW, newM, newV, size, beta1, share1, beta2, share2, scale, root, epsilon)
  }
  return outs
}
