import { reshape, slice, tensor1d, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { selectRows } from '../losses/index.js'
import type { Batch, Tuples } from './batch.js'
import type { SiameseContext } from './lossTerms.js'
import type { SiameseNetwork } from './network.js'

/** The values of a vector at the given places. */
const select = (x: Tensor1D, places: ArrayLike<number>): Tensor1D =>
  reshape(selectRows(reshape(x, [-1, 1]), places), [-1])

/**
 * What the loss terms see of a batch, given its images' embeddings. Call it inside `tidy`.
 *
 * @param labels of the whole training set
 */
export function lossContext(
  network: SiameseNetwork,
  labels: ArrayLike<number>,
  batch: Batch,
  embeddings: Tensor2D,
  { pairs: { a, b, isSimilar }, triplets }: Tuples,
): SiameseContext {
  const classes = tensor1d(
    batch.images.map((image) => labels[image]!),
    'float32',
  )
  const logits = network.classify(embeddings)
  const n = a.length
  /** Of a twin the rows lie side by side. */
  const rows = (x: Tensor2D, places: ArrayLike<number>): Tensor2D =>
    batch.areTwins ? slice(x, [places[0]!, 0], [n, -1]) : selectRows(x, places)
  const ofPair = (x: Tensor1D, places: ArrayLike<number>): Tensor1D => reshape(rows(reshape(x, [-1, 1]), places), [-1])
  const embeddingsA = rows(embeddings, a)
  const embeddingsB = rows(embeddings, b)
  const distance = network.distance(embeddingsA, embeddingsB)
  const ofTriplets = triplets && {
    ...triplets.places,
    positiveDistance: select(distance, triplets.positive),
    negativeDistance: select(distance, triplets.negative),
  }
  return {
    embeddingsA,
    embeddingsB,
    logitsA: ofPair(logits, a),
    logitsB: ofPair(logits, b),
    labelsA: ofPair(classes, a),
    labelsB: ofPair(classes, b),
    isSimilar: tensor1d(Array.from(isSimilar), 'float32'),
    distance,
    images: { embeddings, logits, labels: classes },
    ...(ofTriplets === undefined ? {} : { triplets: ofTriplets }),
  }
}
