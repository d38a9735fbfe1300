import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkpointed } from '../../src/backend/index.js'
import { lossGradients } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

type Run = (fn: (x: tf.Tensor, ...params: tf.Tensor[]) => tf.Tensor, x: tf.Tensor, params: tf.Tensor[]) => tf.Tensor
const plain: Run = (fn, x, params) => fn(x, ...params)

/** A chain of blocks with wide insides, after a first conv with its own variable. */
function chain(blocks: number): {
  variables: tf.Variable[]
  gradients: (run: Run) => { value: tf.Scalar; grads: tf.NamedTensorMap }
} {
  const make = (shape: number[], seed: number): tf.Variable =>
    tf.variable(tf.randomNormal(shape, 0, 0.2, 'float32', seed))
  const first = make([3, 3, 3, 4], 1)
  const wide = Array.from({ length: blocks }, (_, i) => make([3, 3, 4, 16], 2 + i))
  const narrow = Array.from({ length: blocks }, (_, i) => make([3, 3, 16, 4], 20 + i))
  const image = tf.variable(tf.randomNormal([2, 16, 16, 3], 0, 1, 'float32', 50), false)
  const block = (x: tf.Tensor, a?: tf.Tensor, b?: tf.Tensor): tf.Tensor => {
    let inner = tf.conv2d(x as tf.Tensor4D, a as tf.Tensor4D, 1, 'same')
    for (let i = 0; i < 4; i++) inner = tf.tanh(tf.mul(inner, 1.1))
    return tf.add(x, tf.conv2d(inner, b as tf.Tensor4D, 1, 'same'))
  }
  const variables = [first, ...wide, ...narrow]
  return {
    variables: [...variables, image],
    gradients: (run) =>
      tf.variableGrads(() => {
        let x: tf.Tensor = tf.conv2d(image as unknown as tf.Tensor4D, first as unknown as tf.Tensor4D, 1, 'same')
        for (let i = 0; i < blocks; i++) x = run(block, x, [wide[i]!, narrow[i]!])
        return tf.mean(tf.square(x))
      }, variables),
  }
}

describe.each(['cpu', 'wasm'] as const)('checkpointed on %s', (backend) => {
  beforeAll(() => useBackend(backend))

  it('gives exactly the gradients of plain blocks, one after another, and leaves nothing behind', async () => {
    const { variables, gradients } = chain(backend === 'cpu' ? 2 : 4)
    const expected = gradients(plain)
    const before = tf.memory().numTensors
    const actual = gradients(checkpointed)
    expect(tf.memory().numTensors - before).toBe(1 + Object.keys(actual.grads).length)
    expectClose(await actual.value.data(), await expected.value.data(), 0)
    expect(Object.keys(actual.grads)).toEqual(Object.keys(expected.grads))
    for (const name of Object.keys(expected.grads)) {
      expectClose(await actual.grads[name]!.data(), await expected.grads[name]!.data(), 0)
    }
    tf.dispose([actual, expected] as unknown as tf.TensorContainer)
    tf.dispose([actual.value, expected.value, actual.grads, expected.grads])
    variables.forEach((variable) => variable.dispose())
  })

  it('may be nested, ignore a parameter and return its input', async () => {
    const x = tf.tensor1d([1, -2, 3])
    const w = tf.tensor1d([0.5, 2, -1])
    const inner = (t: tf.Tensor, v?: tf.Tensor): tf.Tensor => tf.square(tf.mul(t, v!))
    const outer = (t: tf.Tensor, v?: tf.Tensor): tf.Tensor =>
      tf.tanh(checkpointed(inner, checkpointed(inner, t, [v!]), [v!]))
    const nested = tf.grads((t, v) => checkpointed(outer, t!, [v!]))([x, w])
    const direct = tf.grads((t, v) => tf.tanh(inner(inner(t!, v), v)))([x, w])
    for (const i of [0, 1]) expectClose(await nested[i]!.data(), await direct[i]!.data(), 1e-6)
    const [gx, gw] = tf.grads((t, v) => checkpointed((u) => u, t!, [v!]))([x, w])
    expectClose(await gx!.data(), [1, 1, 1], 0)
    expectClose(await gw!.data(), [0, 0, 0], 0)
    tf.dispose([x, w, nested, direct, gx, gw] as tf.TensorContainer)
  })

  it.each([
    ['forward', 1],
    ['backward', 2],
  ])('leaves nothing behind when its function throws in the %s pass', async (_, failing) => {
    const w = tf.variable(tf.scalar(2))
    const x = tf.scalar(3)
    let calls = 0
    const fn = (t: tf.Tensor, v?: tf.Tensor): tf.Tensor => {
      const y = tf.tanh(tf.mul(t, v!))
      if (++calls === failing) throw new Error('own function')
      return tf.square(y)
    }
    const loss = (): tf.Scalar => checkpointed(fn, x, [w]) as tf.Scalar
    await expectNoLeakWhenThrowing(() => lossGradients(new Map([['w', w]]), loss), 'own function')
    tf.dispose([w, x])
  })

  it('names a trainable variable that is not among the params', () => {
    const hidden = tf.variable(tf.scalar(2), true, `hidden-${backend}`)
    const x = tf.scalar(3)
    expect(() => tf.grad((t) => checkpointed((u) => tf.mul(u, hidden), t, []))(x)).toThrow(`fn uses hidden-${backend}`)
    tf.dispose([x, hidden])
  })

  it("relies on tfjs-core's activeTape, which this version has", () => {
    expect('activeTape' in (tf.engine() as unknown as { state: object }).state).toBe(true)
  })
})

describe('memory of checkpointed blocks', () => {
  beforeAll(() => useBackend('wasm'))

  it('peaks at less than half of plain blocks', async () => {
    const { variables, gradients } = chain(6)
    const peak = async (run: Run): Promise<number> => {
      const before = tf.memory().numBytes
      const { peakBytes } = await tf.profile(() => {
        const { value, grads } = gradients(run)
        tf.dispose([value, grads])
      })
      return peakBytes - before
    }
    const ratio = (await peak(checkpointed)) / (await peak(plain))
    expect(ratio).toBeLessThan(0.5)
    variables.forEach((variable) => variable.dispose())
  })
})
