import * as tf from '@tensorflow/tfjs-core'
import { unitRows } from '../../../src/losses/distance.js'
import { createConvEncoder, createSiamese, evaluateVerification } from '../../../src/siamese/index.js'
import { getWeights } from '../../../src/training/index.js'
import { fillByFormula } from '../../esrgan/formula.js'
import type { ConformanceCase } from '../case.js'
import { at, build, uniform } from '../truth/values.js'
import { both } from './statement.js'

const rows = uniform('rows of length 1', [6, 5])

/** Row 2 is zeros. */
const withZeros = build([6, 5], (i, j) => (i === 2 ? 0 : at(rows, i, j)))

const verification: ConformanceCase = {
  name: 'trained pair verification: the weighted absolute difference',
  group: 'network',
  tolerance: 1e-5,
  async run() {
    using network = createSiamese({
      encoder: createConvEncoder({ inputShape: [8, 8, 3], widths: [4] }),
      embeddingSize: 5,
      pairHead: true,
    })
    fillByFormula(network, 0.5)
    const weights = await getWeights(network.variables)
    const [weight, bias] = [weights.get('pair.weight')!.data, weights.get('pair.bias')!.data[0]!]
    const embeddings = Float32Array.from(rows.data)
    const pairs = { a: [0, 1, 5, 3], b: [1, 2, 4, 0], isSimilar: [1, 0, 0, 1] }
    const { probabilities, loss } = await evaluateVerification(network, embeddings, pairs)
    const expected = pairs.a.map((i, k) => {
      let logit = bias
      for (let j = 0; j < 5; j++) logit += weight[j]! * Math.abs(at(rows, i, j) - at(rows, pairs.b[k]!, j))
      return 1 / (1 + Math.exp(-logit))
    })
    const crossEntropy = expected.map((p, k) => -Math.log(pairs.isSimilar[k] === 1 ? p : 1 - p))
    return {
      probabilities: { actual: probabilities, expected },
      loss: { actual: [loss], expected: [crossEntropy.reduce((sum, each) => sum + each, 0) / 4] },
    }
  },
}

/** Unit-length embeddings and the trained head of pair verification, against float64. */
export const siameseHeadCases: readonly ConformanceCase[] = [
  ...both({
    name: 'rows scaled to length 1',
    inputs: { x: rows },
    op: (x: tf.Tensor2D) => unitRows(x),
    truth: (x) => build([6, 5], (i, j) => at(x, i, j) / Math.hypot(...[0, 1, 2, 3, 4].map((k) => at(x, i, k)))),
  }),
  {
    name: 'a row of zeros among those of length 1: stays, with gradient 0',
    group: 'gradient',
    tolerance: 1e-6,
    async run() {
      const x = tf.tensor2d(Float32Array.from(withZeros.data), [6, 5])
      const [y, gradient] = tf.tidy(() => {
        const { value, grad } = tf.valueAndGrad((t: tf.Tensor) => tf.sum(unitRows(t as tf.Tensor2D)))(x)
        value.dispose()
        return [tf.slice(unitRows(x), [2, 0], [1, 5]), tf.slice(grad, [2, 0], [1, 5])]
      })
      const result = {
        row: { actual: await y.data(), expected: [0, 0, 0, 0, 0] },
        gradient: { actual: await gradient.data(), expected: [0, 0, 0, 0, 0] },
      }
      tf.dispose([x, y, gradient])
      return result
    },
  },
  verification,
]
