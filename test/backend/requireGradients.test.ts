import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { BackendError } from '../../src/errors.js'
import { lossChecks } from '../../src/testing/index.js'
import { lossGradients } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'

beforeAll(() => useBackend('cpu'))

it('names what registers the gradients, where only tfjs-core is there', async () => {
  const gradient = tf.getGradient('Add')
  const message = "backend cpu: there are no gradients: import '@tensorflow/tfjs-layers', which registers them"
  const [check] = lossChecks(([x]) => tf.sum(x!), {
    golden: [{ name: 'sum', inputs: [[1]], value: 1, gradients: [[1]] }],
  })
  tf.unregisterGradient('Add')
  try {
    expect(() => lossGradients(new Map(), () => tf.scalar(1))).toThrow(BackendError)
    await expect(check!.run()).rejects.toThrow(message)
  } finally {
    tf.registerGradient(gradient)
  }
  await expect(check!.run()).resolves.toBeUndefined()
})
