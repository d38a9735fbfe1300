import {
  add,
  concat,
  customGrad,
  gather,
  matMul,
  tensor1d,
  tensor2d,
  tidy,
  zeros,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'
import type { Distance } from './distance.js'
import { requirePlaces } from './tuples.js'

/** Most numbers of a matrix that adds rows up. */
const mostOnes = 2 ** 18

/** Most numbers of the embeddings, on either side, whose distances are taken at once. */
const mostNumbers = 2 ** 20

/**
 * The sum of those rows of `x` that have the place, for each place below `count`: products with matrices of zeros and ones, a few
 * places at a time. It adds up in the same order on every backend's every run, in memory proportional to `x`.
 */
function sumRows(x: Tensor2D, places: ArrayLike<number>, count: number): Tensor2D {
  return tidy(() => {
    // The rows by place, and among those of one place as they stand: a counting sort.
    const ends = new Int32Array(count + 1)
    for (let k = 0; k < places.length; k++) ends[places[k]! + 1]!++
    for (let place = 0; place < count; place++) ends[place + 1]! += ends[place]!
    const starts = ends.slice()
    const order = new Int32Array(places.length)
    for (let k = 0; k < places.length; k++) order[ends[places[k]!]!++] = k

    const sums: Tensor2D[] = []
    for (let place = 0, next = 0; place < count; place = next) {
      next = place + 1
      while (next < count && (next + 1 - place) * (starts[next + 1]! - starts[place]!) <= mostOnes) next++
      sums.push(tidy(() => sumSome(x, order, starts, place, next)))
    }
    return sums.length === 1 ? sums[0]! : (concat(sums, 0) as Tensor2D)
  })
}

/** The sums of the places from `first` to `last`, without it: of rows `order[starts[place]]` to before `starts[place + 1]`. */
function sumSome(x: Tensor2D, order: Int32Array, starts: Int32Array, first: number, last: number): Tensor2D {
  const places = last - first
  const step = Math.max(1, Math.floor(mostOnes / places))
  let sum: Tensor2D | undefined
  for (let from = starts[first]!; from < starts[last]!; from += step) {
    const rows = Math.min(step, starts[last]! - from)
    const ones = new Float32Array(places * rows)
    for (let k = 0, place = first; k < rows; k++) {
      while (starts[place + 1]! <= from + k) place++
      ones[(place - first) * rows + k] = 1
    }
    const some = gather(x, tensor1d(order.subarray(from, from + rows), 'int32')) as Tensor2D
    const part: Tensor2D = matMul(tensor2d(ones, [places, rows]), some)
    sum = sum === undefined ? part : add<Tensor2D>(sum, part)
  }
  return sum ?? zeros([places, x.shape[1]])
}

/**
 * The rows of `x` at the given places, in that order, any of them several times. The gradient adds up in the same order each time,
 * which tfjs's own of `gather` need not. Takes the memory of the rows. The caller disposes it.
 *
 * @param x `[rows, columns]`; borrowed.
 * @param places whole numbers below `x`'s rows
 * @throws ArgumentError for another place
 */
export function selectRows(x: Tensor2D, places: ArrayLike<number>): Tensor2D {
  const [rows] = x.shape
  requirePlaces('places', places, rows, 'a row')
  const select = customGrad((from) => ({
    value: gather(from as Tensor, tensor1d(Int32Array.from(places), 'int32')),
    gradFunc: (dy: Tensor) => sumRows(dy as Tensor2D, places, rows),
  }))
  return tidy(() => select(x) as Tensor2D)
}

/**
 * The distance of every two embeddings, read from the backend: what a miner goes by. Each unordered pair is computed once and 0
 * stands for an embedding with itself. The work is `n (n - 1) / 2` distances, a few at a time.
 *
 * @param embeddings `[n, embeddingSize]`; borrowed.
 * @param distance of two batches of embeddings, row by row, for example `euclideanDistance` or a network's own.
 * @returns `n x n` numbers, row by row.
 * @throws ArgumentError where the embeddings are not two-dimensional, or the distance gives another shape than `[pairs]`
 */
export async function distanceMatrix(embeddings: Tensor2D, distance: Distance): Promise<Float32Array> {
  if (embeddings.shape.length !== 2)
    throw new ArgumentError('embeddings', 'have the shape [n, embeddingSize]', `[${embeddings.shape}]`)
  const [n, size] = embeddings.shape
  const count = (n * (n - 1)) / 2
  const a = new Int32Array(count)
  const b = new Int32Array(count)
  for (let i = 0, k = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++, k++) [a[k], b[k]] = [i, j]
  }
  const matrix = new Float32Array(n * n)
  if (count === 0) return matrix
  const all = tidy(() => {
    const step = Math.max(1, Math.floor(mostNumbers / Math.max(1, size)))
    const parts: Tensor1D[] = []
    for (let from = 0; from < count; from += step) {
      const rows = (places: Int32Array): Tensor2D => selectRows(embeddings, places.subarray(from, from + step))
      parts.push(tidy(() => distance(rows(a), rows(b))))
    }
    return concat(parts)
  })
  try {
    if (all.shape.length !== 1 || all.size !== count)
      throw new ArgumentError('distance', `give the shape [pairs], here [${count}]`, `[${all.shape}]`)
    const values = await all.data()
    values.forEach((value, k) => {
      matrix[a[k]! * n + b[k]!] = value
      matrix[b[k]! * n + a[k]!] = value
    })
    return matrix
  } finally {
    all.dispose()
  }
}
