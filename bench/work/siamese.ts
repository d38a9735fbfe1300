import { dispose, randomUniform, tensor1d, type Rank, type Tensor } from '@tensorflow/tfjs-core'
import { createSiamese, createSiameseTrainer } from '../../src/siamese/index.js'
import type { SiameseSpec } from '../rows.js'
import type { Work } from './work.js'

/** One step of the Siamese trainer. Dropout is off, so that a peer's losses can be compared; it costs next to nothing. */
export function siameseWork({ size, widths, pairs }: SiameseSpec): Work {
  const network = createSiamese({ inputShape: [size, size, 3], widths, dropout: 0 })
  const all = randomUniform<Rank.R4>([2 * pairs, size, size, 3], 0, 1, 'float32', 1)
  const indices = Array.from({ length: pairs }, (_, i) => i)
  const labels = Array.from({ length: 2 * pairs }, (_, i) => (i % 3 === 0 ? 1 : 0))
  const pairing = {
    a: indices,
    b: indices.map((i) => i + pairs),
    isSimilar: indices.map((i) => Number(labels[i] === labels[i + pairs])),
  }
  // The batch is the whole set: first images, then second ones, in order.
  const trainer = createSiameseTrainer({ network, images: () => all.clone(), labels, learningRate: 1e-4 })
  const step = async (): Promise<number> => (await trainer.train(pairing))['loss']!
  const labelTensor = tensor1d(labels, 'float32')
  const similar = tensor1d(pairing.isSimilar, 'float32')
  return {
    parameters: network.parameterCount,
    given: new Map<string, Tensor>([
      ['images', all],
      ['labels', labelTensor],
      ['isSimilar', similar],
      ...network.variables,
    ]),
    result: async () => tensor1d([await step(), await step()]),
    run: async () => {
      await step()
      return undefined
    },
    dispose() {
      dispose([all, labelTensor, similar])
      trainer.dispose()
      network.dispose()
    },
  }
}
