import * as tf from '@tensorflow/tfjs-core'
import { maxPool2x2 } from '../../../src/backend/index.js'
import type { ConformanceCase } from '../case.js'
import { averagePooled, firstMaxima, maxPooled, type Window } from '../truth/pooling.js'
import { at, build, distinct, mapped, uniform, values, type Values } from '../truth/values.js'
import { both, read, tensorOf, type Statement } from './statement.js'

const twice: Window = { size: [2, 2], stride: 2, pad: 'valid' }

const max = (name: string, x: Values, window: Window): Statement => ({
  name,
  inputs: { x },
  op: (input: tf.Tensor4D) => tf.maxPool(input, [...window.size], window.stride, window.pad),
  truth: (input) => maxPooled(input, window),
})

const average = (name: string, x: Values, window: Window): Statement => ({
  name,
  inputs: { x },
  op: (input: tf.Tensor4D) => tf.avgPool(input, [...window.size], window.stride, window.pad),
  truth: (input) => averagePooled(input, window),
})

const own = (name: string, x: Values): Statement => ({
  name,
  inputs: { x },
  op: (input: tf.Tensor4D) => maxPool2x2(input),
  truth: (input) => maxPooled(input, twice),
  pullback: (dy, input) => [firstMaxima(dy, input, twice)],
})

/** Few different numbers: most windows hold their maximum more than once. */
const tied = build([2, 4, 6, 3], (b, i, j, c) => ((3 * b + i * 5 + j * 2 + c * 7) % 3) - 1)

/** With tied maxima the gradient may go to any of them, but each window gets its dy once, and nothing else does. */
const tiedWindows: ConformanceCase = {
  name: 'gradient of maxPool 2x2, tied maxima',
  group: 'gradient',
  tolerance: 1e-5,
  async run() {
    const dy = uniform('dy of tied maxima', [2, 2, 3, 3])
    const dx = tf.tidy(() => tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(tensorOf(tied), tensorOf(dy)))
    const found = values(tied.shape, await read(dx))
    const maxima = maxPooled(tied, twice)
    const others = build(tied.shape, (b, i, j, c) =>
      at(tied, b, i, j, c) === at(maxima, b, Math.floor(i / 2), Math.floor(j / 2), c) ? 0 : at(found, b, i, j, c),
    )
    return {
      windows: { actual: mapped(averagePooled(found, twice), (mean) => 4 * mean).data, expected: dy.data },
      others: { actual: others.data, expected: new Float64Array(others.data.length) },
    }
  },
}

/** Poolings, with windows whose values are all negative, tied, or cut off by the border. */
export const poolingCases: readonly ConformanceCase[] = [
  ...both(max('maxPool 2x2, batch 3, channels 4', distinct('max', [3, 6, 8, 4]), twice)),
  ...both(max('maxPool 2x2 of negative numbers', distinct('max negative', [2, 4, 6, 3], -2, -0.1), twice)),
  ...both(max('maxPool 2x2, odd sizes', distinct('max odd', [2, 5, 7, 3]), twice)),
  ...both(max('maxPool 2x2 same, odd sizes', distinct('max same', [2, 5, 7, 3], -2, -1), { ...twice, pad: 'same' })),
  ...both(max('maxPool 3x3 stride 2 same', distinct('max 3', [2, 7, 8, 3]), { size: [3, 3], stride: 2, pad: 'same' })),
  ...both(max('maxPool 3x2 stride 1', distinct('max 1', [2, 5, 6, 3]), { size: [3, 2], stride: 1, pad: 'valid' })),
  ...both(own('maxPool2x2, batch 3, channels 4', distinct('own', [3, 6, 8, 4]))),
  ...both(own('maxPool2x2 of negative numbers, odd sizes', distinct('own odd', [2, 5, 7, 3], -2, -0.1))),
  ...both(own('maxPool2x2, tied maxima', tied)),
  tiedWindows,
  ...both(average('avgPool 2x2, batch 3', uniform('average', [3, 6, 8, 4]), twice)),
  ...both(
    average('avgPool 3x3 stride 2 same', uniform('average 3', [2, 7, 8, 3]), { size: [3, 3], stride: 2, pad: 'same' }),
  ),
  ...both(
    average('avgPool 3x2 stride 1', uniform('average 1', [2, 5, 6, 3]), { size: [3, 2], stride: 1, pad: 'valid' }),
  ),
]
