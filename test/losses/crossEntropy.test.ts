import { binaryCrossEntropyWithLogits } from '../../src/losses/index.js'
import { testLoss } from '../helpers/testLoss.js'
import reference from '../reference/losses_reference.json'

const some = [0.3, -2, 1.5]

testLoss('binaryCrossEntropyWithLogits', ([x, z], options) => binaryCrossEntropyWithLogits(x!, z!, options), {
  golden: reference.crossEntropy,
  gradient: [{ name: 'logits', inputs: [some, [0, 1, 0.5]] }],
  reductions: { inputs: [some, [0, 1, 0.5]] },
  degenerate: [
    { name: 'one logit of 0', inputs: [[0], [1]], value: Math.LN2 },
    {
      name: 'logits beyond the range of exp in float32',
      inputs: [
        [1e30, -1e30],
        [1, 0],
      ],
      value: 0,
    },
    { name: 'boolean labels', inputs: [[0], [true]], value: Math.LN2 },
  ],
  errors: [
    {
      name: 'labels of another shape',
      inputs: [some, [1]],
      message: 'labels must have the shape [3] of logits; received "[1]"',
    },
    { name: 'nothing', inputs: [[], []], message: 'logits must hold at least one value; received "shape [0]"' },
  ],
})

for (const label of [0, 1] as const) {
  testLoss(
    `binaryCrossEntropyWithLogits with label ${label}`,
    ([x], options) => binaryCrossEntropyWithLogits(x!, label, options),
    {
      golden: label === 0 ? reference.crossEntropy0 : reference.crossEntropy1,
      gradient: [{ name: 'logits', inputs: [some] }],
      reductions: { inputs: [some] },
      degenerate: [{ name: 'one logit of 0', inputs: [[0]], value: Math.LN2 }],
    },
  )
}

testLoss('binaryCrossEntropyWithLogits with label 0.5', ([x]) => binaryCrossEntropyWithLogits(x!, 0.5 as 0), {
  golden: [],
  errors: [{ name: 'a number between', inputs: [some], message: 'labels must be a tensor, 0 or 1; received 0.5' }],
})
