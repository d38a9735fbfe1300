import { dispose, engine, type Tensor } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'

/** The private fields of tfjs-core that are needed. */
export interface TapeState {
  /** The tape of the gradient being computed. */
  activeTape: { inputs: Record<string, Tensor>; saved: Tensor[] }[] | null
  /** How many gradients are being computed, one inside the other. */
  gradientDepth: number
}

/** The engine's state, with its tape. */
export function tapeState(): TapeState {
  const { state } = engine() as unknown as { state: object | undefined }
  if (state === undefined || !('activeTape' in state || 'gradientDepth' in state)) {
    throw new BackendError('any', 'this version of @tensorflow/tfjs-core keeps its gradient tape elsewhere; 4.22 fits')
  }
  return state as TapeState
}

/**
 * Disposes what tfjs saved for a backward pass that will never run, because the function under `variableGrads` threw:
 * tfjs itself leaves it behind. Call it in the `catch`, before the next gradient.
 */
export function releaseTape(): void {
  for (const { saved } of tapeState().activeTape ?? []) dispose(saved)
}
