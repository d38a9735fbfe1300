import { clone, customGrad, engine, Variable, zerosLike, type Tensor } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../../errors.js'
import { releaseTape, tapeState, type TapeState } from './tape.js'

/** Throws where fn used a trainable variable that its arguments do not name: it would get no gradient. */
function requireNamed(tape: TapeState['activeTape']): void {
  for (const { inputs } of tape ?? []) {
    for (const input of Object.values(inputs)) {
      if (input instanceof Variable && input.trainable) {
        throw new ArgumentError('params', 'list every trainable variable that fn uses', `fn uses ${input.name}`)
      }
    }
  }
}

/**
 * `fn(x, ...params)`, remembering only its inputs for the gradient: what fn computes inside is thrown away and computed
 * again in the backward pass (gradient checkpointing; Chen et al. 2016, arXiv 1604.06174). The gradients are those of a
 * plain call; peak memory falls from all blocks' insides to one block's, for about a third more time.
 *
 * @param fn deterministic, and a function of its arguments only: it must use the `params` it is handed.
 * @param x the block's input; borrowed.
 * @param params every trainable variable that fn uses; borrowed.
 * @returns fn's result; the caller disposes it. First-order gradients only.
 * @throws ArgumentError in the backward pass, where fn used a trainable variable that is not in `params`.
 */
export function checkpointed(
  fn: (x: Tensor, ...params: Tensor[]) => Tensor,
  x: Tensor,
  params: readonly Tensor[],
): Tensor {
  const op = customGrad((...all) => {
    const save = all.at(-1) as unknown as (tensors: Tensor[]) => void
    const inputs = all.slice(0, -1) as Tensor[]
    const [first, ...rest] = inputs
    const value = fn(first!, ...rest)
    // Not before fn: what is saved stays, and where fn throws nobody would dispose it.
    save(inputs)
    return {
      // tfjs would count dy twice if an input were its own output.
      value: inputs.includes(value) ? clone(value) : value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const state = tapeState()
        const outer = state.activeTape
        try {
          const { value, grads } = engine().gradients(
            () => {
              const [again, ...params] = saved
              const y = fn(again!, ...params)
              requireNamed(state.activeTape)
              return y
            },
            saved,
            dy,
            true,
          )
          if (!saved.includes(value)) value.dispose()
          return grads.map((gradient, i) => gradient ?? zerosLike(saved[i]!))
        } catch (error) {
          if (state.activeTape !== outer) releaseTape()
          throw error
        } finally {
          // The inner gradient leaves null here, which the outer one would trip over.
          state.activeTape = outer
        }
      },
    }
  })
  return op(x, ...params)
}
