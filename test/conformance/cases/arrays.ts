import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase } from '../case.js'
import { at, build, uniform, values, type Values } from '../truth/values.js'
import { both, forward, type Statement } from './statement.js'

const images = (name: string): Values => uniform(name, [2, 4, 5, 6])

/** The parts of an axis, one after the other. */
function joined(parts: readonly Values[], axis: number): Values {
  const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0)
  const shape = parts[0]!.shape.map((n, i) => (i === axis ? length : n))
  return build(shape, (...index) => {
    let i = index[axis]!
    for (const part of parts) {
      if (i < part.shape[axis]!) return at(part, ...index.map((n, k) => (k === axis ? i : n)))
      i -= part.shape[axis]!
    }
    throw new Error('beyond the last part')
  })
}

/** The part of an array that begins at an index. */
const cut = (x: Values, begin: readonly number[], size: readonly number[]): Values =>
  build(size, (...index) => at(x, ...index.map((i, axis) => i + begin[axis]!)))

const padded = (x: Values, pads: readonly (readonly [number, number])[], fill: number): Values =>
  build(
    x.shape.map((n, axis) => n + pads[axis]![0] + pads[axis]![1]),
    (...index) => {
      const place = index.map((i, axis) => i - pads[axis]![0])
      return place.every((i, axis) => i >= 0 && i < x.shape[axis]!) ? at(x, ...place) : fill
    },
  )

const concatenation = (axis: number): Statement => {
  const shapes = [2, 3, 1, 4].map((n) => [2, 3, 4, 5].map((size, i) => (i === axis ? n : size)))
  return {
    name: `concat of four along axis ${axis}`,
    inputs: Object.fromEntries(shapes.map((shape, i) => [`x${i}`, uniform(`concat ${axis} ${i}`, shape)])),
    op: (...parts: tf.Tensor[]) => tf.concat(parts, axis),
    truth: (...parts) => joined(parts, axis),
  }
}

const pads = [
  [0, 0],
  [1, 2],
  [0, 3],
  [1, 0],
] as [number, number][]

const picked = [3, 0, 3, 1, 1, 3]
const segments = [2, 0, 2, 1, 2]

const moving: Statement[] = [
  concatenation(0),
  concatenation(2),
  concatenation(3),
  {
    name: 'split into three, put together in another order',
    inputs: { x: images('split') },
    op: (x: tf.Tensor) => {
      const [a, b, c] = tf.split(x, [1, 3, 2], 3) as [tf.Tensor, tf.Tensor, tf.Tensor]
      return tf.concat([c, a, b], 3)
    },
    truth: (x) =>
      joined(
        [
          [4, 2],
          [0, 1],
          [1, 3],
        ].map(([begin, size]) => cut(x, [0, 0, 0, begin!], [2, 4, 5, size!])),
        3,
      ),
  },
  {
    name: 'slice',
    inputs: { x: images('slice') },
    op: (x: tf.Tensor4D) => tf.slice(x, [1, 1, 0, 2], [1, 2, 4, 3]),
    truth: (x) => cut(x, [1, 1, 0, 2], [1, 2, 4, 3]),
  },
  {
    name: 'pad with 0.5',
    inputs: { x: images('pad') },
    op: (x: tf.Tensor4D) => tf.pad(x, pads, 0.5),
    truth: (x) => padded(x, pads, 0.5),
  },
  {
    name: 'transpose of four axes',
    inputs: { x: images('transpose') },
    op: (x: tf.Tensor) => tf.transpose(x, [3, 0, 2, 1]),
    truth: (x) => build([6, 2, 5, 4], (k, b, j, i) => at(x, b, i, j, k)),
  },
  {
    name: 'transpose of six axes',
    inputs: { x: uniform('transpose 6', [2, 2, 3, 2, 2, 3]) },
    op: (x: tf.Tensor) => tf.transpose(x, [0, 1, 3, 5, 2, 4]),
    truth: (x) => build([2, 2, 2, 3, 3, 2], (a, b, d, f, c, e) => at(x, a, b, c, d, e, f)),
  },
  {
    name: 'stack',
    inputs: { a: uniform('stack/a', [2, 3, 4]), b: uniform('stack/b', [2, 3, 4]) },
    op: (a: tf.Tensor, b: tf.Tensor) => tf.stack([a, b], 2),
    truth: (a, b) => build([2, 3, 2, 4], (i, j, k, l) => at(k === 0 ? a : b, i, j, l)),
  },
  {
    name: 'unstack, in reverse order',
    inputs: { x: uniform('unstack', [2, 3, 4]) },
    op: (x: tf.Tensor) => tf.stack(tf.unstack(x, 1).toReversed(), 0),
    truth: (x) => build([3, 2, 4], (j, i, k) => at(x, i, 2 - j, k)),
  },
  {
    name: 'tile',
    inputs: { x: uniform('tile', [2, 3, 2]) },
    op: (x: tf.Tensor) => tf.tile(x, [1, 3, 2]),
    truth: (x) => build([2, 9, 4], (i, j, k) => at(x, i, j % 3, k % 2)),
  },
  {
    name: 'reverse of channels',
    inputs: { x: images('reverse') },
    op: (x: tf.Tensor) => tf.reverse(x, 3),
    truth: (x) => build(x.shape, (b, i, j, c) => at(x, b, i, j, 5 - c)),
  },
  {
    name: 'reshape, expandDims and squeeze',
    inputs: { x: images('reshape') },
    op: (x: tf.Tensor) => tf.squeeze(tf.expandDims(tf.reshape(x, [2, 20, 6, 1]), 2), [4]),
    truth: (x) => ({ shape: [2, 20, 1, 6], data: x.data }),
  },
  {
    name: 'broadcastTo',
    inputs: { x: uniform('broadcastTo', [3, 1, 2]) },
    op: (x: tf.Tensor) => tf.broadcastTo(x, [2, 3, 4, 2]),
    truth: (x) => build([2, 3, 4, 2], (_, i, __, k) => at(x, i, 0, k)),
  },
  {
    name: 'gather of rows, some of them twice',
    inputs: { x: uniform('gather', [4, 5]) },
    op: (x: tf.Tensor) => tf.gather(x, tf.tensor1d(picked, 'int32')),
    truth: (x) => build([6, 5], (i, j) => at(x, picked[i]!, j)),
  },
  {
    name: 'gather along axis 1',
    inputs: { x: uniform('gather 1', [2, 4, 3]) },
    op: (x: tf.Tensor) => tf.gather(x, tf.tensor1d(picked, 'int32'), 1),
    truth: (x) => build([2, 6, 3], (b, i, j) => at(x, b, picked[i]!, j)),
  },
  {
    name: 'gather by a matrix of indices',
    inputs: { x: uniform('gather 2', [4, 3]) },
    op: (x: tf.Tensor) => tf.gather(x, tf.tensor2d(picked, [2, 3], 'int32')),
    truth: (x) => build([2, 3, 3], (i, j, k) => at(x, picked[3 * i + j]!, k)),
  },
  {
    name: 'unsortedSegmentSum',
    inputs: { x: uniform('segments', [5, 3]) },
    op: (x: tf.Tensor) => tf.unsortedSegmentSum(x, tf.tensor1d(segments, 'int32'), 4),
    truth: (x) =>
      build([4, 3], (s, k) => segments.reduce((sum, segment, i) => (segment === s ? sum + at(x, i, k) : sum), 0)),
  },
  {
    name: 'cumsum',
    inputs: { x: uniform('cumsum', [2, 5]) },
    op: (x: tf.Tensor) => tf.cumsum(x, 1),
    truth: (x) =>
      build([2, 5], (i, j) => Array.from({ length: j + 1 }, (_, k) => at(x, i, k)).reduce((a, b) => a + b, 0)),
  },
]

const twoRows = [
  [0, 0],
  [1, 1],
  [2, 2],
  [0, 0],
] as [number, number][]

const forwardOnly: ConformanceCase[] = [
  {
    name: 'stridedSlice',
    inputs: { x: images('stridedSlice') },
    op: (x: tf.Tensor) => tf.stridedSlice(x, [0, 1, 0, 0], [2, 4, 5, 6], [1, 2, 2, 3]),
    truth: (x: Values) => build([2, 2, 3, 2], (b, i, j, c) => at(x, b, 1 + 2 * i, 2 * j, 3 * c)),
  },
  ...(['reflect', 'symmetric'] as const).map((mode) => ({
    name: `mirrorPad ${mode}`,
    inputs: { x: images(`mirrorPad ${mode}`) },
    op: (x: tf.Tensor4D) => tf.mirrorPad(x, twoRows, mode),
    truth: (x: Values) => {
      const edge = mode === 'symmetric' ? 1 : 0
      const fold = (i: number, n: number): number => (i < 0 ? -i - edge : i >= n ? 2 * n - 2 + edge - i : i)
      return build([2, 6, 9, 6], (b, i, j, c) => at(x, b, fold(i - 1, 4), fold(j - 2, 5), c))
    },
  })),
  {
    name: 'oneHot of cast labels',
    inputs: { x: values([4], [2, 0, 1, 2]) },
    op: (x: tf.Tensor) => tf.cast(tf.oneHot(tf.cast(x, 'int32') as tf.Tensor1D, 3), 'float32'),
    truth: (x: Values) => build([4, 3], (i, k) => (at(x, i) === k ? 1 : 0)),
  },
  {
    name: 'range, linspace and fill',
    inputs: { x: values([1], [0]) },
    op: (x: tf.Tensor) => tf.concat([x, tf.range(2, 7, 2), tf.linspace(0, 1, 5), tf.fill([2], 7)]),
    truth: () => values([11], [0, 2, 4, 6, 0, 0.25, 0.5, 0.75, 1, 7, 7]),
  },
  {
    name: 'topk',
    inputs: { x: uniform('topk', [3, 8]) },
    op: (x: tf.Tensor) => tf.topk(x, 3).values,
    truth: (x: Values) =>
      build([3, 3], (i, k) => Array.from({ length: 8 }, (_, j) => at(x, i, j)).toSorted((a, b) => b - a)[k]!),
  },
].map(forward)

/** Operations that move numbers about. */
export const arrayCases: readonly ConformanceCase[] = [...moving.flatMap(both), ...forwardOnly]
