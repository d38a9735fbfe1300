import { tensor4d, type Tensor4D } from '@tensorflow/tfjs-core'

/** 0.5 + 0.5 sin(frequency * k), as test/reference/conformance_networks.py has its images. */
export function images(shape: [number, number, number, number], frequency: number): Tensor4D {
  const size = shape.reduce((product, n) => product * n, 1)
  return tensor4d(
    Float32Array.from({ length: size }, (_, k) => 0.5 + 0.5 * Math.sin(frequency * k)),
    shape,
  )
}

/** amplitude * sin(1.7 k + t): the weights of tensor t in PyTorch's layout. */
export const formula = (length: number, t: number, amplitude: number): Float32Array =>
  Float32Array.from({ length }, (_, k) => amplitude * Math.sin(1.7 * k + t))
