import { tidy, variable, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core'
import { adamUpdate } from '../backend/index.js'
import type { NamedTensor, NamedTensors } from '../weights/index.js'
import { getWeights, setWeights, type NamedVariables } from './network.js'

/** Gradients by variable name. */
export type Gradients = ReadonlyMap<string, Tensor>

/** Settings of {@link createAdam}. */
export interface AdamOptions {
  /** Decay of the mean of the gradients; default 0.9. */
  readonly beta1?: number
  /** Decay of the mean of their squares; default 0.999. */
  readonly beta2?: number
  /** Added to the root; default 1e-8 (PyTorch). Keras uses 1e-7. */
  readonly epsilon?: number
}

/** An Adam optimizer bound to one list of variables. It owns its slots. */
export interface Adam {
  /** One update with the given learning rate. Variables without a gradient stay as they are. Borrows the gradients. */
  apply(gradients: Gradients, learningRate: number): void
  /** The number of updates so far. */
  readonly step: number
  /** The slots as plain arrays, named `m/<variable>` and `v/<variable>`. */
  state(): Promise<Map<string, NamedTensor>>
  /** Puts a state back, so that the next update equals the one that would have followed it. */
  load(step: number, slots: NamedTensors): void
  /** Disposes the slots. */
  dispose(): void
}

/**
 * Adam (Kingma and Ba 2015), as PyTorch computes it:
 * `m = b1 m + (1-b1) g`, `v = b2 v + (1-b2) g^2`,
 * `w -= rate / (1-b1^t) * m / (sqrt(v) / sqrt(1-b2^t) + epsilon)`.
 * tfjs's own optimizer keeps its step in float32 and cannot be restored exactly; its default epsilon depends on the backend.
 */
export function createAdam(
  variables: NamedVariables,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {},
): Adam {
  const slots = new Map<string, Variable>()
  for (const kind of ['m', 'v']) {
    for (const [name, weight] of variables)
      slots.set(
        `${kind}/${name}`,
        tidy(() => variable(zerosLike(weight), false)),
      )
  }
  let step = 0
  return {
    get step() {
      return step
    },
    apply(gradients, learningRate) {
      step++
      const scale = learningRate / (1 - beta1 ** step)
      const root = 1 / Math.sqrt(1 - beta2 ** step)
      for (const [name, weight] of variables) {
        const gradient = gradients.get(name)
        if (gradient === undefined) continue
        tidy(() => {
          const m = slots.get(`m/${name}`)!
          const v = slots.get(`v/${name}`)!
          const updated = adamUpdate({ weight, m, v, gradient }, { beta1, beta2, scale, root, epsilon })
          for (const [i, owner] of [weight, m, v].entries()) owner.assign(updated[i]!)
        })
      }
    },
    state: () => getWeights(slots),
    load(savedStep, saved) {
      setWeights(slots, saved, 'optimizer state')
      step = savedStep
    },
    dispose() {
      for (const slot of slots.values()) if (!slot.isDisposed) slot.dispose()
    },
  }
}
