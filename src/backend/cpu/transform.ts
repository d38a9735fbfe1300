import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import { transformImages, type TransformAttrs } from '../kernels/transformImages.js'
import { valuesOf, type CPUBackend } from './backend.js'

/** `image.transform` of every image of the batch; the stock kernel returns after the first. */
export function transform({
  inputs: { image, transforms },
  backend,
  attrs,
}: {
  inputs: { image: TensorInfo; transforms: TensorInfo }
  backend: CPUBackend
  attrs: TransformAttrs
}): TensorInfo {
  const shape = image.shape as [number, number, number, number]
  const size = attrs.outputShape ?? [shape[1], shape[2]]
  const outShape = [shape[0], ...size, shape[3]]
  const out = util.getTypedArrayFromDType(image.dtype as 'float32', util.sizeFromShape(outShape))
  transformImages(valuesOf(backend, image), shape, valuesOf(backend, transforms), attrs, size, out)
  return backend.makeTensorInfo(outShape, image.dtype, out)
}
