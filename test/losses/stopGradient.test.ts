import { mul, type Tensor } from '@tensorflow/tfjs-core'
import { stopGradient } from '../../src/losses/index.js'
import { testLoss } from '../helpers/testLoss.js'

testLoss('stopGradient', ([x]) => stopGradient(x!), {
  golden: [{ name: 'its gradient is 0', inputs: [[1, -2]], value: [1, -2], gradients: [[0, 0]] }],
})

/** x * stopGradient(x): only the first factor is differentiated. */
testLoss('a product with stopGradient', ([x]) => times(x!), {
  golden: [],
  degenerate: [{ name: 'a scalar', inputs: [3], value: 9 }],
})

function times(x: Tensor): Tensor {
  const constant = stopGradient(x)
  const product = mul(x, constant)
  constant.dispose()
  return product
}
