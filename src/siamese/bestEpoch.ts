import { getWeights, setWeights, type NamedTensors } from '../training/index.js'
import type { SiameseNetwork } from './network.js'

/** Which epoch is the best. */
export interface BestRule {
  /** A validation metric by name: `loss`, `accuracy`, `auc`, or one of `metrics`. */
  readonly metric: string
  /** Whether higher (`max`) or lower (`min`) values are better. */
  readonly direction: 'max' | 'min'
}

/** The best epoch so far. */
export interface BestEpoch {
  /** The epoch, counted from 1. */
  readonly epoch: number
  /** Its value of the metric. */
  readonly value: number
  /** The network's weights after it. */
  readonly weights: NamedTensors
}

/** Remembers the best weights. Of equal values the earlier epoch stays; NaN is never better. */
export interface BestEpochKeeper {
  /** The best epoch so far, if one had a number. */
  readonly best: BestEpoch | undefined
  /** Looks at the metrics of an epoch, measured with the weights that the network holds now. */
  offer(epoch: number, values: Readonly<Record<string, number>>): Promise<void>
  /** Whether so many epochs have passed without a better one after `epoch` epochs. */
  isOver(epoch: number): boolean
  /** Puts the best weights into the network. */
  restore(): void
}

/** A keeper that goes on from `best`. */
export function createBestEpochKeeper(
  network: SiameseNetwork,
  { metric, direction }: BestRule,
  patience: number,
  best: BestEpoch | undefined,
): BestEpochKeeper {
  let kept = best
  return {
    get best() {
      return kept
    },
    async offer(epoch, values) {
      const value = values[metric]!
      const isBetter =
        kept === undefined ? !Number.isNaN(value) : direction === 'max' ? value > kept.value : value < kept.value
      if (isBetter) kept = { epoch, value, weights: await getWeights(network.variables) }
    },
    isOver: (epoch) => epoch - (kept?.epoch ?? 0) >= patience,
    restore() {
      if (kept !== undefined) setWeights(network.variables, kept.weights, 'best epoch')
    },
  }
}
