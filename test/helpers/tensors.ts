import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

/** Strict closeness: same length, |a - b| <= tolerance * max(1, |b|), and NaN or Infinity only where the other has it too. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length)
  let worst = 0
  let at = -1
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!
    const b = expected[i]!
    const error = Object.is(a, b) || a === b ? 0 : Math.abs(a - b) / Math.max(1, Math.abs(b))
    if (!(error <= worst)) {
      worst = Number.isNaN(error) ? Infinity : error
      at = i
    }
  }
  if (worst > tolerance)
    expect.fail(`element ${at}: ${actual[at]} is not ${expected[at]} (error ${worst}, tolerance ${tolerance})`)
}

/** Runs the function, which must succeed, and expects that no tensor is left beyond those it returned (which are disposed). */
export async function expectNoLeak(run: () => unknown): Promise<void> {
  const before = tf.memory().numTensors
  tf.dispose((await run()) as tf.TensorContainer)
  expect(tf.memory().numTensors).toBe(before)
}

/** Runs the function, which must throw with the message (a part of it, or a pattern), and expects that no tensor is left. */
export async function expectNoLeakWhenThrowing(run: () => unknown, message: string | RegExp): Promise<void> {
  const before = tf.memory().numTensors
  await expect((async () => run())()).rejects.toThrow(message)
  expect(tf.memory().numTensors).toBe(before)
}

/** Compares tfjs's gradient of the scalar function with central differences at every element of x. */
export async function checkGradient(
  fn: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  { step = 1e-2, tolerance = 1e-2 }: { step?: number; tolerance?: number } = {},
): Promise<void> {
  const values = await x.data<'float32'>()
  const gradient = tf.tidy(() => tf.grad((t) => tf.sum(fn(t)))(x))
  const actual = await gradient.data<'float32'>()
  gradient.dispose()
  const at = async (i: number, delta: number): Promise<number> => {
    const moved = Float32Array.from(values)
    moved[i] = moved[i]! + delta
    const y = tf.tidy(() => tf.sum(fn(tf.tensor(moved, x.shape))))
    const [value] = await y.data()
    y.dispose()
    return value!
  }
  const expected: number[] = []
  for (let i = 0; i < values.length; i++) expected.push(((await at(i, step)) - (await at(i, -step))) / (2 * step))
  expectClose(actual, expected, tolerance)
}
