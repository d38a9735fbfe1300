import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase } from '../case.js'
import { at, build, mapped, uniform, zipped, type Values } from '../truth/values.js'
import { both, forward, type Statement } from './statement.js'

/** a b of the last two axes, transposed where asked; a leading axis of 1 is broadcast. */
function product(a: Values, b: Values, transposeA = false, transposeB = false): Values {
  const leading = a.shape.slice(0, -2).map((n, axis) => Math.max(n, b.shape[axis]!))
  const [rows, inner] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!]
  const columns = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!
  return build([...leading, rows, columns], (...index) => {
    const [i, k] = index.slice(-2) as [number, number]
    const of = (x: Values): number[] => index.slice(0, -2).map((n, axis) => (x.shape[axis] === 1 ? 0 : n))
    const [batchA, batchB] = [of(a), of(b)]
    let sum = 0
    for (let j = 0; j < inner; j++) {
      const left = transposeA ? at(a, ...batchA, j, i) : at(a, ...batchA, i, j)
      sum += left * (transposeB ? at(b, ...batchB, k, j) : at(b, ...batchB, j, k))
    }
    return sum
  })
}

function statement(name: string, a: readonly number[], b: readonly number[], tA = false, tB = false): Statement {
  return {
    name,
    inputs: { a: uniform(`${name}/a`, a), b: uniform(`${name}/b`, b) },
    op: (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, tA, tB),
    truth: (x, y) => product(x, y, tA, tB),
  }
}

const transposes: ConformanceCase[] = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
].flatMap(([tA, tB]) => {
  const flags = `${tA ? 'aT' : 'a'} ${tB ? 'bT' : 'b'}`
  const swapped = (shape: number[], isSwapped = false): number[] =>
    isSwapped ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape
  return [
    statement(`matMul ${flags}`, swapped([5, 7], tA), swapped([7, 4], tB), tA, tB),
    statement(`matMul ${flags}, batch 3`, swapped([3, 4, 5], tA), swapped([3, 5, 6], tB), tA, tB),
  ].flatMap(both)
})

/** A dense layer, fused as tfjs-layers calls it. */
const dense = (activation: 'linear' | 'relu', fn: (x: number) => number): ConformanceCase[] =>
  both({
    name: `fused matMul with bias, ${activation}`,
    inputs: {
      a: uniform(`dense ${activation}/a`, [3, 6]),
      b: uniform(`dense ${activation}/b`, [6, 5]),
      bias: uniform(`dense ${activation}/bias`, [5]),
    },
    op: (a: tf.Tensor2D, b: tf.Tensor2D, bias: tf.Tensor1D) => tf.fused.matMul({ a, b, bias, activation }),
    truth: (a, b, bias) =>
      mapped(
        zipped(product(a, b), bias, (x, y) => x + y),
        fn,
      ),
  })

/** Matrix products. */
export const matrixCases: readonly ConformanceCase[] = [
  ...transposes,
  // tfjs has no gradient for these two, nor for einsum.
  forward(statement('matMul, one left matrix for a batch of 3', [1, 4, 5], [3, 5, 6])),
  forward(statement('matMul, one right matrix for a batch of 3', [3, 4, 5], [1, 5, 6])),
  ...both(statement('matMul of two batch axes', [2, 2, 3, 4], [2, 2, 4, 3])),
  forward(statement('matMul with an inner size of 300', [2, 300], [300, 3])),
  ...both(statement('matMul of a row with a column', [1, 17], [17, 1])),
  ...dense('linear', (x) => x),
  ...dense('relu', (x) => Math.max(0, x)),
  forward({
    name: 'einsum of attention, bqhd,bkhd->bhqk',
    inputs: { q: uniform('einsum/q', [2, 3, 2, 4]), k: uniform('einsum/k', [2, 5, 2, 4]) },
    op: (q: tf.Tensor, k: tf.Tensor) => tf.einsum('bqhd,bkhd->bhqk', q, k),
    truth: (q, k) =>
      build([2, 2, 3, 5], (b, h, i, j) => {
        let sum = 0
        for (let d = 0; d < 4; d++) sum += at(q, b, i, h, d) * at(k, b, j, h, d)
        return sum
      }),
  }),
]
