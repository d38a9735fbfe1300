import type { Tensor } from '@tensorflow/tfjs-core'

/** Something to time, made of the package's own networks and trainers on the active backend. */
export interface Work {
  /** Trainable values; undefined where there is no network. */
  readonly parameters?: number
  /** Everything a peer needs to do the same: inputs, and weights by BasicSR's names in tfjs's layouts. Owned by the work. */
  readonly given: ReadonlyMap<string, Tensor>
  /**
   * What a peer must reproduce: the output, or for a training step the losses of the first two steps. The caller
   * disposes it.
   */
  result(): Promise<Tensor>
  /** One repetition. Returns its output, where there is one, for the caller to wait for and dispose. */
  run(): Promise<Tensor | undefined>
  /** Disposes networks, trainers and inputs. */
  dispose(): void
}
