import {
  mul,
  reshape,
  sum,
  tensor1d,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'
import { euclideanDistance, type Distance } from './distance.js'
import { reduceLoss, type Reduction } from './reduction.js'
import { distanceMatrix, selectRows } from './rows.js'
import { pairsOfTriplets, requirePairPlaces, requireTripletPlaces, type Pairs, type Triplets } from './tuples.js'

/** What a loss of pairs is taken of. Borrowed. */
export interface PairDistances {
  /** `[pairs]`: of the two embeddings of each pair. */
  readonly distance: Tensor1D
  /** `[pairs]`: 1 = similar, 0 = dissimilar. */
  readonly isSimilar: Tensor1D
}

/** What a loss of triplets is taken of. Borrowed. */
export interface TripletDistances {
  /** `[triplets]`: of anchor and positive. */
  readonly positiveDistance: Tensor1D
  /** `[triplets]`: of anchor and negative. */
  readonly negativeDistance: Tensor1D
}

/**
 * Chooses pairs or triplets of a batch by its distances, `n x n` numbers row by row, and the labels of its n images: places in the
 * batch. `minePairs` and `mineTriplets` are miners; one that needs no distances leaves them, as in
 * `(_, labels) => pairsInBatch(labels)`.
 */
export type Miner<T extends Pairs | Triplets> = (distances: Float32Array, labels: ArrayLike<number>) => T

/** The four parts of a {@link MetricLoss}. */
export interface MetricLossOptions<T extends Pairs | Triplets> {
  /** Of two batches of embeddings, row by row; default `euclideanDistance`. */
  readonly distance?: Distance
  /** Which pairs or triplets the loss is taken on. */
  readonly miner: Miner<T>
  /** What each of them costs: `[pairs]` or `[triplets]`, the reduction `'none'` of a loss. */
  readonly loss: (given: T extends Triplets ? TripletDistances : PairDistances) => Tensor
  /** How the costs are gathered: by name (default `'mean'`), or by a function of them and of what was mined. */
  readonly reduction?: Exclude<Reduction, 'none'> | ((costs: Tensor1D, mined: T) => Scalar)
}

/** A loss of a batch's embeddings, in two steps: the choice reads distances and is not differentiated, the value is. */
export interface MetricLoss<T extends Pairs | Triplets> {
  /**
   * What the miner makes of the distances of these embeddings. Reads them from the backend.
   *
   * @param embeddings `[n, embeddingSize]`; borrowed.
   * @param labels of the n images
   * @throws ArgumentError where there are not n labels; what the miner throws, such as for a distance of NaN
   */
  mine(embeddings: Tensor2D, labels: ArrayLike<number>): Promise<T>
  /**
   * The loss of the embeddings on pairs or triplets that were mined; 0, with gradient 0, where there are none.
   *
   * @param embeddings `[n, embeddingSize]`; borrowed.
   * @returns a scalar; the caller disposes it.
   * @throws ArgumentError for places that are not of the batch, an image with itself, or a loss of another shape
   */
  value(embeddings: Tensor2D, mined: T): Scalar
}

const aPlace = 'a place in the batch'

/**
 * A metric-learning loss put together of distance, miner, loss and reduction, in any combination: pytorch-metric-learning's freedom,
 * of plain functions.
 *
 * `metricLoss({ miner: mineTriplets, loss: ({ positiveDistance, negativeDistance }) => tripletLoss(positiveDistance, negativeDistance,
 * { reduction: 'none' }), reduction: 'mean-active' })` is the triplet loss of batch-hard triplets.
 */
export function metricLoss<T extends Pairs | Triplets>({
  distance = euclideanDistance,
  miner,
  loss,
  reduction = 'mean',
}: MetricLossOptions<T>): MetricLoss<T> {
  const costsOf = loss as (given: PairDistances | TripletDistances) => Tensor
  /** The costs, and how many there have to be. */
  function costs(embeddings: Tensor2D, mined: Pairs | Triplets): Tensor {
    const distanceOf = ({ a, b }: Pairs): Tensor1D => distance(selectRows(embeddings, a), selectRows(embeddings, b))
    if (!('anchor' in mined))
      return costsOf({ distance: distanceOf(mined), isSimilar: tensor1d(Array.from(mined.isSimilar), 'float32') })
    const { pairs, positive, negative } = pairsOfTriplets(mined, embeddings.shape[0])
    const ofPairs: Tensor2D = reshape(distanceOf(pairs), [-1, 1])
    return costsOf({
      positiveDistance: reshape(selectRows(ofPairs, positive), [-1]),
      negativeDistance: reshape(selectRows(ofPairs, negative), [-1]),
    })
  }
  return {
    async mine(embeddings, labels) {
      if (labels.length !== embeddings.shape[0])
        throw new ArgumentError('labels', `hold one of each embedding, ${embeddings.shape[0]}`, labels.length)
      return miner(await distanceMatrix(embeddings, distance), labels)
    },
    value(embeddings, mined) {
      const [count] = embeddings.shape
      if ('anchor' in mined) requireTripletPlaces(mined, count, aPlace)
      else requirePairPlaces(mined, count, aPlace)
      const n = 'anchor' in mined ? mined.anchor.length : mined.a.length
      return tidy(() => {
        if (n === 0) return mul<Scalar>(sum(embeddings), 0)
        const found = costs(embeddings, mined)
        if (found.shape.length !== 1 || found.size !== n)
          throw new ArgumentError('the result of options.loss', `be one cost each, of shape [${n}]`, `[${found.shape}]`)
        return typeof reduction === 'function'
          ? reduction(found as Tensor1D, mined)
          : reduceLoss('options.loss', found, reduction)
      })
    },
  }
}
