import { tidy } from '@tensorflow/tfjs-core'
import { binaryCrossEntropyWithLogits, type LossTerm } from '../losses/index.js'
import type { SiameseContext } from './lossTerms.js'
import type { SiameseNetwork } from './network.js'

/** The loss term `pair` of a network with `pairHead`: mean binary cross-entropy of `verify`, 1 = same class. None without. */
export function pairTerms({ verify }: SiameseNetwork): LossTerm<SiameseContext>[] {
  if (verify === undefined) return []
  return [
    {
      name: 'pair',
      weight: 1,
      fn: ({ embeddingsA, embeddingsB, isSimilar }) =>
        tidy(() => binaryCrossEntropyWithLogits(verify(embeddingsA, embeddingsB), isSimilar)),
    },
  ]
}
