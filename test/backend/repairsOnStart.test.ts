import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProject, type Project } from '../node/programs.js'

/** Calls enableWasmTraining() before the backend runs, with two builds of this package in one process. */
const program = (other: string): string => `
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers'
import { createRequire } from 'node:module'
import { backendRepairs, enableWasmTraining, restartWasm } from './src/backend/index.ts'
const other = createRequire(import.meta.url)('./${other}')
const gradients = async () => {
  const x = tf.ones([2, 4, 4, 2])
  const filter = tf.ones([3, 3, 2, 2])
  const all = tf.grads((a, b) => tf.sum(tf.maxPool(tf.conv2d(a, b, 1, 'valid'), 2, 1, 'valid')))([x, filter])
  const values = await Promise.all(all.map((t) => t.data()))
  tf.dispose([x, filter, all])
  return values.map((v) => v.reduce((sum, value) => sum + value, 0))
}
const main = async () => {
  const early = enableWasmTraining({ precision: 'exact' })
  await tf.setBackend('wasm')
  const started = backendRepairs().map(({ kernel }) => kernel)
  const kernels = started.map((kernel) => tf.getKernel(kernel, 'wasm').kernelFunc)
  const fromOther = other.enableWasmTraining()
  const isKept = started.every((kernel, i) => tf.getKernel(kernel, 'wasm').kernelFunc === kernels[i])
  const first = await gradients()
  await restartWasm()
  const second = await gradients()
  const reserve = () => Array.from({ length: 5 }, () => tf.backend().makeOutput([2 ** 28], 'float32'))
  let guarded = ''
  try { reserve() } catch (error) { guarded = error.name }
  console.log(JSON.stringify({ early, started, fromOther, isKept, first, second, guarded, numTensors: tf.memory().numTensors,
    otherLists: other.backendRepairs().map(({ kernel }) => kernel) }))
}
main().catch((error) => { console.log(JSON.stringify({ error: error.stack })) })
`

let project: Project
beforeAll(async () => {
  project = createProject('repairs on start')
  await project.write('other.cjs', "export * from './src/backend/index.ts'")
  await project.write('program.mjs', program('other.cjs'))
})
afterAll(() => project.remove())

describe('enableWasmTraining before the backend runs', () => {
  it('probes when it starts, works beside another build, and for a backend started anew', async () => {
    const { output } = await project.run<Record<string, unknown>>('program.mjs')
    expect(output['error']).toBeUndefined()
    expect(output['early']).toEqual([
      'Conv2DBackpropFilter',
      'DepthwiseConv2dNativeBackpropFilter',
      'DepthwiseConv2dNativeBackpropInput',
      'Einsum',
      'UnsortedSegmentSum',
    ])
    expect(output['started']).toEqual(
      expect.arrayContaining(['BatchMatMul', 'Conv2DBackpropInput', 'MaxPoolGrad', 'Sum']),
    )
    expect(output['fromOther']).toEqual(output['started'])
    expect(output['otherLists']).toEqual(output['started'])
    expect(output['isKept']).toBe(true)
    // One dy of 1 for each of two images and two filters, over 3x3x2 products each.
    expect(output['first']).toEqual([72, 72])
    expect(output['second']).toEqual(output['first'])
    expect(output['guarded']).toBe('OutOfMemoryError')
    expect(output['numTensors']).toBe(0)
  })
})
