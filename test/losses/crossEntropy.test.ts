import { describe, expect, it } from 'vitest'
import { OneClassError } from '../../src/errors.js'
import { balancedClassWeights, binaryCrossEntropyWithLogits } from '../../src/losses/index.js'
import { testLoss } from '../helpers/testLoss.js'
import reference from '../reference/losses_reference.json'

const some = [0.3, -2, 1.5]

testLoss('binaryCrossEntropyWithLogits', ([x, z], options) => binaryCrossEntropyWithLogits(x!, z!, options), {
  golden: [...reference.crossEntropy, ...reference.weightedCrossEntropy],
  gradient: [
    { name: 'logits', inputs: [some, [0, 1, 0.5]] },
    {
      name: 'logits, smoothed and weighted',
      inputs: [some, [0, 1, 0.5]],
      options: { labelSmoothing: 0.2, classWeights: [0.5, 2] },
    },
  ],
  reductions: { inputs: [some, [0, 1, 0.5]], active: true },
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
    ...[-0.1, 1.1, NaN].map((labelSmoothing) => ({
      name: `label smoothing ${labelSmoothing}`,
      inputs: [some, some],
      options: { labelSmoothing },
      message: `options.labelSmoothing must be a number in [0, 1]; received ${labelSmoothing}`,
    })),
    ...[[1], [0, 0], [1, -1], [NaN, 1]].map((classWeights) => ({
      name: `class weights ${classWeights}`,
      inputs: [some, some],
      options: { classWeights },
      message: 'options.classWeights must be two finite numbers >= 0, not both 0',
    })),
    { name: 'nothing', inputs: [[], []], message: 'logits must hold at least one value; received "shape [0]"' },
  ],
})

for (const label of [0, 1] as const) {
  testLoss(
    `binaryCrossEntropyWithLogits with label ${label}`,
    ([x], options) => binaryCrossEntropyWithLogits(x!, label, options),
    {
      golden: label === 0 ? [...reference.crossEntropy0, ...reference.weightedCrossEntropy0] : reference.crossEntropy1,
      gradient: [{ name: 'logits', inputs: [some] }],
      reductions: { inputs: [some] },
      degenerate: [
        { name: 'one logit of 0', inputs: [[0]], value: Math.LN2 },
        {
          name: 'a class of weight 0',
          inputs: [[3]],
          options: { classWeights: label === 0 ? [0, 1] : [1, 0] },
          value: 0,
        },
      ],
    },
  )
}

testLoss('binaryCrossEntropyWithLogits with label 0.5', ([x]) => binaryCrossEntropyWithLogits(x!, 0.5 as 0), {
  errors: [{ name: 'a number between', inputs: [some], message: 'labels must be a tensor, 0 or 1; received 0.5' }],
})

describe('balancedClassWeights', () => {
  it("is scikit-learn's class_weight='balanced'", () => {
    expect(balancedClassWeights([0, 0, 0, 1])).toEqual([2 / 3, 2])
    expect(balancedClassWeights(Uint8Array.of(1, 0))).toEqual([1, 1])
  })

  it('refuses one class, none and other labels', () => {
    expect(() => balancedClassWeights([1, 1])).toThrow(OneClassError)
    expect(() => balancedClassWeights([])).toThrow('there are 0 zeros and 0 ones')
    expect(() => balancedClassWeights([0, 2])).toThrow('labels[1] must be 0 or 1; received 2')
  })
})
