import { tensor, tidy, type Variable } from '@tensorflow/tfjs-core'
import { WeightsError } from '../errors.js'
import type { NamedTensor, NamedTensors } from '../weights/index.js'

/** Variables by name, in the order in which they were made. */
export type NamedVariables = ReadonlyMap<string, Variable>

/** A network owns its variables. Whoever created it calls `dispose()` once it is no longer needed. */
export interface Network {
  /** Every variable by name: trainable weights and running statistics. */
  readonly variables: NamedVariables
  /** The variables that gradients update. */
  readonly trainable: NamedVariables
  /** The number of trainable values. */
  readonly parameterCount: number
  /** Disposes every variable; calling it again does nothing. */
  dispose(): void
  /** The same as `dispose()`, for `using`. */
  [Symbol.dispose](): void
}

/** A {@link Network} over the given variables; running statistics are those made with `trainable: false`. */
export function createNetwork(variables: NamedVariables): Network {
  const trainable = new Map([...variables].filter(([, variable]) => variable.trainable))
  const dispose = (): void => {
    for (const variable of variables.values()) if (!variable.isDisposed) variable.dispose()
  }
  return {
    variables,
    trainable,
    parameterCount: [...trainable.values()].reduce((sum, variable) => sum + variable.size, 0),
    dispose,
    [Symbol.dispose]: dispose,
  }
}

/** Reads variables from the backend into plain arrays, in their own layout. */
export async function getWeights(variables: NamedVariables): Promise<Map<string, NamedTensor>> {
  const weights = new Map<string, NamedTensor>()
  for (const [name, variable] of variables) {
    weights.set(name, { shape: variable.shape, data: Float32Array.from(await variable.data<'float32'>()) })
  }
  return weights
}

/** One line for every tensor that is missing, unexpected or of another shape. */
export function weightDifferences(
  expected: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  actual: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): string[] {
  const lines: string[] = []
  for (const [name, { shape }] of expected) {
    const found = actual.get(name)
    if (found === undefined) lines.push(`missing ${name} [${shape.join(', ')}]`)
    else if (found.shape.join() !== shape.join())
      lines.push(`${name} is [${found.shape.join(', ')}], the network has [${shape.join(', ')}]`)
  }
  for (const [name, { shape }] of actual)
    if (!expected.has(name)) lines.push(`unexpected ${name} [${shape.join(', ')}]`)
  return lines
}

/**
 * Writes plain arrays into variables of the same names and shapes. Nothing is written unless everything fits.
 * `source` names where the weights came from.
 * @throws WeightsError listing every difference.
 */
export function setWeights(variables: NamedVariables, weights: NamedTensors, source: string): void {
  const differences = weightDifferences(variables, weights)
  if (differences.length > 0) throw new WeightsError(source, 'the weights do not fit the network', differences)
  tidy(() => {
    for (const [name, variable] of variables) {
      const { shape, data } = weights.get(name)!
      variable.assign(tensor(data, [...shape], 'float32'))
    }
  })
}
