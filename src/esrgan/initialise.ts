import { tensor, tidy, variable, type Variable } from '@tensorflow/tfjs-core'
import { createRandom } from '../random.js'

/** Values for a parameter of the given shape; `fanIn` is the number of inputs of one output. */
export type Initialiser = (name: string, shape: readonly number[], fanIn: number) => Float32Array

/** PyTorch's default for convolutions and dense layers, kernel and bias: U(-b, b) with b = 1/sqrt(fanIn) (kaiming uniform, a = sqrt 5). */
export function defaultInitialiser(seed: number, purpose: string): Initialiser {
  return (name, shape, fanIn) => {
    const random = createRandom(seed, purpose, name)
    const bound = 1 / Math.sqrt(fanIn)
    return Float32Array.from({ length: elements(shape) }, () => random.uniform(-bound, bound))
  }
}

/** Kaiming normal (fan in, untruncated) times a factor: N(0, 2/fanIn) * factor. */
export function scaledKaimingNormal(seed: number, purpose: string, factor: number): Initialiser {
  return (name, shape, fanIn) => {
    const random = createRandom(seed, purpose, name)
    const deviation = factor * Math.sqrt(2 / fanIn)
    return Float32Array.from({ length: elements(shape) }, () => random.normal(0, deviation))
  }
}

/** The same value everywhere. */
export const constant =
  (value: number): Initialiser =>
  (_, shape) =>
    new Float32Array(elements(shape)).fill(value)

function elements(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1)
}

/** A variable of the given shape and values. */
export function createVariable(values: Float32Array, shape: readonly number[], trainable = true): Variable {
  return tidy(() => variable(tensor(values, [...shape], 'float32'), trainable))
}

/** Adds the kernel `<name>.weight` `[size, size, inputs, outputs]` and, where `bias` is given, `<name>.bias` to the variables. */
export function addConvolution(
  variables: Map<string, Variable>,
  name: string,
  shape: { readonly size: number; readonly inputs: number; readonly outputs: number },
  kernel: Initialiser,
  bias: Initialiser | undefined,
): void {
  const { size, inputs, outputs } = shape
  const fanIn = size * size * inputs
  const kernelShape = [size, size, inputs, outputs]
  variables.set(`${name}.weight`, createVariable(kernel(`${name}.weight`, kernelShape, fanIn), kernelShape))
  if (bias) variables.set(`${name}.bias`, createVariable(bias(`${name}.bias`, [outputs], fanIn), [outputs]))
}
