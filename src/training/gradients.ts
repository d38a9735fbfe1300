import {
  add,
  concat,
  dispose,
  keep,
  mul,
  slice,
  sum,
  tidy,
  variable,
  variableGrads,
  type Scalar,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core'
import { releaseTape } from '../backend/index.js'
import { requireGradients } from '../backend/requireGradients.js'
import { requireInteger } from '../errors.js'
import type { NamedVariables } from './network.js'

/** A loss and its gradients by variable name. The caller disposes all of them. */
export interface LossGradients {
  /** The loss. */
  readonly value: Scalar
  /** The gradient of every variable that the loss depends on. */
  readonly gradients: Map<string, Tensor>
}

/** Runs a gradient; where the loss throws, what tfjs saved for the backward pass is disposed. */
function guarded<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    releaseTape()
    throw error
  }
}

/** `variableGrads` by our own names; variables that the loss does not depend on are left out. */
export function lossGradients(variables: NamedVariables, loss: () => Scalar): LossGradients {
  requireGradients()
  const { value, grads } = guarded(() => tidy(() => variableGrads(loss, [...variables.values()])))
  const gradients = new Map<string, Tensor>()
  for (const [name, weight] of variables) {
    const gradient = grads[weight.name] as Tensor | null | undefined
    if (gradient) gradients.set(name, gradient)
  }
  return { value, gradients }
}

/** What {@link chunkedGradients} needs. */
export interface ChunkedGradientsOptions {
  /** The variables of the network and of the loss. */
  readonly variables: NamedVariables
  /** The whole batch; the first axis is the batch. */
  readonly inputs: Tensor
  /** How many examples go through the network at once. */
  readonly chunk: number
  /** The network on a part of the batch that starts at `start`. Every example must be computed independently of the others (no batch norm). */
  readonly forward: (inputs: Tensor, start: number) => Tensor
  /** The loss of the outputs of the whole batch; it may use variables of its own, such as a head's. */
  readonly loss: (outputs: Tensor) => Scalar
}

/** The parts `[start, start + size)` of the first axis. */
function part(x: Tensor, start: number, size: number): Tensor {
  return slice(x, [start, ...x.shape.slice(1).map(() => 0)], [size, ...x.shape.slice(1)])
}

/**
 * Value and gradients of `loss(forward(inputs))` with the memory of `chunk` examples only, exactly as if the whole
 * batch had run at once (no mean of means): the outputs are computed without gradients, the loss is differentiated
 * with respect to them, and each chunk is then computed again to carry its share back to the weights.
 * Returns the outputs too. The caller disposes everything.
 */
export function chunkedGradients({
  variables,
  inputs,
  chunk,
  forward,
  loss,
}: ChunkedGradientsOptions): LossGradients & {
  /** What `forward` gave for the whole batch. */ readonly outputs: Tensor
} {
  requireInteger('chunk', chunk, 1)
  const batch = inputs.shape[0]!
  if (chunk >= batch) {
    let outputs: Tensor | undefined
    try {
      const result = lossGradients(variables, () => {
        outputs = keep(forward(inputs, 0))
        return loss(outputs)
      })
      return { ...result, outputs: outputs! }
    } catch (error) {
      outputs?.dispose()
      throw error
    }
  }

  const starts = Array.from({ length: Math.ceil(batch / chunk) }, (_, i) => i * chunk)
  const sizeAt = (start: number): number => Math.min(chunk, batch - start)
  const leaf: Variable = tidy(() => {
    const outputs = starts.map((start) => tidy(() => forward(part(inputs, start, sizeAt(start)), start)))
    return variable(concat(outputs, 0))
  })
  const owned: Tensor[] = []
  const gradients = new Map<string, Tensor>()
  try {
    const direct = lossGradients(new Map([...variables, ['', leaf]]), () => loss(leaf))
    owned.push(direct.value)
    for (const [name, gradient] of direct.gradients) gradients.set(name, gradient)
    const upstream = gradients.get('')
    gradients.delete('')
    if (upstream !== undefined) {
      owned.push(upstream)
      for (const start of starts) {
        const size = sizeAt(start)
        const share = lossGradients(
          variables,
          () => sum(mul(forward(part(inputs, start, size), start), part(upstream, start, size))) as Scalar,
        )
        share.value.dispose()
        for (const [name, gradient] of share.gradients) {
          const before = gradients.get(name)
          gradients.set(name, before === undefined ? gradient : add(before, gradient))
          if (before !== undefined) dispose([before, gradient])
        }
      }
      upstream.dispose()
    }
    return { value: direct.value, gradients, outputs: tidy(() => leaf.clone()) }
  } catch (error) {
    dispose([...owned, ...gradients.values()])
    throw error
  } finally {
    leaf.dispose()
  }
}
