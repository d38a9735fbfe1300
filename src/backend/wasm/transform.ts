import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { transformImages, type TransformAttrs } from '../kernels/transformImages.js'
import { heapFloats, type WasmBackend } from './backend.js'

interface Arguments {
  inputs: { image: TensorInfo; transforms: TensorInfo }
  backend: WasmBackend
  attrs: TransformAttrs
}

/** `image.transform` whose fill mode `reflect` is right at negative coordinates; the other modes are the stock kernel's. */
export function transform(stock: KernelFunc | undefined): (args: Arguments) => TensorInfo {
  return (args) => {
    const { inputs, backend, attrs } = args
    const { image, transforms } = inputs
    if (stock && (attrs.fillMode !== 'reflect' || image.dtype !== 'float32')) {
      return stock(args as unknown as Parameters<KernelFunc>[0]) as TensorInfo
    }
    const shape = image.shape as [number, number, number, number]
    const size = attrs.outputShape ?? [shape[1], shape[2]]
    const out = backend.makeOutput([shape[0], ...size, shape[3]], 'float32')
    const [from, matrices, to] = [image, transforms, out].map((info) => heapFloats(backend, info))
    transformImages(from!, shape, matrices!, attrs, size, to!)
    return out
  }
}
