import * as tf from '@tensorflow/tfjs-core'
import { afterEach, expect, it } from 'vitest'
import {
  adamUpdate,
  convolution,
  leakyRelu,
  residualDenseBlock,
  standardise,
  wasmMemory,
} from '../../src/backend/index.js'
import { wasmBackend } from '../../src/backend/wasm/backend.js'
import { algorithms, forceAlgorithm } from '../../src/backend/wasm/native/choice.js'
import { startBackend } from '../../src/node/index.js'

afterEach(() => forceAlgorithm(undefined))

const normal = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed + 1)

/** Values and gradients of what this package's kernels compute. */
function compute(): Float32Array[] {
  const [x, filter, last] = [
    [2, 13, 13, 5],
    [3, 3, 5, 9],
    [3, 3, 14, 5],
  ].map(normal) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const [bias, lastBias, weight, a] = [[9], [5], [70_000], [3, 30, 40]].map(normal) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ]
  const numbers = { beta1: 0.9, beta2: 0.999, scale: 1, root: 1, epsilon: 1 }
  const strided = (t: tf.Tensor, f: tf.Tensor): tf.Tensor => tf.conv2d(t as tf.Tensor4D, f as tf.Tensor4D, 2, 'same')
  const block = (t: tf.Tensor, f: tf.Tensor, g: tf.Tensor, b: tf.Tensor, c: tf.Tensor): tf.Tensor =>
    residualDenseBlock(t as tf.Tensor4D, [f, g] as tf.Tensor4D[], [b, c] as tf.Tensor1D[])
  return [
    ...tf.grads((t, f, b) => convolution(t as tf.Tensor4D, f as tf.Tensor4D, b as tf.Tensor1D, { slope: 0.2 }))([
      x,
      filter,
      bias,
    ]),
    ...tf.grads(strided)([x, filter]),
    ...tf.grads(block)([x, filter, last, bias, lastBias]),
    ...tf.grads((t, f) => tf.matMul(t, f, false, true))([a, a]),
    tf.grad((t) => leakyRelu(t, 0.2))(x),
    standardise(x as tf.Tensor4D),
    ...adamUpdate({ weight, m: weight, v: tf.square(weight), gradient: weight }, numbers),
  ].map((tensor) => tensor.dataSync<'float32'>())
}

it('computes the same where the heap is larger than 2 GiB', { timeout: 60_000 }, async () => {
  await startBackend('wasm', { threads: 2 })
  const each = (): Float32Array[] =>
    Object.values(algorithms).flatMap((algorithm) => {
      forceAlgorithm(algorithm)
      return tf.tidy(compute)
    })
  const expected = each()
  const { wasm } = wasmBackend()!
  // Never touched: the system has no memory to give for them.
  const places = [2 ** 30, 2 ** 30, 2 ** 28].map((bytes) => wasm._malloc(bytes))
  expect(wasmMemory()!.heapBytes).toBeGreaterThan(2 ** 31)
  // What was free below is taken: what follows lies beyond.
  for (let bytes = 2 ** 26; bytes >= 64; bytes /= 2) {
    for (let place = 0; place >= 0;) {
      place = wasm._malloc(bytes)
      places.push(place)
    }
  }
  const actual = each()
  for (const [i, values] of actual.entries()) expect(values).toEqual(expected[i])
  for (const place of places) wasm._free(place)
})
