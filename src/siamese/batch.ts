import { ArgumentError } from '../errors.js'
import type { Pairs, Triplets } from '../losses/index.js'
import { pairsOfTriplets, requirePairPlaces, requirePlaces, requireTripletPlaces } from '../losses/tuples.js'

/** Different images, and the pairs among them. */
export interface PairedImages {
  /** Indices into the training set, each once. */
  readonly images: ArrayLike<number>
  /**
   * The pairs, at least one, as places in `images`; or what makes them of the images' distances, `n x n` numbers row by row: of the
   * very embeddings whose loss is taken, dropout included. Costs twice the encoder's forward work, as micro-batches do.
   */
  readonly pairs: Pairs | ((distances: Float32Array) => Pairs)
}

/** Different images, and the triplets among them. */
export interface TripletImages {
  /** Indices into the training set, each once. */
  readonly images: ArrayLike<number>
  /** The triplets, at least one, as places in `images`; or what makes them of the images' distances, as in {@link PairedImages}. */
  readonly triplets: Triplets | ((distances: Float32Array) => Triplets)
}

/**
 * What a trainer takes a step on. `Pairs` and `Triplets` are indices into the training set, as `pairSampler` and `tripletSampler`
 * give them; the others are images with the places in them.
 */
export type SiameseBatch = Pairs | Triplets | PairedImages | TripletImages

/** The pairs of a step, and where it has triplets those, each with the places of its two pairs. */
export interface Tuples {
  readonly pairs: Pairs
  readonly triplets?: {
    readonly places: Triplets
    readonly positive: Int32Array
    readonly negative: Int32Array
  }
}

/** A batch as the trainer works on it. */
export interface Batch {
  /** Indices of the images, in the order in which they are embedded. */
  readonly images: readonly number[]
  /** Images whose places differ by this many share their dropout mask. */
  readonly period: number
  /** Whether all first images stand before all second ones, in the pairs' order. */
  readonly areTwins: boolean
  /** Places in `images`. */
  readonly tuples: Tuples | ((distances: Float32Array) => Tuples)
}

const aPlace = 'a place in the batch'
const anImage = 'an index into the labels'

/** Throws unless there are pairs, of two different ones of `count`. */
function requirePairs(pairs: Pairs, count: number, of: string): void {
  requirePairPlaces(pairs, count, of)
  if (pairs.a.length === 0) throw new ArgumentError('pairs', 'hold at least one pair', pairs.a)
}

/** Throws unless there are triplets, of three different ones of `count`. */
function requireTriplets(triplets: Triplets, count: number, of: string): void {
  requireTripletPlaces(triplets, count, of)
  if (triplets.anchor.length === 0) throw new ArgumentError('triplets', 'hold at least one triplet', triplets.anchor)
}

/** Pairs, checked, as the trainer works on them. */
function tuplesOfPairs(pairs: Pairs, count: number): Tuples {
  requirePairs(pairs, count, aPlace)
  return { pairs }
}

/** Triplets, checked, and the pairs that they are made of. */
function tuplesOfTriplets(places: Triplets, count: number): Tuples {
  requireTriplets(places, count, aPlace)
  const { pairs, positive, negative } = pairsOfTriplets(places, count)
  return { pairs, triplets: { places, positive, negative } }
}

/** Triplets of indices as images, each once, with the places of the triplets in them. */
export function tripletImages(triplets: Triplets): { images: Int32Array; triplets: Triplets } {
  const places = new Map<number, number>()
  const placeOf = (image: number): number => {
    if (!places.has(image)) places.set(image, places.size)
    return places.get(image)!
  }
  const { anchor, positive, negative } = triplets
  const found = { anchor: [] as number[], positive: [] as number[], negative: [] as number[] }
  for (let k = 0; k < anchor.length; k++) {
    found.anchor.push(placeOf(anchor[k]!))
    found.positive.push(placeOf(positive[k]!))
    found.negative.push(placeOf(negative[k]!))
  }
  return { images: Int32Array.from(places.keys()), triplets: found }
}

/** Checks a batch, whose indices are into `count` labels. */
export function readBatch(batch: SiameseBatch, count: number): Batch {
  if ('images' in batch) {
    const images = Array.from(batch.images)
    requirePlaces('images', images, count, anImage)
    const n = images.length
    const { pairs, triplets }: Partial<PairedImages & TripletImages> = batch
    const tuples =
      typeof pairs === 'function'
        ? (distances: Float32Array) => tuplesOfPairs(pairs(distances), n)
        : typeof triplets === 'function'
          ? (distances: Float32Array) => tuplesOfTriplets(triplets(distances), n)
          : pairs === undefined
            ? tuplesOfTriplets(triplets!, n)
            : tuplesOfPairs(pairs, n)
    return { images, period: 1, areTwins: false, tuples }
  }
  if ('anchor' in batch) {
    requireTriplets(batch, count, anImage)
    return readBatch(tripletImages(batch), count)
  }
  requirePairs(batch, count, anImage)
  const n = batch.a.length
  const places = Array.from({ length: 2 * n }, (_, i) => i)
  return {
    images: [...Array.from(batch.a), ...Array.from(batch.b)],
    period: n,
    areTwins: true,
    tuples: { pairs: { a: places.slice(0, n), b: places.slice(n), isSimilar: batch.isSimilar } },
  }
}
