import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  adamUpdate,
  convolution,
  leakyRelu,
  OutOfMemoryError,
  residualDenseBlock,
  standardise,
  wasmFailure,
} from '../../src/backend/index.js'
import { wasmBackend } from '../../src/backend/wasm/backend.js'
import { startBackend } from '../../src/node/index.js'
import { useBackend } from '../helpers/backend.js'

const shapes = {
  x: [2, 13, 13, 5],
  filter: [3, 3, 5, 9],
  last: [3, 3, 14, 5],
  bias: [9],
  lastBias: [5],
  weight: [70_000],
}
type Inputs = Record<keyof typeof shapes, tf.Tensor>

/** Operations with kernels of their own, and their gradients. */
const operations: Readonly<Record<string, (inputs: Inputs) => tf.Tensor[]>> = {
  convolution: ({ x, filter, bias }) =>
    tf.grads((a, b, c) => convolution(a as tf.Tensor4D, b as tf.Tensor4D, c as tf.Tensor1D, { slope: 0.2 }))([
      x,
      filter,
      bias,
    ]),
  residualDenseBlock: ({ x, filter, last, bias, lastBias }) =>
    tf.grads((a, b, c, d, e) => residualDenseBlock(a as tf.Tensor4D, [b, c] as tf.Tensor4D[], [d, e] as tf.Tensor1D[]))(
      [x, filter, last, bias, lastBias],
    ),
  leakyRelu: ({ x }) => [tf.grad((a) => leakyRelu(a, 0.2))(x)],
  standardise: ({ x }) => [tf.grad((a) => standardise(a as tf.Tensor4D))(x)],
  adamUpdate: ({ weight }) =>
    adamUpdate(
      { weight, m: weight, v: weight, gradient: weight },
      { beta1: 0.9, beta2: 0.999, scale: 1, root: 1, epsilon: 1 },
    ),
}

const live = new Set<number>()
let left = Infinity
let restore = (): void => undefined
beforeAll(async () => {
  await useBackend('cpu')
  await startBackend('wasm', { threads: 2 })
  const { wasm } = wasmBackend()!
  const { _malloc, _free } = wasm
  wasm._malloc = (bytes) => {
    // As where the heap is full: more than it can hold.
    const place = _malloc(left-- > 0 ? bytes : 2 ** 33)
    live.add(place)
    return place
  }
  wasm._free = (place) => {
    live.delete(place)
    _free(place)
  }
  restore = () => void Object.assign(wasm, { _malloc, _free })
})
afterAll(() => restore())

/** Inputs that lie on cpu: the kernel's first use of each takes memory too. */
async function inputsElsewhere(): Promise<Inputs> {
  await tf.setBackend('cpu')
  const inputs = Object.entries(shapes).map(([name, shape]) => [name, tf.fill(shape, 0.5)])
  await tf.setBackend('wasm')
  return Object.fromEntries(inputs) as Inputs
}

describe('where an allocation fails, whichever it is', () => {
  it.each(Object.entries(operations))('%s leaves nothing behind', async (_, run) => {
    const attempt = async (allowed: number): Promise<unknown> => {
      const inputs = await inputsElsewhere()
      left = allowed
      try {
        tf.dispose(tf.tidy(() => run(inputs)))
        return undefined
      } catch (error) {
        return error
      } finally {
        left = Infinity
        // What a gradient has saved is freed in a microtask.
        await Promise.resolve()
        tf.dispose(inputs)
      }
    }
    expect(await attempt(Infinity)).toBeUndefined()
    const before = { places: live.size, tensors: tf.memory().numTensors }
    let failures = 0
    for (let error = await attempt(0); error !== undefined; error = await attempt(++failures)) {
      expect(error).toBeInstanceOf(OutOfMemoryError)
      expect({ failures, places: live.size, tensors: tf.memory().numTensors }).toEqual({ failures, ...before })
    }
    expect(failures).toBeGreaterThan(2)
    expect(wasmFailure()).toBeUndefined()
  })
})
