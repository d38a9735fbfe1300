import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { pairsInBatch } from '../../src/data/index.js'
import { createRandom } from '../../src/random.js'
import { distanceMatrix, euclideanDistance, selectRows } from '../../src/losses/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak } from '../helpers/tensors.js'

beforeAll(() => useBackend('wasm'))

const numbers = (n: number, ...purpose: (string | number)[]): Float32Array => {
  const random = createRandom(1, ...purpose)
  return Float32Array.from({ length: n }, () => random.uniform(-1, 1))
}

describe('selectRows', () => {
  const everyPair = Int32Array.from(pairsInBatch(Array.from({ length: 200 }, (_, i) => i % 2)).b)
  const random = createRandom(1, 'places')
  it.each<[string, number, ArrayLike<number>]>([
    ['some several times, some never', 7, [3, 0, 3, 6, 3, 0]],
    ['one', 1, [0, 0, 0]],
    ['one of many, more often than a matrix has columns', 300, new Int32Array(270_000).fill(299)],
    ['those of all pairs in a batch of 200', 200, everyPair],
    ['any of 1500', 1500, Int32Array.from({ length: 3000 }, () => random.integer(1500))],
  ])('gives rows, and to each the gradients of all its copies: %s', async (name, rows, places) => {
    const width = rows === 300 ? 1 : 3
    const x = numbers(rows * width, name)
    const dy = numbers(places.length * width, name, 'dy')
    const expected = new Float64Array(rows * width)
    const chosen = new Float32Array(places.length * width)
    for (let k = 0; k < places.length; k++) {
      chosen.set(x.subarray(places[k]! * width, (places[k]! + 1) * width), k * width)
      for (let c = 0; c < width; c++) expected[places[k]! * width + c]! += dy[k * width + c]!
    }
    const run = (): [Float32Array, Float32Array] =>
      tf.tidy(() => {
        const { value, grads } = tf.valueAndGrads((from) => selectRows(from as tf.Tensor2D, places))(
          [tf.tensor2d(x, [rows, width])],
          tf.tensor2d(dy, [places.length, width]),
        )
        return [value.dataSync<'float32'>().slice(), grads[0]!.dataSync<'float32'>().slice()]
      })
    const [value, gradient] = run()
    expectClose(value, chosen, 0)
    expectClose(gradient, expected, 1e-4)
    expectClose(run()[1], gradient, 0)
  })

  it('takes the memory of the rows, not of rows times images, forward and backward', async () => {
    const n = 300
    const { a } = pairsInBatch(Array.from({ length: n }, (_, i) => i % 2))
    const x = tf.tensor2d(numbers(n * 16, 'memory'), [n, 16])
    const before = tf.memory().numBytes
    const { peakBytes } = await tf.profile(() =>
      tf.tidy(() => tf.grad((from) => tf.square(selectRows(from as tf.Tensor2D, a)))(x)),
    )
    // The matrix of all pairs by all images alone has 20 times as many.
    expect(peakBytes - before).toBeLessThan(8 * a.length * 16 * 4)
  })

  it('leaves no tensor', async () => {
    const x = tf.tensor2d(numbers(12, 'leak'), [4, 3])
    await expectNoLeak(() => selectRows(x, [1, 1, 3]))
    await expectNoLeak(() => tf.grad((from) => selectRows(from as tf.Tensor2D, [1, 1, 3]))(x))
  })
})

describe('distanceMatrix', () => {
  it('gives every distance, of some pairs at a time', async () => {
    const n = 200
    const data = numbers(n * 128, 'embeddings')
    let calls = 0
    let most = 0
    const watched = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor1D => {
      calls++
      most = Math.max(most, a.size)
      return euclideanDistance(a, b)
    }
    const embeddings = tf.tensor2d(data, [n, 128])
    const before = tf.memory().numTensors
    const found = await distanceMatrix(embeddings, watched)
    expect(tf.memory().numTensors).toBe(before)
    const expected = Array.from({ length: n * n }, (_, k) => {
      const [i, j] = [Math.floor(k / n) * 128, (k % n) * 128]
      return Math.hypot(...Array.from({ length: 128 }, (__, c) => data[i + c]! - data[j + c]!))
    })
    expectClose(found, expected, 1e-5)
    expect(calls).toBe(3)
    expect(most).toBeLessThanOrEqual(2 ** 20)
  })
})
