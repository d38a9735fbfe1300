import * as tf from '@tensorflow/tfjs-core'
import type { Comparison, ConformanceCase } from '../case.js'
import { slope, uniform, type Values } from '../truth/values.js'

/** What an operation ought to compute, and its gradients. */
export interface Statement {
  readonly name: string
  /** The group of its cases; default `operation`, and `gradient` for the gradient. */
  readonly group?: ConformanceCase['group']
  /** The float32 arguments by name, in the order of the functions' parameters. */
  readonly inputs: Readonly<Record<string, Values>>
  /** The operation on tensors. */
  readonly op: (...tensors: never[]) => tf.Tensor
  /** The same in float64. */
  readonly truth: (...inputs: Values[]) => Values
  /** The float64 gradients of `sum(truth * dy)`, in the order of the inputs; default: central differences of `truth`. */
  readonly pullback?: (dy: Values, ...inputs: Values[]) => readonly Values[]
  /** Names of the inputs to differentiate; default: all. */
  readonly of?: readonly string[]
  /** Relative error that passes; default 1e-5, forward and backward. */
  readonly tolerance?: number
  /** Another one for the gradient. */
  readonly gradientTolerance?: number
}

export const tensorOf = ({ shape, data }: Values): tf.Tensor =>
  tf.tensor(Float32Array.from(data), [...shape], 'float32')

/** The numbers of a tensor, which is then disposed. */
export async function read(tensor: tf.Tensor): Promise<ArrayLike<number>> {
  const data = await tensor.data()
  tensor.dispose()
  return data
}

/** Reads named tensors and disposes them; each is compared with the expectation of its name, and none may be missing. */
export async function compare(
  tensors: Readonly<Record<string, tf.Tensor>>,
  expected: Readonly<Record<string, ArrayLike<number>>>,
): Promise<Record<string, Comparison>> {
  const comparisons: Record<string, Comparison> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    comparisons[name] = { actual: await read(tensor), expected: expected[name] ?? [] }
  }
  for (const [name, numbers] of Object.entries(expected)) comparisons[name] ??= { actual: [], expected: numbers }
  return comparisons
}

/** The statement's value as a case. */
export function forward({
  name,
  group = 'operation',
  inputs,
  op,
  truth,
  tolerance = 1e-5,
}: Statement): ConformanceCase {
  return {
    name,
    group,
    tolerance,
    async run() {
      const y = tf.tidy(() => op(...(Object.values(inputs).map(tensorOf) as never[])))
      const expected = truth(...Object.values(inputs))
      if (y.shape.join() !== expected.shape.join()) {
        tf.dispose(y)
        throw new Error(`the shape is [${y.shape.join(', ')}], not [${expected.shape.join(', ')}]`)
      }
      return compare({ value: y }, { value: expected.data })
    },
  }
}

/** The statement's gradients as a case, for one random dy. */
export function gradient(statement: Statement): ConformanceCase {
  const { name, inputs, op, truth, pullback, of = Object.keys(inputs) } = statement
  return {
    name: `gradient of ${name}`,
    group: statement.group ?? 'gradient',
    tolerance: statement.gradientTolerance ?? statement.tolerance ?? 1e-5,
    async run() {
      const all = Object.values(inputs)
      const dy = uniform(`dy of ${name}`, truth(...all).shape)
      const exact = pullback?.(dy, ...all)
      const expected = Object.fromEntries(
        Object.keys(inputs).flatMap((input, i) =>
          of.includes(input) ? [[`d${input}`, (exact?.[i] ?? slope(truth, all, i, dy)).data]] : [],
        ),
      )
      const found = tf.tidy(() => {
        const tensors = Object.entries(inputs).map(([input, value]) => [input, tensorOf(value)] as const)
        const moving = tensors.filter(([input]) => of.includes(input))
        const call = (...moved: tf.Tensor[]): tf.Tensor => {
          const queue = [...moved]
          return op(...(tensors.map(([input, fixed]) => (of.includes(input) ? queue.shift()! : fixed)) as never[]))
        }
        const found = tf.grads(call)(
          moving.map(([, tensor]) => tensor),
          tensorOf(dy),
        )
        return Object.fromEntries(moving.map(([input], i) => [`d${input}`, found[i]!]))
      })
      return compare(found, expected)
    },
  }
}

/** Value and gradients, two cases. */
export const both = (statement: Statement): ConformanceCase[] => [forward(statement), gradient(statement)]
