import * as tf from '@tensorflow/tfjs-core'
import {
  affineTransform,
  type AffineMatrix,
  pixelUnshuffle,
  upsampleNearest2x,
  type FillMode,
} from '../../../src/backend/index.js'
import { bicubicUpsample } from '../../../src/data/index.js'
import type { ConformanceCase } from '../case.js'
import golden from '../../reference/backend_affine.json' with { type: 'json' }
import { bicubic, bilinear, nearest, type Corners } from '../truth/resize.js'
import { at, build, uniform, values, type Values } from '../truth/values.js'
import { both, compare, forward, tensorOf, type Statement } from './statement.js'

type Size = [number, number]

const small = (name: string): Record<'x', Values> => ({ x: uniform(name, [2, 3, 4, 3]) })

function resize(method: 'bilinear' | 'nearest', size: Size, corners: Corners, text: string): Statement {
  const name = `${method === 'bilinear' ? 'resizeBilinear' : 'resizeNearestNeighbor'} 3x4 to ${size.join('x')}${text}`
  const { alignCorners = false, halfPixelCenters = false } = corners
  const op = method === 'bilinear' ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor
  return {
    name,
    inputs: small(name),
    op: (x: tf.Tensor4D) => op(x, size, alignCorners, halfPixelCenters),
    truth: (x) => (method === 'bilinear' ? bilinear : nearest)(x, size, corners),
  }
}

const resizes: ConformanceCase[] = [
  ...both(resize('bilinear', [6, 8], {}, '')),
  ...both(resize('bilinear', [5, 7], { alignCorners: true }, ', corners aligned')),
  ...both(resize('bilinear', [2, 3], {}, '')),
  // tfjs's gradients know nothing of half-pixel centres.
  forward(resize('bilinear', [5, 7], { halfPixelCenters: true }, ', half-pixel centres')),
  ...both(resize('nearest', [6, 8], {}, '')),
  ...both(resize('nearest', [7, 6], { alignCorners: true }, ', corners aligned')),
  ...both(resize('nearest', [9, 4], {}, '')),
  forward(resize('nearest', [6, 7], { halfPixelCenters: true }, ', half-pixel centres')),
]

const bicubics: ConformanceCase[] = [4, 2, 0.5, 1.7].flatMap((scale) =>
  both({
    name: `bicubicUpsample by ${scale}`,
    inputs: { x: uniform(`bicubic ${scale}`, [2, 4, 6, scale > 2 ? 1 : 3]) },
    op: (x: tf.Tensor4D) => bicubicUpsample(x, scale),
    truth: (x) => bicubic(x, scale),
  }),
)

const unshuffle = (factor: number): Statement => ({
  name: `pixelUnshuffle by ${factor}`,
  inputs: { x: uniform(`unshuffle ${factor}`, [2, 2 * factor, 3 * factor, 3]) },
  op: (x: tf.Tensor4D) => pixelUnshuffle(x, factor),
  truth: (x) =>
    build([2, 2, 3, 3 * factor ** 2], (b, h, w, k) => {
      const [c, i, j] = [Math.floor(k / factor ** 2), Math.floor(k / factor) % factor, k % factor]
      return at(x, b, h * factor + i, w * factor + j, c)
    }),
})

/** SciPy's results for seven matrices and one fill mode, stacked; at most a pixel's rounding apart. */
const affine = (fillMode: FillMode): ConformanceCase => ({
  name: `affineTransform, ${fillMode}`,
  group: 'operation',
  tolerance: 1e-5,
  async run() {
    const found: Record<string, tf.Tensor> = {}
    const expected: Record<string, number[]> = {}
    for (const { name, mode, matrix, values: numbers } of golden.cases) {
      if (mode !== fillMode) continue
      found[name] = tf.tidy(() =>
        affineTransform(
          tensorOf(values(golden.shape, golden.images)) as tf.Tensor4D,
          [matrix as unknown as AffineMatrix],
          {
            fillMode,
            fillValue: golden.fillValue,
          },
        ),
      )
      expected[name] = numbers
    }
    return compare(found, expected)
  },
})

const turn: AffineMatrix[] = [
  [0.9, -0.35, 1.1, 0.3, 0.85, -0.7],
  [1.2, 0.1, -0.6, -0.2, 1.3, 0.4],
]

/** Bilinear reading at a place, the nearest pixel standing for what lies outside. */
function readAt(x: Values, b: number, row: number, column: number, c: number): number {
  const [, height, width] = x.shape as [number, number, number]
  const within = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i))
  const [top, left] = [Math.floor(row), Math.floor(column)]
  let sum = 0
  for (const i of [0, 1]) {
    for (const j of [0, 1]) {
      const weight = (i ? row - top : 1 - row + top) * (j ? column - left : 1 - column + left)
      sum += weight * at(x, b, within(top + i, height), within(left + j, width), c)
    }
  }
  return sum
}

const affineByMatrix: ConformanceCase[] = both({
  name: 'affineTransform with one matrix for each image',
  inputs: { x: uniform('affine', [2, 5, 6, 2]) },
  op: (x: tf.Tensor4D) => affineTransform(x, turn),
  truth: (x) =>
    build(x.shape, (b, i, j, c) => {
      const m = turn[b]!
      return readAt(x, b, m[0] * i + m[1] * j + m[2], m[3] * i + m[4] * j + m[5], c)
    }),
})

/** Operations that move pixels. */
export const imageCases: readonly ConformanceCase[] = [
  ...resizes,
  ...bicubics,
  ...both({
    name: 'upsampleNearest2x, batch 3, channels 5',
    inputs: { x: uniform('upsample', [3, 3, 4, 5]) },
    op: (x: tf.Tensor4D) => upsampleNearest2x(x),
    truth: (x) => nearest(x, [6, 8]),
  }),
  ...both(unshuffle(2)),
  ...both(unshuffle(4)),
  ...(['nearest', 'reflect', 'wrap', 'constant'] as const).map(affine),
  ...affineByMatrix,
  forward({
    name: 'depthToSpace by 2',
    inputs: { x: uniform('depthToSpace', [2, 3, 2, 12]) },
    op: (x: tf.Tensor4D) => tf.depthToSpace(x, 2, 'NHWC'),
    truth: (x) => build([2, 6, 4, 3], (b, i, j, c) => at(x, b, i >> 1, j >> 1, ((i % 2) * 2 + (j % 2)) * 3 + c)),
  }),
]
