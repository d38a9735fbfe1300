import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase } from '../case.js'
import { convolution, convolutionGradients, type Geometry } from '../truth/convolution.js'
import { at, build, uniform, zipped, type Values } from '../truth/values.js'
import { both, forward, gradient, type Statement } from './statement.js'

type Shape = readonly [number, number, number, number]

const tfPad = (pad: Geometry['pad'] = 'same') =>
  typeof pad === 'string'
    ? pad
    : ([
        [0, 0],
        [pad[0], pad[1]],
        [pad[2], pad[3]],
        [0, 0],
      ] satisfies tf.backend_util.ExplicitPadding)

/** A convolution of random numbers; `filter` is [rows, columns, in, out]. */
function statement(name: string, x: Shape, filter: Shape, geometry: Geometry = {}): Statement {
  const { strides = [1, 1], pad, dilations = [1, 1], depthwise = false } = geometry
  const convolve = depthwise ? tf.depthwiseConv2d : tf.conv2d
  return {
    name,
    inputs: { x: uniform(`${name}/x`, x), filter: uniform(`${name}/filter`, filter) },
    op: (input: tf.Tensor4D, kernel: tf.Tensor4D) =>
      convolve(input, kernel, [...strides], tfPad(pad), 'NHWC', [...dilations]),
    truth: (input, kernel) => convolution(input, kernel, geometry),
    pullback: (dy, input, kernel) => convolutionGradients(dy, input, kernel, geometry),
    tolerance: 2e-5,
  }
}

const dense: ConformanceCase[] = [
  statement('conv2d 3x3, batch 3, odd sizes', [3, 7, 9, 3], [3, 3, 3, 5]),
  statement('conv2d 3x3 from 3 to 64 channels', [1, 8, 8, 3], [3, 3, 3, 64]),
  statement('conv2d 3x3 from 96 to 32 channels', [1, 8, 10, 96], [3, 3, 96, 32]),
  statement('conv2d 3x3 to 3 channels, batch 2', [2, 16, 12, 16], [3, 3, 16, 3]),
  statement('conv2d 3x3 valid', [2, 8, 7, 4], [3, 3, 4, 6], { pad: 'valid' }),
  statement('conv2d 3x3 stride 2 same, odd sizes', [3, 9, 7, 4], [3, 3, 4, 6], { strides: [2, 2] }),
  statement('conv2d 3x3 stride 2 same, even sizes', [3, 8, 12, 3], [3, 3, 3, 5], { strides: [2, 2] }),
  statement('conv2d 3x3 stride 2 valid, a row left over', [2, 8, 9, 3], [3, 3, 3, 4], {
    strides: [2, 2],
    pad: 'valid',
  }),
  statement('conv2d 3x3 stride 3 same', [2, 10, 11, 3], [3, 3, 3, 4], { strides: [3, 3] }),
  statement('conv2d 4x4 stride 2 same', [3, 8, 8, 8], [4, 4, 8, 8], { strides: [2, 2] }),
  statement('conv2d 4x4 same', [2, 5, 6, 3], [4, 4, 3, 4]),
  statement('conv2d 1x1, batch 3', [3, 5, 4, 6], [1, 1, 6, 7]),
  statement('conv2d 1x1 stride 2', [2, 7, 6, 3], [1, 1, 3, 5], { strides: [2, 2], pad: 'valid' }),
  statement('conv2d 2x3 with strides 2 and 1', [2, 7, 8, 3], [2, 3, 3, 4], { strides: [2, 1] }),
  statement('conv2d 5x1 same', [2, 7, 5, 3], [5, 1, 3, 4]),
  statement('conv2d 2x3 with asymmetrical pads', [2, 6, 7, 3], [2, 3, 3, 4], { pad: [2, 0, 1, 3] }),
  statement('conv2d 3x2 stride 2 with asymmetrical pads', [2, 6, 7, 3], [3, 2, 3, 4], {
    strides: [2, 2],
    pad: [0, 3, 2, 1],
  }),
  statement('conv2d as large as the image', [3, 4, 5, 3], [4, 5, 3, 6], { pad: 'valid' }),
].flatMap(both)

// So much that the gradients may be computed in parts.
const large: ConformanceCase[] = [
  statement('conv2d 3x1 of an image with many channels', [1, 64, 160, 96], [3, 1, 96, 8]),
  statement('conv2d 1x1 of three images with many channels', [3, 40, 64, 96], [1, 1, 96, 8]),
].map(gradient)

/** Sums of thousands of terms, in which rounding shows: for the variants of the kernels. */
export const wideConvolutionCases: readonly ConformanceCase[] = [
  statement('conv2d 3x3 from 512 to 512 channels', [1, 6, 7, 512], [3, 3, 512, 512]),
  statement('conv2d 3x3 from 512 to 64 channels, batch 2, asymmetrical pads', [2, 9, 8, 512], [3, 3, 512, 64], {
    pad: [0, 2, 1, 0],
  }),
  statement('conv2d 3x3 from 64 to 64 channels, 40x41', [1, 40, 41, 64], [3, 3, 64, 64]),
  statement('conv2d 3x3 stride 2 from 256 to 256 channels', [1, 13, 12, 256], [3, 3, 256, 256], { strides: [2, 2] }),
  statement('conv2d 4x4 stride 2 from 256 to 128 channels', [1, 12, 12, 256], [4, 4, 256, 128], { strides: [2, 2] }),
  statement('conv2d 1x1 from 512 to 512 channels', [1, 11, 9, 512], [1, 1, 512, 512]),
]
  // The largest of many errors; what holds them is the limit of their root mean square.
  .map((each) => ({ ...each, tolerance: 5e-5 }))
  .flatMap(both)

// tfjs has no gradient for dilated convolutions; its own filter gradients may be built of them.
const dilated: ConformanceCase[] = [
  statement('conv2d 3x3 dilation 2 same', [2, 9, 8, 3], [3, 3, 3, 4], { dilations: [2, 2] }),
  statement('conv2d 3x2 dilations 3 and 2, valid', [2, 9, 8, 3], [3, 2, 3, 4], { dilations: [3, 2], pad: 'valid' }),
  statement('depthwise 3x3 dilation 2 same', [2, 7, 8, 3], [3, 3, 3, 1], { dilations: [2, 2], depthwise: true }),
].map(forward)

const depthwise: ConformanceCase[] = [
  statement('depthwise 3x3, batch 3, odd sizes', [3, 7, 5, 4], [3, 3, 4, 1], { depthwise: true }),
  statement('depthwise 3x3, multiplier 2', [2, 6, 5, 3], [3, 3, 3, 2], { depthwise: true }),
  statement('depthwise 3x3 stride 2 same', [3, 8, 9, 4], [3, 3, 4, 1], { strides: [2, 2], depthwise: true }),
  statement('depthwise 2x4 valid, multiplier 3', [2, 6, 7, 2], [2, 4, 2, 3], { pad: 'valid', depthwise: true }),
].flatMap(both)

const leaky = (x: number): number => (x >= 0 ? x : 0.2 * x)

/** Fused convolution as networks use it: bias and activation after it. */
function fused(name: string, activation: 'leakyrelu' | 'relu' | 'linear', fn: (x: number) => number): Statement {
  const truth = (x: Values, filter: Values, bias: Values): Values =>
    zipped(convolution(x, filter), bias, (value, shift) => fn(value + shift))
  return {
    name,
    inputs: {
      x: uniform(`${name}/x`, [2, 5, 6, 3]),
      filter: uniform(`${name}/filter`, [3, 3, 3, 4]),
      bias: uniform(`${name}/bias`, [4]),
    },
    op: (x: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) =>
      tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias, activation, leakyreluAlpha: 0.2 }),
    truth,
    tolerance: 2e-5,
  }
}

const fusedCases: ConformanceCase[] = [
  fused('fused conv2d with bias', 'linear', (x) => x),
  fused('fused conv2d with bias and ReLU', 'relu', (x) => Math.max(0, x)),
  fused('fused conv2d with bias and LeakyReLU', 'leakyrelu', leaky),
].flatMap(both)

/** conv2dTranspose is the gradient of a convolution in its input. */
function transposed(name: string, x: Shape, output: Shape, filter: Shape, geometry: Geometry): Statement {
  const { strides = [1, 1], pad } = geometry
  const image = build(output, () => 0)
  return {
    name,
    inputs: { x: uniform(`${name}/x`, x), filter: uniform(`${name}/filter`, filter) },
    op: (input: tf.Tensor4D, kernel: tf.Tensor4D) =>
      tf.conv2dTranspose(input, kernel, [...output], [...strides], tfPad(pad)),
    truth: (input, kernel) => convolutionGradients(input, image, kernel, geometry)[0],
    pullback: (dy, input, kernel) => [
      convolution(dy, kernel, geometry),
      convolutionGradients(input, dy, kernel, geometry)[1],
    ],
    tolerance: 2e-5,
  }
}

const transposedCases: ConformanceCase[] = [
  transposed('conv2dTranspose 3x3', [2, 5, 4, 4], [2, 5, 4, 3], [3, 3, 3, 4], {}),
  transposed('conv2dTranspose 3x3 stride 2 same', [2, 3, 4, 4], [2, 6, 7, 3], [3, 3, 3, 4], { strides: [2, 2] }),
  transposed('conv2dTranspose 2x2 stride 2 valid', [2, 3, 4, 4], [2, 6, 8, 3], [2, 2, 3, 4], {
    strides: [2, 2],
    pad: 'valid',
  }),
].flatMap(both)

const separable: ConformanceCase[] = both({
  name: 'separable conv2d 3x3',
  inputs: {
    x: uniform('separable/x', [2, 5, 6, 3]),
    depth: uniform('separable/depth', [3, 3, 3, 2]),
    point: uniform('separable/point', [1, 1, 6, 4]),
  },
  op: (x: tf.Tensor4D, depth: tf.Tensor4D, point: tf.Tensor4D) => tf.separableConv2d(x, depth, point, 1, 'same'),
  truth: (x, depth, point) => convolution(convolution(x, depth, { depthwise: true }), point),
  tolerance: 2e-5,
})

/** A one-dimensional convolution is a two-dimensional one of height 1. */
const oneDimensional: ConformanceCase[] = both({
  name: 'conv1d of width 3, stride 2',
  inputs: { x: uniform('conv1d/x', [2, 9, 3]), filter: uniform('conv1d/filter', [3, 3, 4]) },
  op: (x: tf.Tensor3D, filter: tf.Tensor3D) => tf.conv1d(x, filter, 2, 'same'),
  truth: (x, filter) =>
    build([2, 5, 4], (b, o, k) => {
      let sum = 0
      for (let i = 0; i < 3; i++) {
        const from = 2 * o + i - 1
        if (from < 0 || from >= 9) continue
        for (let c = 0; c < 3; c++) sum += at(x, b, from, c) * at(filter, i, c, k)
      }
      return sum
    }),
})

/** Convolutions of all kinds, and their gradients in image and filter. */
export const convolutionCases: readonly ConformanceCase[] = [
  ...dense,
  ...large,
  ...dilated,
  ...depthwise,
  ...fusedCases,
  ...transposedCases,
  ...separable,
  ...oneDimensional,
]
