import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { placeOf, sizeOf, type WasmBackend } from './backend.js'
import { nativeKernels } from './native/native.js'

/** `dy` where `sign` is positive, else `slope * dy`. With `sign` = `dy` that is LeakyReLU itself. */
export function selectBySign(backend: WasmBackend, dy: TensorInfo, sign: TensorInfo, slope: number): TensorInfo {
  // Before there is an output: inputs of another backend may not fit.
  const [from, signs] = [placeOf(backend, dy), placeOf(backend, sign)]
  const out = backend.makeOutput([...dy.shape], 'float32')
  nativeKernels(backend).selectBySign(from, signs, slope, placeOf(backend, out), sizeOf(out))
  return out
}

/** `LeakyRelu`: the stock kernel branches on the sign of every element. */
export function leakyRelu(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { inputs, backend, attrs } = call as unknown as {
      inputs: { x: TensorInfo }
      backend: WasmBackend
      attrs: { alpha: number }
    }
    const { x } = inputs
    return x.dtype === 'float32' ? selectBySign(backend, x, x, attrs.alpha) : stock(call)
  }
}

/** `FusedConv2D`, with that LeakyReLU after the convolution. */
export function fusedConv2D(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { backend, attrs } = call as unknown as {
      backend: WasmBackend
      attrs: { activation?: string; leakyreluAlpha?: number }
    }
    if (attrs.activation !== 'leakyrelu') return stock(call)
    const linear = stock({ ...call, attrs: { ...call.attrs, activation: 'linear' } }) as TensorInfo
    try {
      return selectBySign(backend, linear, linear, attrs.leakyreluAlpha ?? 0.2)
    } finally {
      backend.disposeData(linear.dataId)
    }
  }
}
