import { ArgumentError } from '../errors.js'

/** Pairs of images: places in a batch, or indices into a set. */
export interface Pairs {
  /** Each pair's first image. */
  readonly a: ArrayLike<number>
  /** Each pair's second image. */
  readonly b: ArrayLike<number>
  /** 1 where both are of one class, 0 where they differ. */
  readonly isSimilar: ArrayLike<number>
}

/** Triplets of images: places in a batch, or indices into a set. */
export interface Triplets {
  /** The images that the other two are compared with. */
  readonly anchor: ArrayLike<number>
  /** Each anchor's image of its class. */
  readonly positive: ArrayLike<number>
  /** Each anchor's image of another class. */
  readonly negative: ArrayLike<number>
}

/** Throws unless these are whole numbers from 0 to below `count`. */
export function requirePlaces(argument: string, places: ArrayLike<number>, count: number, of: string): void {
  for (let k = 0; k < places.length; k++) {
    const place = places[k]!
    if (!Number.isInteger(place) || place < 0 || place >= count)
      throw new ArgumentError(`${argument}[${k}]`, `be an integer from 0 to ${count - 1}, ${of}`, place)
  }
}

/** Throws unless all are pairs of two different ones of `count`. */
export function requirePairPlaces({ a, b, isSimilar }: Pairs, count: number, of: string): void {
  if (b.length !== a.length || isSimilar.length !== a.length)
    throw new ArgumentError('pairs', 'have a, b and isSimilar of one length', [a.length, b.length, isSimilar.length])
  requirePlaces('pairs.a', a, count, of)
  requirePlaces('pairs.b', b, count, of)
  for (let k = 0; k < a.length; k++) {
    if (a[k] === b[k]) throw new ArgumentError(`pairs.b[${k}]`, 'be another image than pairs.a', b[k])
    if (isSimilar[k] !== 0 && isSimilar[k] !== 1)
      throw new ArgumentError(`pairs.isSimilar[${k}]`, 'be 0 or 1', isSimilar[k])
  }
}

/** Throws unless all are triplets of three different ones of `count`. */
export function requireTripletPlaces(triplets: Triplets, count: number, of: string): void {
  const { anchor, positive, negative } = triplets
  if (positive.length !== anchor.length || negative.length !== anchor.length)
    throw new ArgumentError('triplets', 'have anchor, positive and negative of one length', [
      anchor.length,
      positive.length,
      negative.length,
    ])
  for (const [name, places] of Object.entries({ anchor, positive, negative }))
    requirePlaces(`triplets.${name}`, places, count, of)
  for (let k = 0; k < anchor.length; k++) {
    if (positive[k] === anchor[k])
      throw new ArgumentError(`triplets.positive[${k}]`, 'be another image than the anchor', positive[k])
    if (negative[k] === anchor[k] || negative[k] === positive[k])
      throw new ArgumentError(`triplets.negative[${k}]`, 'be another image than anchor and positive', negative[k])
  }
}

/** The pairs that triplets are made of, each once, and which of them every triplet's two are. */
export interface PairsOfTriplets {
  /** Anchors and positives (similar), anchors and negatives, `a < b`, in the order in which the triplets name them. */
  readonly pairs: Pairs
  /** Of each triplet the pair of anchor and positive. */
  readonly positive: Int32Array
  /** Of each triplet the pair of anchor and negative. */
  readonly negative: Int32Array
}

/** The pairs of triplets of `count` images, so that no distance is taken twice: all of 64 images are 63,488, of 2,016 pairs. */
export function pairsOfTriplets({ anchor, positive, negative }: Triplets, count: number): PairsOfTriplets {
  const places = new Map<number, number>()
  const pairs = { a: [] as number[], b: [] as number[], isSimilar: [] as number[] }
  const placeOf = (i: number, j: number, isSimilar: 0 | 1): number => {
    const [a, b] = i < j ? [i, j] : [j, i]
    const key = (a * count + b) * 2 + isSimilar
    const known = places.get(key)
    if (known !== undefined) return known
    places.set(key, pairs.a.length)
    pairs.a.push(a)
    pairs.b.push(b)
    pairs.isSimilar.push(isSimilar)
    return pairs.a.length - 1
  }
  const found = { positive: new Int32Array(anchor.length), negative: new Int32Array(anchor.length) }
  for (let k = 0; k < anchor.length; k++) {
    found.positive[k] = placeOf(anchor[k]!, positive[k]!, 1)
    found.negative[k] = placeOf(anchor[k]!, negative[k]!, 0)
  }
  return { pairs, ...found }
}
