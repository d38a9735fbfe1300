import { ArgumentError, requireInteger } from '../errors.js'
import type { Metric } from './network.js'

/** Embeddings as plain numbers, row by row: `[count * embeddingSize]`. */
export type Embeddings = ArrayLike<number>

/** The distance of row `i` of one set of embeddings from row `j` of another. */
export type RowDistance = (i: number, j: number) => number

/** How many rows there are. Throws an ArgumentError unless they are whole, and every number finite. */
export function requireEmbeddings(argument: string, embeddings: Embeddings, embeddingSize: number): number {
  requireInteger('embeddingSize', embeddingSize, 1)
  const rows = embeddings.length / embeddingSize
  if (!Number.isInteger(rows)) {
    throw new ArgumentError(argument, `hold whole rows of ${embeddingSize} numbers`, `${embeddings.length} numbers`)
  }
  for (let i = 0; i < embeddings.length; i++) {
    if (!Number.isFinite(embeddings[i]))
      throw new ArgumentError(`${argument}[${i}]`, 'be a finite number', embeddings[i])
  }
  return rows
}

/** The squared length of each row. */
function squaredLengths(rows: Embeddings, size: number): Float64Array {
  const squares = new Float64Array(rows.length / size)
  for (let i = 0, at = 0; i < squares.length; i++) {
    for (let k = 0; k < size; k++, at++) squares[i]! += rows[at]! ** 2
  }
  return squares
}

/**
 * Distances between the rows of `a` and those of `b` in float64, by the same formulas as `network.distance`: `euclidean`, `squared`
 * and `cosine`, of which a row of zeros has 1 to all.
 */
export function rowDistance(metric: Metric, a: Embeddings, b: Embeddings, size: number): RowDistance {
  if (metric === 'cosine') {
    const [squaresA, squaresB] = [squaredLengths(a, size), squaredLengths(b, size)]
    return (i, j) => {
      // Lengths below 1e-12 count as zero, as in the loss.
      if (squaresA[i]! <= 1e-24 || squaresB[j]! <= 1e-24) return 1
      let product = 0
      for (let k = 0, p = i * size, q = j * size; k < size; k++) product += a[p++]! * b[q++]!
      // Rounding may take it below 0.
      return Math.max(0, 1 - product / Math.sqrt(squaresA[i]! * squaresB[j]!))
    }
  }
  const squared: RowDistance = (i, j) => {
    let sum = 0
    for (let k = 0, p = i * size, q = j * size; k < size; k++) {
      const difference = a[p++]! - b[q++]!
      sum += difference * difference
    }
    return sum
  }
  if (metric === 'squared') return squared
  if (metric === 'euclidean') return (i, j) => Math.sqrt(squared(i, j))
  throw new ArgumentError('metric', 'be euclidean, squared or cosine', metric)
}

/** Rows of each pair. */
export interface PairRows {
  /** Row of the first. */
  readonly a: ArrayLike<number>
  /** Row of the second. */
  readonly b: ArrayLike<number>
}

/** Throws unless the embeddings are whole finite rows, and the pairs rows of them. */
export function requirePairRows(embeddings: Embeddings, { a, b }: PairRows, embeddingSize: number): void {
  const count = requireEmbeddings('embeddings', embeddings, embeddingSize)
  if (a.length !== b.length) throw new ArgumentError('pairs.b', `have as many rows as pairs.a (${a.length})`, b.length)
  for (const [name, rows] of Object.entries({ a, b })) {
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k]!
      if (!Number.isInteger(row) || row < 0 || row >= count)
        throw new ArgumentError(`pairs.${name}[${k}]`, `be an integer from 0 to ${count - 1}, a row of embeddings`, row)
    }
  }
}

/** What {@link pairDistances} needs to know of the embeddings. */
export interface PairDistancesOptions {
  /** Numbers in a row. */
  readonly embeddingSize: number
  /** How far apart two rows are: the network's `metric`. */
  readonly metric: Metric
}

/**
 * The distance of each pair of rows, `network.distance` on plain numbers and in float64: what `fitPairHead` takes.
 *
 * @param embeddings `[count * embeddingSize]`, from `embedImages`
 * @param pairs rows `a` and `b` of each pair, from `samplePairs`
 * @returns one distance for each pair
 * @throws ArgumentError for rows that there are not, or numbers that are not finite
 */
export function pairDistances(
  embeddings: Embeddings,
  { a, b }: PairRows,
  { embeddingSize, metric }: PairDistancesOptions,
): Float64Array {
  requirePairRows(embeddings, { a, b }, embeddingSize)
  const distance = rowDistance(metric, embeddings, embeddings, embeddingSize)
  return Float64Array.from({ length: a.length }, (_, k) => distance(a[k]!, b[k]!))
}
