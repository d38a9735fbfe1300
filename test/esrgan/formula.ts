import * as tf from '@tensorflow/tfjs-core'
import { setWeights, type NamedTensor, type Network } from '../../src/training/index.js'
import {
  convKernelToHWIO,
  convKernelToOIHW,
  denseKernelToIO,
  denseKernelToOI,
  type FlattenedImage,
} from '../../src/weights/index.js'

/** A gradient as test/reference/esrgan_networks.py writes it: all values, or projections of a large tensor. */
export type Summary = number[] | { projections: number[] }

/** The weights of the Python script: amplitude * sin(1.7 k + t), one more for the scales of batch norms. */
export function fillByFormula(network: Network, amplitude: number, flattened?: FlattenedImage): void {
  const weights = new Map<string, NamedTensor>()
  let t = 0
  for (const [name, variable] of network.variables) {
    if (!variable.trainable) {
      const value = name.endsWith('running_var') ? 1 : 0
      weights.set(name, { shape: variable.shape, data: new Float32Array(variable.size).fill(value) })
      continue
    }
    const base = /^bn.*weight$/.test(name) ? 1 : 0
    const data = Float32Array.from({ length: variable.size }, (_, k) => base + amplitude * Math.sin(1.7 * k + t))
    t++
    const torch = { shape: torchShape(variable.shape), data }
    weights.set(name, fromTorch(name, torch, flattened))
  }
  setWeights(network.variables, weights, 'formula')
}

const torchShape = (shape: readonly number[]): number[] =>
  shape.length === 4 ? [shape[3]!, shape[2]!, shape[0]!, shape[1]!] : shape.toReversed()

function fromTorch(name: string, tensor: NamedTensor, flattened?: FlattenedImage): NamedTensor {
  if (tensor.shape.length === 4) return convKernelToHWIO(tensor)
  if (tensor.shape.length === 2) return denseKernelToIO(tensor, name === 'linear1.weight' ? flattened : undefined)
  return tensor
}

/** A tensor of tfjs's layout in PyTorch's, flat. */
export function toTorch(name: string, tensor: NamedTensor, flattened?: FlattenedImage): Float32Array {
  if (tensor.shape.length === 4) return convKernelToOIHW(tensor).data
  if (tensor.shape.length === 2) return denseKernelToOI(tensor, name === 'linear1.weight' ? flattened : undefined).data
  return tensor.data
}

/** The script's images: 0.5 + 0.5 sin(0.9 k). */
export function formulaImages(shape: [number, number, number, number]): tf.Tensor4D {
  const size = shape.reduce((a, b) => a * b, 1)
  return tf.tensor4d(
    Float32Array.from({ length: size }, (_, k) => 0.5 + 0.5 * Math.sin(0.9 * k)),
    shape,
  )
}

/** The script's loss: sum of output * cos(0.3 k). */
export function weightedSum(output: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const weights = tf.tensor(
      Float32Array.from({ length: output.size }, (_, k) => Math.cos(0.3 * k)),
      output.shape,
    )
    return tf.sum(tf.mul(output, weights))
  })
}

/** The numbers that a summary of these values holds. */
export function summarise(values: ArrayLike<number>, like: Summary): number[] {
  const all = Array.from(values)
  if (Array.isArray(like)) return all
  return [1, 2, 3].map((j) => all.reduce((sum, value, k) => sum + value * Math.sin(0.1 * j * k), 0))
}
