import type { RepairPlan } from '../repairs/repair.js'
import { differs, type ProbeTensor } from '../repairs/probe.js'
import { count, isWrong, tensor } from '../repairs/probes.js'
import { avgPoolGrad } from './avgPoolGrad.js'
import { batchMatMul } from './batchMatMul.js'
import { callsNative } from './callsNative.js'
import { cast } from './cast.js'
import { conv2dBackpropFilter } from './conv2dBackpropFilter.js'
import { conv2dBackpropInput } from './conv2dBackpropInput.js'
import { concat, identity, pack, splitV, unpack } from './dataMovement.js'
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwiseGradients.js'
import { einsum } from './einsum.js'
import { fastConvolution } from './fastConvolution.js'
import { fusedConv2D, leakyRelu } from './leakyRelu.js'
import { fusedMatMul } from './fusedMatMul.js'
import { maxPoolGrad } from './maxPoolGrad.js'
import { reduceSum } from './reduce.js'
import { safeConvolution } from './safeConvolution.js'
import { safePool } from './safePool.js'
import { sign } from './sign.js'
import { transform } from './transform.js'
import { unsortedSegmentSum } from './unsortedSegmentSum.js'

const depthwise = { strides: [1, 1], dilations: [1, 1], pad: 'valid', dimRoundingMode: 'floor' } as const
/** Enough equal values for one float32 to lose count of them. */
const many = 65_536
const equalValues = (): ProbeTensor => tensor([many], new Float32Array(many).fill(0.1))

/** Kernels that only copy; those of this package copy whole rows, and hand what they cannot to the registered kernel. */
const copies = (): RepairPlan[] =>
  Object.entries({ Concat: concat, Identity: identity, Pack: pack, SplitV: splitV, Unpack: unpack }).map(
    ([kernel, make]): RepairPlan => ({
      kernel,
      detail: 'copies element by element, or where nothing has to be copied',
      isSlow: () => true,
      make: (stock) => stock && make(stock),
    }),
  )

/** Kernels with a LeakyReLU. */
const leaky = (): RepairPlan[] =>
  Object.entries({ FusedConv2D: fusedConv2D, LeakyRelu: leakyRelu }).map(([kernel, make]): RepairPlan => ({
    kernel,
    detail: 'LeakyReLU branches on the sign of every element',
    isSlow: () => true,
    make: (stock) => {
      const safe = kernel === 'FusedConv2D' ? safeConvolution(false)(stock) : stock
      return safe && (kernel === 'FusedConv2D' ? fastConvolution(make(safe)) : make(safe))
    },
  }))

/** Convolutions, whose stock kernels give zeros where the stride leaves out the last elements with `same`. */
const convolutions = (): RepairPlan[] =>
  ['Conv2D', 'DepthwiseConv2dNative', 'FusedDepthwiseConv2D'].map((kernel): RepairPlan => ({
    kernel,
    detail: 'zeros with `same` and a stride above the kernel; writes beyond an output made too small',
    isWrong: (run) =>
      differs(
        run(
          { x: count(1, 1, 6, 1), filter: count(1, 2, 1, 1) },
          { strides: [1, 3], pad: 'same', dilations: [1, 1], dataFormat: 'NHWC', activation: 'linear' },
        ),
        [5, 14],
      ),
    make: (stock) => {
      const safe = safeConvolution(kernel !== 'Conv2D')(stock)
      return safe && kernel === 'Conv2D' ? fastConvolution(safe) : safe
    },
  }))

/** Pooling, probed where the output is too large, which does the heap no harm: its second row. */
const pools = (): RepairPlan[] =>
  [true, false].map((isMax): RepairPlan => ({
    kernel: isMax ? 'MaxPool' : 'AvgPool',
    detail: 'wrong with a numeric pad and a window that is not square, also writes beyond its output',
    isWrong: (run) => {
      const { shape, values } = run({ x: count(1, 2, 4, 1) }, { filterSize: [1, 3], strides: 2, pad: 1 })
      return differs({ shape, values: Array.from(values).slice(3) }, isMax ? [6, 8, 8] : [5.5, 7, 8])
    },
    make: safePool(isMax),
  }))

/** What the wasm backend of tfjs 4.22 lacks or gets wrong in training; a function, so that bundles without it need no kernel. */
export const wasmRepairs = (): readonly RepairPlan[] => [
  {
    kernel: 'AvgPoolGrad',
    detail: 'divides by the whole window where a part of it lies outside the image',
    isWrong: isWrong.AvgPoolGrad,
    make: () => avgPoolGrad,
  },
  {
    kernel: '_FusedMatMul',
    detail: 'adds the bias wrongly to transposed or batched products',
    isWrong: (run) =>
      differs(
        run(
          { a: count(1, 3, 1), b: count(1, 2, 1), bias: tensor([2], [10, -10]) },
          { transposeA: false, transposeB: true, activation: 'linear' },
        ),
        [11, -8, 12, -6, 13, -4],
      ),
    make: fusedMatMul,
  },
  {
    kernel: 'BatchMatMul',
    detail: 'wrong where both batches are broadcast, and a scalar loop for transposes and batches',
    isWrong: (run) =>
      differs(
        run({ a: count(2, 1, 1, 1), b: count(1, 3, 1, 1) }, { transposeA: false, transposeB: false }),
        [1, 2, 3, 2, 4, 6],
      ),
    make: (stock) => stock && batchMatMul(stock),
  },
  {
    kernel: 'Cast',
    detail: 'to bool it cuts to eight bits: 0.5 and 256 become false',
    isWrong: (run) => differs(run({ x: tensor([4], [0.5, 256, 0, -1]) }, { dtype: 'bool' }), [1, 1, 0, 1]),
    make: cast,
  },
  ...copies(),
  ...convolutions(),
  {
    kernel: 'Conv2DBackpropFilter',
    detail: 'the filter gradient of every convolution',
    isWrong: isWrong.Conv2DBackpropFilter,
    make: () => conv2dBackpropFilter,
  },
  {
    kernel: 'Conv2DBackpropInput',
    detail: 'a scalar loop, ten times slower',
    isWrong: isWrong.Conv2DBackpropInput,
    isSlow: callsNative(
      'Conv2DBackpropInput',
      { dy: count(1, 1, 1, 1), filter: count(1, 1, 1, 1) },
      { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', inputShape: [1, 1, 1, 1] },
    ),
    make: () => conv2dBackpropInput,
  },
  {
    kernel: 'DepthwiseConv2dNativeBackpropFilter',
    detail: 'the filter gradient of depthwise and separable convolutions',
    isWrong: (run) =>
      differs(
        run({ x: count(1, 1, 2, 2), dy: count(1, 1, 2, 2) }, { ...depthwise, filterShape: [1, 1, 2, 1] }),
        [10, 20],
      ),
    make: () => depthwiseBackpropFilter,
  },
  {
    kernel: 'DepthwiseConv2dNativeBackpropInput',
    detail: 'the input gradient of depthwise and separable convolutions',
    isWrong: (run) =>
      differs(
        run({ dy: count(1, 1, 2, 2), filter: count(1, 1, 2, 1) }, { ...depthwise, inputShape: [1, 1, 2, 2] }),
        [1, 4, 3, 8],
      ),
    make: () => depthwiseBackpropInput,
  },
  {
    kernel: 'Einsum',
    detail: 'needed by attention layers',
    isWrong: (run) => differs(run({ tensor0: count(1, 2), tensor1: count(2, 2) }, { equation: 'ij,jk->ik' }), [7, 10]),
    make: () => einsum,
  },
  ...leaky(),
  {
    kernel: 'MaxPoolGrad',
    detail: 'wrong for a batch or channels above one, and where a window has no positive value',
    isWrong: (run) =>
      differs(
        run(
          {
            dy: tensor([2, 1, 1, 2], [1, 2, 3, 4]),
            input: tensor([2, 1, 2, 2], [-1, 5, -2, 6, 8, -3, 7, -4]),
            output: tensor([2, 1, 1, 2], [-1, 6, 8, -3]),
          },
          { filterSize: [1, 2], strides: [1, 2], pad: 'valid' },
        ),
        [1, 0, 0, 2, 3, 4, 0, 0],
      ),
    make: () => maxPoolGrad,
  },
  ...pools(),
  {
    kernel: 'Mean',
    detail: 'adds in one float32: off by a hundredth over a million elements',
    isWrong: (run) => differs(run({ x: equalValues() }, { axis: [0], keepDims: false }), [0.1], 1e-6),
    make: (stock) => reduceSum(true, stock),
  },
  {
    kernel: 'Sign',
    detail: '0 up to 1e-7, so that tf.abs has no gradient there',
    isWrong: isWrong.Sign,
    make: () => sign,
  },
  {
    kernel: 'Sum',
    detail: 'adds in one float32: off by a hundredth over a million elements',
    isWrong: (run) => differs(run({ x: equalValues() }, { axis: [0], keepDims: false }), [0.1 * many], 0.1),
    make: (stock) => reduceSum(false, stock),
  },
  {
    kernel: 'Transform',
    detail: 'the fill mode reflect is wrong at negative coordinates',
    isWrong: (run) =>
      differs(
        run(
          { image: count(1, 1, 4, 1), transforms: tensor([1, 8], [1, 0, -3, 0, 1, 0, 0, 0]) },
          { interpolation: 'nearest', fillMode: 'reflect', fillValue: 0, outputShape: [1, 4] },
        ),
        [3, 2, 1, 1],
      ),
    make: transform,
  },
  {
    kernel: 'UnsortedSegmentSum',
    detail: 'the gradient of gather',
    isWrong: (run) =>
      differs(
        run({ x: count(3, 1), segmentIds: { ...tensor([3], [1, 0, 1]), dtype: 'int32' } }, { numSegments: 2 }),
        [2, 4],
      ),
    make: () => unsortedSegmentSum,
  },
]
