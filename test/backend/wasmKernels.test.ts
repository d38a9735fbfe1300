import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import { expect, it } from 'vitest'
import { enableWasmTraining, wasmKernels } from '../../src/backend/index.js'

it('tells how the kernels of this package compute, from the repair to the end of the backend', async () => {
  expect(wasmKernels()).toBeUndefined()
  await tf.setBackend('wasm')
  expect(wasmKernels()).toBeUndefined()
  enableWasmTraining()
  // Stock tfjs has one thread in Node; Node 20 has no relaxed SIMD.
  const fused = Number(process.versions.node.split('.')[0]) > 20
  expect(wasmKernels()).toEqual({ threads: 1, fused, precision: 'fast' })
  enableWasmTraining({ precision: 'exact' })
  expect(wasmKernels()).toEqual({ threads: 1, fused, precision: 'exact' })
  tf.dispose(tf.conv2d(tf.ones<tf.Rank.R4>([1, 8, 8, 4]), tf.ones<tf.Rank.R4>([3, 3, 4, 4]), 1, 'same'))
  expect(wasmKernels()).toEqual({ threads: 1, fused, precision: 'exact' })
  tf.removeBackend('wasm')
  expect(wasmKernels()).toBeUndefined()
})
