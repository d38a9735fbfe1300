import { createRandom } from '../../../src/random.js'

/** A dense array of float64 numbers, row by row: what the truth is computed with. */
export interface Values {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1)

/** Values of the given shape and numbers. */
export function values(shape: readonly number[], data: ArrayLike<number>): Values {
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} numbers do not fill [${shape.join(', ')}]`)
  return { shape, data: Float64Array.from(data) }
}

/** The array whose element at each index is what the function gives for it. */
export function build(shape: readonly number[], valueAt: (...index: number[]) => number): Values {
  const data = new Float64Array(sizeOf(shape))
  const index = shape.map(() => 0)
  for (let i = 0; i < data.length; i++) {
    data[i] = valueAt(...index)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis]! + 1
      if (index[axis]! < shape[axis]!) break
      index[axis] = 0
    }
  }
  return { shape, data }
}

/** The element at an index. */
export function at({ shape, data }: Values, ...index: number[]): number {
  let place = 0
  for (let axis = 0; axis < shape.length; axis++) {
    const i = index[axis]!
    if (!(i >= 0 && i < shape[axis]!)) throw new Error(`no element [${index.join(', ')}] in [${shape.join(', ')}]`)
    place = place * shape[axis]! + i
  }
  return data[place]!
}

/** The same numbers in another shape. */
export const reshaped = ({ data }: Values, shape: readonly number[]): Values => values(shape, data)

/** The function of each element. */
export const mapped = ({ shape, data }: Values, fn: (x: number) => number): Values => ({ shape, data: data.map(fn) })

/** The function of each pair of elements of two arrays, broadcast as NumPy does. */
export function zipped(a: Values, b: Values, fn: (x: number, y: number) => number): Values {
  const rank = Math.max(a.shape.length, b.shape.length)
  const padded = (x: Values): number[] => [...Array<number>(rank - x.shape.length).fill(1), ...x.shape]
  const [first, second] = [reshaped(a, padded(a)), reshaped(b, padded(b))]
  const within = (x: Values, index: number[]): number => at(x, ...index.map((i, axis) => (x.shape[axis] === 1 ? 0 : i)))
  const shape = first.shape.map((n, axis) => Math.max(n, second.shape[axis]!))
  return build(shape, (...index) => fn(within(first, index), within(second, index)))
}

/** Seeded uniform numbers, exact in float32, so that every backend gets the very same. */
export function uniform(seed: string, shape: readonly number[], low = -1, high = 1): Values {
  const random = createRandom(0, 'conformance', seed)
  return build(shape, () => Math.fround(random.uniform(low, high)))
}

/** Seeded numbers at equal distances in [low, high], shuffled: no two are near each other, so no maximum is a matter of rounding. */
export function distinct(seed: string, shape: readonly number[], low = -1, high = 1): Values {
  const n = sizeOf(shape)
  const order = createRandom(0, 'conformance', seed).shuffle(Array.from({ length: n }, (_, i) => i))
  let k = 0
  return build(shape, () => Math.fround(low + ((high - low) * (order[k++]! + 0.5)) / n))
}

/**
 * The gradient of `sum(fn(inputs) * dy)` with respect to one input, by central differences in float64: good to about
 * eight digits where fn is smooth, and exact but for rounding where it is linear.
 */
export function slope(
  fn: (...inputs: Values[]) => Values,
  inputs: readonly Values[],
  which: number,
  dy: Values,
): Values {
  const step = 1e-4
  const x = inputs[which]!
  const valueAt = (i: number, delta: number): number => {
    const moved = { shape: x.shape, data: Float64Array.from(x.data) }
    moved.data[i]! += delta
    const y = fn(...inputs.map((input, k) => (k === which ? moved : input)))
    if (y.data.length !== dy.data.length) throw new Error('dy has another size than the value')
    return y.data.reduce((sum, value, k) => sum + value * dy.data[k]!, 0)
  }
  return { shape: x.shape, data: x.data.map((_, i) => (valueAt(i, step) - valueAt(i, -step)) / (2 * step)) }
}
