import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, runKernel, sizeOf, type WasmBackend } from './backend.js'

/** Words of a float32 tensor in the heap, as integers. */
function heapBits(backend: WasmBackend, info: TensorInfo): Int32Array {
  const { memoryOffset } = backend.dataIdMap.get(info.dataId)
  return new Int32Array(backend.wasm.HEAPU8.buffer, memoryOffset, sizeOf(info))
}

/**
 * `chosen` where `sign` is positive, else what `out` holds already. A float is positive where its bits, as an integer,
 * are; without a branch, which the sign of noise would mispredict every other time.
 */
function choose(sign: Int32Array, chosen: Int32Array, out: Int32Array): void {
  for (let i = 0; i < out.length; i++) {
    const bits = sign[i]!
    const isPositive = (-bits & ~bits) >> 31
    out[i] = (chosen[i]! & isPositive) | (out[i]! & ~isPositive)
  }
}

/** `dy` where `sign` is positive, else `slope * dy`. With `sign` = `dy` that is LeakyReLU itself. */
export function selectBySign(backend: WasmBackend, dy: TensorInfo, sign: TensorInfo, slope: number): TensorInfo {
  const factor = backend.makeOutput([], 'float32')
  heapFloats(backend, factor)[0] = slope
  try {
    const out = runKernel(backend, 'Multiply', { a: dy, b: factor })
    choose(heapBits(backend, sign), heapBits(backend, dy), heapBits(backend, out))
    return out
  } finally {
    backend.disposeData(factor.dataId)
  }
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
