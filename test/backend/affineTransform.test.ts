import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { affineTransform, type AffineMatrix, type FillMode } from '../../src/backend/index.js'
import { affineFromOperations } from '../../src/backend/ops/affineTransform.js'
import { useBackend } from '../helpers/backend.js'
import { checkGradient, expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

interface Reference {
  shape: [number, number, number, number]
  fillValue: number
  images: number[]
  cases: { name: string; mode: FillMode; matrix: AffineMatrix; values: number[] }[]
}
const reference = JSON.parse(
  readFileSync(new URL('../reference/backend_affine.json', import.meta.url), 'utf8'),
) as unknown as Reference

describe.each(['cpu', 'wasm'] as const)('affineTransform on %s', (backend) => {
  beforeAll(() => useBackend(backend))
  const { fillValue, shape } = reference

  it.each(reference.cases)('equals scipy.ndimage.affine_transform: $name, $mode', async ({ mode, matrix, values }) => {
    const y = tf.tidy(() =>
      affineTransform(tf.tensor4d(reference.images, shape), [matrix], { fillMode: mode, fillValue }),
    )
    expectClose(await y.data(), values, 1e-6)
    y.dispose()
  })

  it.each(reference.cases)('so do the operations for devices: $name, $mode', async ({ mode, matrix, values }) => {
    const y = tf.tidy(() =>
      affineFromOperations(tf.tensor4d(reference.images, shape), [matrix], { fillMode: mode, fillValue }),
    )
    expectClose(await y.data(), values, 1e-6)
    y.dispose()
  })

  it('gives every image of the batch its own matrix', async () => {
    const identity: AffineMatrix = [1, 0, 0, 0, 1, 0]
    const mirrored = reference.cases.find(({ name, mode }) => name === 'mirrored' && mode === 'wrap')!
    const y = tf.tidy(() =>
      affineTransform(tf.tensor4d(reference.images, shape), [identity, mirrored.matrix], {
        fillMode: 'wrap',
      }),
    )
    const half = reference.images.length / 2
    expectClose(await y.data(), [...reference.images.slice(0, half), ...mirrored.values.slice(half)], 1e-5)
    y.dispose()
  })

  it('has a gradient in the images', async () => {
    const x = tf.randomNormal([1, 4, 5, 2], 0, 1, 'float32', 3)
    const matrices: AffineMatrix[] = [[0.9, 0.3, -0.6, -0.2, 1.1, 0.4]]
    const weights = tf.randomNormal([1, 4, 5, 2], 0, 1, 'float32', 4)
    for (const fillMode of ['reflect', 'constant'] as const) {
      await checkGradient((t) => tf.mul(affineTransform(t as tf.Tensor4D, matrices, { fillMode }), weights), x)
    }
    tf.dispose([x, weights])
  })

  it('leaves nothing behind and refuses what does not fit', async () => {
    const x = tf.zeros<tf.Rank.R4>([2, 4, 4, 1])
    const matrices: AffineMatrix[] = [[1, 0, 0, 0, 1, 0]]
    await expectNoLeak(() => affineTransform(x, matrices, { fillMode: 'constant' }))
    await expectNoLeakWhenThrowing(
      () => affineTransform(x, matrices, { fillMode: 'mirror' as FillMode }),
      'options.fillMode must be',
    )
    expect(() => affineTransform(x, [...matrices, ...matrices, ...matrices])).toThrow('hold one matrix or 2')
    expect(() => affineTransform(x, [[1, 0, Number.NaN, 0, 1, 0]])).toThrow('hold six finite numbers each')
    expect(() => affineTransform(x, matrices, { fillValue: Infinity })).toThrow('options.fillValue')
    x.dispose()
  })
})
