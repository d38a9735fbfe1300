import { relativisticLoss } from '../../src/losses/index.js'
import { testLoss, type LossCases } from '../helpers/testLoss.js'
import reference from '../reference/losses_reference.json'

const equal = [
  [[2.5], [2.5]],
  [[2.5], [2.5]],
]
const some = [
  [[0.5], [-1], [2]],
  [[1.5], [0.3], [-0.4]],
]

const common: Pick<LossCases, 'degenerate' | 'errors'> = {
  degenerate: [
    { name: 'one image', inputs: [[[3]], [[3]]], value: Math.LN2, of: [0, 1] },
    { name: 'saturated logits', inputs: [[[1e20]], [[-1e20]]], of: [0, 1] },
    {
      name: 'twice as many fakes',
      inputs: [[[1]], [[1], [1]]],
      value: Math.LN2,
      of: [0, 1],
    },
  ],
  errors: [
    { name: 'no real logit', inputs: [[], [1]], message: 'real must hold at least one logit; received "shape [0]"' },
    { name: 'no fake logit', inputs: [[1], []], message: 'fake must hold at least one logit; received "shape [0]"' },
    {
      name: 'an unknown reduction',
      inputs: equal,
      options: { reduction: 'mean' },
      message: 'options.reduction must be "half" or "sum"; received "mean"',
    },
  ],
}

testLoss('relativisticLoss.generator', ([real, fake], o) => relativisticLoss.generator(real!, fake!, o), {
  golden: [
    ...reference.generator,
    { name: 'equal logits give ln 2', inputs: equal, value: Math.LN2, tolerance: 1e-6 },
    { name: 'the sum gives 2 ln 2', inputs: equal, options: { reduction: 'sum' }, value: 2 * Math.LN2 },
  ],
  gradient: [{ name: 'fake logits', inputs: some, of: [1] }],
  ...common,
})

testLoss('relativisticLoss.discriminator', ([real, fake], o) => relativisticLoss.discriminator(real!, fake!, o), {
  golden: [
    ...reference.discriminator,
    { ...reference.discriminator[0]!, name: 'half with detached means is the default', options: {} },
    { name: 'equal logits give ln 2', inputs: equal, value: Math.LN2, tolerance: 1e-6 },
  ],
  gradient: [{ name: 'attached means', inputs: some, options: { detachMeans: false }, of: [0, 1] }],
  ...common,
})
