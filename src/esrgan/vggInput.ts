import { keep, mul, reverse, sub, tensor1d } from '@tensorflow/tfjs-core'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'

/**
 * How RGB images in [0, 1] become the network's input. `caffe` (Keras' VGG19): BGR, 0 to 255, minus
 * (103.939, 116.779, 123.68). `torchvision`: RGB, minus (.485, .456, .406), over (.229, .224, .225). Or a function of
 * the images; what it allocates is disposed for it.
 */
export type VGGInput = 'caffe' | 'torchvision' | ((images: Tensor4D) => Tensor4D)

/** One step of a feature extractor. */
export type Step = (x: Tensor4D) => Tensor4D

const deviations = [0.229, 0.224, 0.225]

/** The input normalisation as one function of RGB images in [0, 1]; its constants are kept until disposed. */
export function normalisation(input: VGGInput): { apply: Step; constants: Tensor[] } {
  if (typeof input === 'function') return { apply: input, constants: [] }
  if (input === 'caffe') {
    const means = keep(tensor1d([103.939, 116.779, 123.68]))
    return { apply: (images) => sub(reverse(mul(images, 255), 3), means) as Tensor4D, constants: [means] }
  }
  if (input === 'torchvision') {
    const scale = keep(tensor1d(deviations.map((deviation) => 1 / deviation)))
    const shift = keep(tensor1d([0.485, 0.456, 0.406].map((mean, i) => mean / deviations[i]!)))
    return { apply: (images) => sub(mul(images, scale), shift) as Tensor4D, constants: [scale, shift] }
  }
  throw new ArgumentError('options.input', "be 'caffe', 'torchvision' or a function", input)
}
