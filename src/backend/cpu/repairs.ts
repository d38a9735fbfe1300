import { differs } from '../repairs/probe.js'
import { count, isWrong, tensor } from '../repairs/probes.js'
import type { RepairPlan } from '../repairs/repair.js'
import { avgPoolGrad } from './avgPoolGrad.js'
import { conv2dBackpropFilter } from './conv2dBackpropFilter.js'
import { readsByIndex } from './readsByIndex.js'
import { resizeBilinearGrad } from './resizeBilinearGrad.js'
import { resizeNearestNeighborGrad } from './resizeNearestNeighborGrad.js'
import { transform } from './transform.js'

/** What the cpu backend of tfjs 4.22 gets wrong, or computes too slowly to be used; a function, as wasm's. */
export const cpuRepairs = (): readonly RepairPlan[] => [
  {
    kernel: 'AvgPoolGrad',
    detail: 'divides by the whole window where a part of it lies outside the image',
    isWrong: isWrong.AvgPoolGrad,
    make: () => avgPoolGrad,
  },
  {
    kernel: 'Conv2DBackpropFilter',
    detail: 'reads every element through an index function, about fifty times slower',
    isWrong: isWrong.Conv2DBackpropFilter,
    isSlow: readsByIndex(
      { x: count(1, 1, 1, 1), dy: count(1, 1, 1, 1) },
      { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', filterShape: [1, 1, 1, 1] },
    ),
    make: conv2dBackpropFilter,
  },
  {
    kernel: 'ResizeBilinearGrad',
    detail: 'swaps height and width of its shape',
    isWrong: (run) => run({ images: count(1, 1, 2, 1), dy: count(1, 1, 2, 1) }, { alignCorners: false }).shape[2] !== 2,
    make: resizeBilinearGrad,
  },
  {
    kernel: 'ResizeNearestNeighborGrad',
    detail: 'wrong for every image of a batch but the first',
    isWrong: isWrong.ResizeNearestNeighborGrad,
    make: () => resizeNearestNeighborGrad,
  },
  {
    kernel: 'Transform',
    detail: 'computes the first image of a batch only',
    isWrong: (run) =>
      differs(
        run(
          { image: count(2, 1, 2, 1), transforms: tensor([1, 8], [1, 0, 0, 0, 1, 0, 0, 0]) },
          { interpolation: 'nearest', fillMode: 'constant', fillValue: 0, outputShape: [1, 2] },
        ),
        [1, 2, 3, 4],
      ),
    make: () => transform,
  },
]
