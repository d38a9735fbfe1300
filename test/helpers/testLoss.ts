import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import { useBackend } from './backend.js'
import { checkGradient, expectClose } from './tensors.js'

/** Nested arrays of numbers or booleans. */
type Values = tf.TensorLike

/** A loss as the contract calls it: tensors in, tensor out, with the case's options. */
export type LossUnderTest = (inputs: tf.Tensor[], options: never) => tf.Tensor

/** Inputs with the value and gradients that an independent implementation found (see test/reference). */
export interface GoldenCase {
  name: string
  inputs: Values[]
  options?: object
  value: number | number[] | number[][] | number[][][]
  /** For each input the gradient of the summed value; null where it is not asked for. */
  gradients?: (Values | null)[]
  tolerance?: number
}

/** What every loss has to show; each list may be left out where it means nothing. */
export interface LossCases {
  /** Values and gradients by an independent implementation. */
  golden: GoldenCase[]
  /** Central differences in every input named in `of` (default: the first), away from kinks. */
  gradient?: { name: string; inputs: Values[]; options?: object; of?: number[] }[]
  /** Inputs for which the loss's 'mean' and 'sum' must follow from its 'none'. */
  reductions?: { inputs: Values[]; options?: object }
  /** Batches at the edge (one element, all equal, huge): value and gradients must be finite. */
  degenerate?: { name: string; inputs: Values[]; options?: object; value?: number; of?: number[] }[]
  /** Calls that must throw an ArgumentError with this text. */
  errors?: { name: string; inputs: Values[]; options?: object; message: string }[]
}

const flat = (values: Values): number[] => [values].flat(Infinity).map(Number)

/**
 * The contract of a loss, on the wasm and the cpu backend: golden values and gradients, central-difference gradients,
 * reductions, degenerate batches, error texts, borrowed arguments and no leaks.
 */
export function testLoss(name: string, loss: LossUnderTest, cases: LossCases): void {
  const call = (inputs: tf.Tensor[], options: object = {}): tf.Tensor => loss(inputs, options as never)
  const withInputs = async (values: Values[], use: (inputs: tf.Tensor[]) => unknown): Promise<void> => {
    const inputs = values.map((value) => tf.tensor(value))
    const before = tf.memory().numTensors
    await use(inputs)
    for (const input of inputs) expect(input.isDisposed, 'arguments are borrowed').toBe(false)
    expect(tf.memory().numTensors, 'tensors left behind').toBe(before)
    tf.dispose(inputs)
  }
  const gradientOf = (i: number, inputs: tf.Tensor[], options?: object): tf.Tensor =>
    tf.grad((x) =>
      tf.sum(
        call(
          inputs.map((input, k) => (k === i ? x : input)),
          options,
        ),
      ),
    )(inputs[i]!)

  describe.each(['wasm', 'cpu'] as const)(`${name} on %s`, (backend) => {
    beforeAll(() => useBackend(backend))

    for (const { name: title, inputs, options, value, gradients = [], tolerance = 2e-6 } of cases.golden) {
      it(`equals the reference: ${title}`, async () => {
        await withInputs(inputs, async (tensors) => {
          const actual = call(tensors, options)
          expectClose(await actual.data(), flat(value), tolerance)
          actual.dispose()
          for (const [i, expected] of gradients.entries()) {
            if (expected === null) continue
            const gradient = gradientOf(i, tensors, options)
            expectClose(await gradient.data(), flat(expected), tolerance)
            gradient.dispose()
          }
        })
      })
    }

    for (const { name: title, inputs, options, of = [0] } of cases.gradient ?? []) {
      it(`has the slope of its value: ${title}`, async () => {
        await withInputs(inputs, async (tensors) => {
          for (const i of of) {
            await checkGradient(
              (x) =>
                call(
                  tensors.map((input, k) => (k === i ? x : input)),
                  options,
                ),
              tensors[i]!,
              { step: 1e-2, tolerance: 5e-3 },
            )
          }
        })
      })
    }

    if (cases.reductions !== undefined) {
      const { inputs, options } = cases.reductions
      it('reduces its elements to their mean by default, or to their sum', async () => {
        await withInputs(inputs, async (tensors) => {
          const results = [{}, { reduction: 'mean' }, { reduction: 'sum' }, { reduction: 'none' }].map((reduction) =>
            call(tensors, { ...options, ...reduction }),
          )
          const [byDefault, mean, sum, none] = await Promise.all(results.map((result) => result.data()))
          const total = Array.from(none!).reduce((all, each) => all + each, 0)
          expect(results.map((result) => result.rank === 0)).toEqual([true, true, true, false])
          expectClose([byDefault![0]!, mean![0]!, sum![0]!], [total / none!.length, total / none!.length, total], 1e-6)
          tf.dispose(results)
        })
      })
      it('refuses an unknown reduction', async () => {
        await withInputs(inputs, (tensors) => {
          expect(() => call(tensors, { ...options, reduction: 'median' })).toThrow(
            'options.reduction must be "mean", "sum" or "none"; received "median"',
          )
        })
      })
    }

    for (const { name: title, inputs, options, value, of = [0] } of cases.degenerate ?? []) {
      it(`stays finite: ${title}`, async () => {
        await withInputs(inputs, async (tensors) => {
          const actual = call(tensors, options)
          const values = await actual.data()
          expect(Array.from(values).every(Number.isFinite)).toBe(true)
          if (value !== undefined) expectClose(values, [value], 1e-6)
          actual.dispose()
          for (const i of of) {
            const gradient = gradientOf(i, tensors, options)
            expect(Array.from(await gradient.data()).every(Number.isFinite)).toBe(true)
            gradient.dispose()
          }
        })
      })
    }

    for (const { name: title, inputs, options, message } of cases.errors ?? []) {
      it(`refuses ${title}`, async () => {
        await withInputs(inputs, (tensors) => {
          expect(() => call(tensors, options)).toThrow(ArgumentError)
          expect(() => call(tensors, options)).toThrow(message)
        })
      })
    }
  })
}
