import { l1Loss, l2Loss } from '../../src/losses/index.js'
import { testLoss, type LossCases } from '../helpers/testLoss.js'
import reference from '../reference/losses_reference.json'

const common: Omit<LossCases, 'golden'> = {
  gradient: [
    {
      name: 'both arguments',
      inputs: [
        [0.4, -1, 2],
        [1, 0.5, -0.3],
      ],
      of: [0, 1],
    },
  ],
  reductions: {
    inputs: [
      [
        [0.5, 2],
        [3, -1],
      ],
      [
        [1, 2],
        [1, 1],
      ],
    ],
  },
  degenerate: [
    { name: 'one element', inputs: [[3], [3]], value: 0, of: [0, 1] },
    { name: 'a scalar', inputs: [3, 3], value: 0, of: [0, 1] },
    {
      name: 'equal images',
      inputs: [
        [1, 2, 3],
        [1, 2, 3],
      ],
      value: 0,
      of: [0, 1],
    },
  ],
  errors: [
    {
      name: 'different shapes, without broadcasting',
      inputs: [[1, 2], [[1, 2]]],
      message: 'prediction must have the shape [1,2] of target; received "[2]"',
    },
    { name: 'nothing', inputs: [[], []], message: 'prediction must hold at least one value; received "shape [0]"' },
  ],
}

testLoss('l1Loss', ([a, b], options) => l1Loss(a!, b!, options), {
  golden: [
    ...reference.l1,
    {
      // The wasm backend's sign() calls such differences 0.
      name: 'tiny differences keep their gradient',
      inputs: [
        [1e-9, -1e-9, 0, 1e-30],
        [0, 0, 0, 0],
      ],
      options: { reduction: 'sum' },
      value: 2e-9,
      gradients: [
        [1, -1, 0, 1],
        [-1, 1, 0, -1],
      ],
      tolerance: 1e-12,
    },
  ],
  ...common,
})
testLoss('l2Loss', ([a, b], options) => l2Loss(a!, b!, options), { golden: reference.l2, ...common })
