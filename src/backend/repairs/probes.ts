import { differs, type ProbeTensor, type RunKernel } from './probe.js'

/** A tensor of a probe. */
export function tensor(shape: number[], values: ArrayLike<number>): ProbeTensor {
  return { shape, values }
}

/** A tensor with the values 1, 2, 3, ... */
export function count(...shape: number[]): ProbeTensor {
  const length = shape.reduce((product, n) => product * n, 1)
  return tensor(
    shape,
    Float32Array.from({ length }, (_, i) => i + 1),
  )
}

const conv = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC' } as const
const same = { filterSize: 2, strides: 1, pad: 'same' } as const

/** The probes of kernels that several backends share: whether the kernel gives other numbers than it should. */
export const isWrong = {
  // Windows [1, 2] and [3] of one row: the second window holds one pixel only.
  AvgPoolGrad: (run: RunKernel): boolean =>
    differs(
      run({ dy: tensor([1, 1, 3, 1], [2, 4, 8]), input: count(1, 1, 3, 1) }, { ...same, filterSize: [1, 2] }),
      [1, 3, 10],
    ),
  // Two images of two pixels, two inputs, one output, a filter of one tap.
  Conv2DBackpropFilter: (run: RunKernel): boolean =>
    differs(run({ x: count(2, 1, 2, 2), dy: count(2, 1, 2, 1) }, { ...conv, filterShape: [1, 1, 2, 1] }), [
      1 + 6 + 15 + 28,
      2 + 8 + 18 + 32,
    ]),
  Conv2DBackpropInput: (run: RunKernel): boolean =>
    differs(
      run({ dy: count(2, 1, 2, 1), filter: count(1, 2, 1, 1) }, { ...conv, inputShape: [2, 1, 3, 1] }),
      [1, 4, 4, 3, 10, 8],
    ),
  ResizeNearestNeighborGrad: (run: RunKernel): boolean =>
    differs(run({ images: count(2, 1, 1, 1), dy: count(2, 1, 2, 1) }, { alignCorners: false }), [3, 7]),
  Sign: (run: RunKernel): boolean => differs(run({ x: tensor([4], [1e-8, -1e-8, 0, 3]) }), [1, -1, 0, 1]),
} as const
