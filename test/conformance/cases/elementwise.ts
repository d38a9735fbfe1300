import * as tf from '@tensorflow/tfjs-core'
import { softplus } from '../../../src/backend/index.js'
import type { ConformanceCase } from '../case.js'
import { build, distinct, mapped, uniform, values, zipped, type Values } from '../truth/values.js'
import { both, forward, gradient, tensorOf, type Statement } from './statement.js'

/** A function of single numbers, with its derivative where central differences would not do. */
function unary(
  name: string,
  op: (x: tf.Tensor) => tf.Tensor,
  fn: (x: number) => number,
  x: Values,
  slope?: (x: number) => number,
): Statement {
  return {
    name,
    inputs: { x },
    op,
    truth: (input) => mapped(input, fn),
    ...(slope === undefined ? {} : { pullback: (dy, input) => [zipped(dy, mapped(input, slope), (a, b) => a * b)] }),
  }
}

const row = (...numbers: number[]): Values => values([numbers.length], numbers.map(Math.fround))
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const logistic = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** No number within 0.01 of 0, where these functions bend. */
const signed = distinct('signed', [3, 4, 10], -3, 3)
const positive = uniform('positive', [3, 4, 10], 0.3, 4)
const moderate = uniform('moderate', [3, 4, 10], -4, 4)

const smooth: ConformanceCase[] = [
  unary('softplus', softplus, logistic, moderate),
  unary('exp', tf.exp, Math.exp, moderate),
  unary('log', tf.log, Math.log, positive),
  unary('sqrt', tf.sqrt, Math.sqrt, positive),
  unary('rsqrt', tf.rsqrt, (x) => 1 / Math.sqrt(x), positive),
  unary('square', tf.square, (x) => x * x, moderate),
  unary('reciprocal', tf.reciprocal, (x) => 1 / x, positive),
  unary('sigmoid', tf.sigmoid, sigmoid, moderate),
  unary('tanh', tf.tanh, Math.tanh, moderate),
  unary('tf.softplus', tf.softplus, logistic, moderate),
  unary(
    'pow 3',
    (x) => tf.pow(x, 3),
    (x) => x ** 3,
    moderate,
  ),
].flatMap(both)

const bent: ConformanceCase[] = [
  unary('relu', tf.relu, (x) => Math.max(0, x), signed),
  unary(
    'relu6',
    (x) => tf.relu6(tf.mul(x, 4)),
    (x) => Math.min(6, Math.max(0, 4 * x)),
    signed,
  ),
  unary(
    'leakyRelu 0.2',
    (x) => tf.leakyRelu(x, 0.2),
    (x) => (x > 0 ? x : 0.2 * x),
    signed,
  ),
  unary('elu', tf.elu, (x) => (x > 0 ? x : Math.expm1(x)), signed),
  unary('selu', tf.selu, (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)), signed),
  unary('abs', tf.abs, Math.abs, signed),
  unary(
    'clipByValue',
    (x) => tf.clipByValue(x, -1.2, 0.7),
    (x) => Math.min(0.7, Math.max(-1.2, x)),
    signed,
  ),
].flatMap(both)

/** Where functions are small, large or kinked. */
const extremes: ConformanceCase[] = [
  forward(unary('softplus of huge logits', softplus, logistic, row(-1e4, -90, -20, -1e-3, 0, 1e-3, 20, 90, 1e4))),
  gradient(unary('softplus from -20 to 20 and at 0', softplus, logistic, row(-1e4, -20, -3, 0, 3, 20, 1e4), sigmoid)),
  forward(unary('softplus of small results', softplus, logistic, row(-16, -14, -12, -11))),
  forward(unary('sqrt near 0', tf.sqrt, Math.sqrt, row(0, 1e-12, 4e-12, 1e-10))),
  forward(unary('abs near 0', tf.abs, Math.abs, row(0, -1e-12, 1e-12, -3e-10))),
  forward(unary('sign near 0', tf.sign, Math.sign, row(0, -1e-8, 1e-8, -3e-6, 5e-20, 2, -2))),
  forward(
    unary(
      'step near 0',
      (x) => tf.step(x),
      (x) => (x > 0 ? 1 : 0),
      row(0, -1e-8, 1e-8, 5e-20, 2, -2),
    ),
  ),
  gradient(
    unary(
      'relu at 0',
      tf.relu,
      (x) => x,
      row(0, -1e-8, 1e-8, 0, 2),
      (x) => (x > 0 ? 1 : 0),
    ),
  ),
  forward(unary('exp of large numbers', tf.exp, Math.exp, row(-100, 0, 40, 80))),
  forward(unary('sigmoid of huge logits', tf.sigmoid, sigmoid, row(-1e4, -80, -3, 3, 80, 1e4))),
  forward(unary('tanh of huge numbers', tf.tanh, Math.tanh, row(-1e4, -40, -3, 3, 40, 1e4))),
  forward(unary('floor of whole and near numbers', tf.floor, Math.floor, row(-2, -1.0001, -0.25, 0, 2.9999, 3, 7))),
]

const pair = (name: string, a: number[], b: number[], low = -2): Record<'a' | 'b', Values> => ({
  a: distinct(`${name}/a`, a, -3, 3),
  b: uniform(`${name}/b`, b, low, 2),
})

function binary(
  name: string,
  op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  fn: (a: number, b: number) => number,
  inputs: Record<'a' | 'b', Values>,
): Statement {
  return { name, inputs, op, truth: (a, b) => zipped(a, b, fn) }
}

const wide = [2, 3, 4, 5]
const binaryCases: ConformanceCase[] = [
  binary('add of a vector to images', tf.add, (a, b) => a + b, pair('add', wide, [5])),
  binary('sub of one value for each image', tf.sub, (a, b) => a - b, pair('sub', wide, [2, 1, 1, 5])),
  binary('mul, broadcast both ways', tf.mul, (a, b) => a * b, pair('mul', [2, 1, 4, 1], [3, 1, 5])),
  binary('div by a vector', tf.div, (a, b) => a / b, pair('div', wide, [5], 0.5)),
  binary('squaredDifference', tf.squaredDifference, (a, b) => (a - b) ** 2, pair('squared', wide, wide)),
  binary('maximum', tf.maximum, Math.max, pair('maximum', wide, wide)),
  binary('minimum', tf.minimum, Math.min, pair('minimum', wide, wide)),
  binary('prelu with one slope for each channel', tf.prelu, (a, b) => (a >= 0 ? a : a * b), pair('prelu', wide, [5])),
].flatMap(both)

const chosen = build([3, 4, 10], (i, j, k) => (i + j + k) % 2)
const other: ConformanceCase[] = [
  ...both({
    name: 'where',
    inputs: { a: signed, b: moderate },
    op: (a: tf.Tensor, b: tf.Tensor) => tf.where(tf.cast(tensorOf(chosen), 'bool'), a, b),
    truth: (a, b) => build([3, 4, 10], (i, j, k) => ((i + j + k) % 2 === 1 ? a : b).data[(i * 4 + j) * 10 + k]!),
  }),
  forward(unary('cast to int32 and back', (x) => tf.cast(tf.cast(x, 'int32'), 'float32'), Math.trunc, signed)),
  forward(
    unary(
      'comparisons as numbers',
      (x) => tf.addN([tf.cast(tf.greater(x, 0.5), 'float32'), tf.mul(tf.cast(tf.lessEqual(x, -1), 'float32'), 2)]),
      (x) => (x > 0.5 ? 1 : x <= -1 ? 2 : 0),
      signed,
    ),
  ),
]

/** Functions of single elements, and of pairs of them. */
export const elementwiseCases: readonly ConformanceCase[] = [...smooth, ...bent, ...extremes, ...binaryCases, ...other]
