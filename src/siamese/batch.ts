import { ArgumentError } from '../errors.js'

/** Pairs of images as indices into the training set. */
export interface Pairs {
  /** Index of each pair's first image. */
  readonly a: ArrayLike<number>
  /** Index of each pair's second image. */
  readonly b: ArrayLike<number>
  /** 1 where both are of one class, 0 where they differ. */
  readonly isSimilar: ArrayLike<number>
}

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

/** A batch as the trainer works on it. */
export interface Batch {
  /** Indices of the images, in the order in which they are embedded. */
  readonly images: readonly number[]
  /** Images whose places differ by this many share their dropout mask. */
  readonly period: number
  /** Whether all first images stand before all second ones, in the pairs' order. */
  readonly areTwins: boolean
  /** Places in `images`. */
  readonly pairs: Pairs | ((distances: Float32Array) => Pairs)
}

/** Throws unless these are whole numbers from 0 to below `count`. */
function requirePlaces(argument: string, places: ArrayLike<number>, count: number, of: string): void {
  for (let k = 0; k < places.length; k++) {
    const place = places[k]!
    if (!Number.isInteger(place) || place < 0 || place >= count)
      throw new ArgumentError(`${argument}[${k}]`, `be an integer from 0 to ${count - 1}, ${of}`, place)
  }
}

/** Throws unless there are pairs, of two different ones of `count`. */
export function requirePairs({ a, b, isSimilar }: Pairs, count: number, of: string): void {
  if (a.length === 0 || b.length !== a.length || isSimilar.length !== a.length)
    throw new ArgumentError('pairs', 'have a, b and isSimilar of one length >= 1', [
      a.length,
      b.length,
      isSimilar.length,
    ])
  requirePlaces('pairs.a', a, count, of)
  requirePlaces('pairs.b', b, count, of)
  for (let k = 0; k < a.length; k++) {
    if (a[k] === b[k]) throw new ArgumentError(`pairs.b[${k}]`, 'be another image than pairs.a', b[k])
    if (isSimilar[k] !== 0 && isSimilar[k] !== 1)
      throw new ArgumentError(`pairs.isSimilar[${k}]`, 'be 0 or 1', isSimilar[k])
  }
}

/** What an index within a batch is called in errors. */
export const aPlace = 'a place in the batch'
const anImage = 'an index into the labels'

/** Checks a batch, whose indices are into `count` labels. */
export function readBatch(batch: Pairs | PairedImages, count: number): Batch {
  if ('images' in batch) {
    const images = Array.from(batch.images)
    requirePlaces('images', images, count, anImage)
    if (typeof batch.pairs !== 'function') requirePairs(batch.pairs, images.length, aPlace)
    return { images, period: 1, areTwins: false, pairs: batch.pairs }
  }
  requirePairs(batch, count, anImage)
  const n = batch.a.length
  const places = Array.from({ length: 2 * n }, (_, i) => i)
  return {
    images: [...Array.from(batch.a), ...Array.from(batch.b)],
    period: n,
    areTwins: true,
    pairs: { a: places.slice(0, n), b: places.slice(n), isSimilar: batch.isSimilar },
  }
}
