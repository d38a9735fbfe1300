import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { l2Loss } from '../../src/losses/index.js'
import { lossChecks, testLoss, type LossCases, type LossUnderTest, type TestRunner } from '../../src/testing/index.js'
import { useBackend } from '../helpers/backend.js'

beforeAll(() => useBackend('cpu'))

const x = [0.5, -1, 2]
const y = [1, 1, 1]
const cases: LossCases = {
  golden: [{ name: 'by hand', inputs: [[2], [1]], value: 1, gradients: [[2], null] }],
  gradient: [{ name: 'of both', inputs: [x, y], of: [0, 1] }],
  reductions: { inputs: [x, y], active: true },
  degenerate: [{ name: 'equal', inputs: [[1], [1]], value: 0, of: [0, 1] }],
  errors: [
    { name: 'shapes', inputs: [x, [1]], message: 'prediction must have the shape [1]', errorName: 'ArgumentError' },
  ],
}
const good: LossUnderTest = ([a, b], options) => l2Loss(a!, b!, options)
/** The messages of all checks that fail, by the check. */
async function failures(loss: LossUnderTest, given: LossCases = cases): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { name, run } of lossChecks(loss, given))
    await run().catch((error: Error) => void (found[name] = error.message))
  return found
}

describe('lossChecks', () => {
  it('finds nothing wrong with a right loss', async () => {
    expect(await failures(good)).toEqual({})
    expect(lossChecks(good, cases).map(({ name }) => name)).toEqual([
      'equals the reference: by hand',
      'has the slope of its value: of both',
      'reduces its elements to their mean by default, or to their sum',
      'refuses an unknown reduction',
      'stays finite: equal',
      'refuses shapes',
    ])
  })

  const wrong: [string, LossUnderTest, string, string][] = [
    [
      'a wrong value',
      ([a, b], o) => tf.tidy(() => tf.mul(l2Loss(a!, b!, o), 1.1)),
      'equals the reference: by hand',
      'element 0 is 1.1',
    ],
    [
      'a gradient that is not its slope',
      ([a, b], o) =>
        tf.tidy(() =>
          tf.customGrad((p, q) => ({
            value: l2Loss(p as tf.Tensor, q as tf.Tensor, o) as tf.Tensor,
            gradFunc: () => [tf.zerosLike(p as tf.Tensor), tf.zerosLike(q as tf.Tensor)],
          }))(a!, b!),
        ),
      'has the slope of its value: of both',
      'element 1 is 0, not -1.33',
    ],
    [
      'another shape',
      ([a, b], o) => tf.tidy(() => tf.reshape(l2Loss(a!, b!, o), [1])),
      'equals the reference: by hand',
      'the value has the shape [1], not []',
    ],
    ['nothing', () => undefined as never, 'equals the reference: by hand', 'the loss gives undefined, not a tensor'],
    ['a promise', async () => 1, 'stays finite: equal', 'the loss gives a promise, not a tensor'] as never,
    ['a leak', ([a, b], o) => (tf.add(a!, b!), l2Loss(a!, b!, o)), 'stays finite: equal', 'tensors are left behind'],
    [
      'an argument that it disposes',
      ([a, b], o) => {
        const loss = l2Loss(a!, b!, o)
        b!.dispose()
        return loss
      },
      'stays finite: equal',
      'input 1 was disposed: arguments are borrowed',
    ],
    [
      'NaN at equal inputs',
      ([a, b]) => tf.tidy(() => tf.mean(tf.div(tf.sub(a!, b!), tf.sub(a!, b!)))),
      'stays finite: equal',
      'element 0 of the value is NaN',
    ],
    [
      'NaN as its slope',
      ([a, b]) => tf.tidy(() => tf.sqrt(tf.mean(tf.square(tf.sub(a!, b!))))),
      'stays finite: equal',
      'element 0 of the gradient of input 0 is NaN',
    ],
    [
      'a mean that is the sum',
      ([a, b], o: { reduction?: 'mean' }) => l2Loss(a!, b!, { reduction: o.reduction ?? 'sum' }),
      'reduces its elements to their mean by default, or to their sum',
      'element 0 is',
    ],
    ['no error', ([a], o) => l2Loss(a!, a!, o), 'refuses shapes', 'nothing was thrown; expected "prediction must'],
    [
      'another error',
      () => {
        throw new RangeError('prediction must have the shape [1]')
      },
      'refuses shapes',
      'the error is a RangeError, not a ArgumentError',
    ],
  ]
  it.each(wrong)('finds %s', async (_, loss, check, message) => {
    expect((await failures(loss))[check]).toContain(message)
  })

  it('finds that an unknown reduction is taken', async () => {
    const found = await failures(([a, b], o: { reduction: string }) =>
      l2Loss(a!, b!, { reduction: o.reduction === 'median' ? 'mean' : (o.reduction as 'mean') }),
    )
    expect(found['refuses an unknown reduction']).toContain('nothing was thrown')
  })

  it('refuses to check nothing', () => {
    expect(() => lossChecks(good, {})).toThrow('cases must hold at least one case')
  })
})

describe('testLoss', () => {
  it('registers a test for each case with the runner given, in a group where it can', async () => {
    const bodies: (() => Promise<void>)[] = []
    const register = vi.fn<TestRunner['it']>((_, body) => void bodies.push(body))
    testLoss('l2', good, cases, { runner: { it: register } })
    expect(register.mock.calls.map(([name]) => name)).toEqual(lossChecks(good, cases).map(({ name }) => `l2 ${name}`))
    for (const body of bodies) await body()
    const group = vi.fn<NonNullable<TestRunner['describe']>>((_, body) => body())
    testLoss('l2', good, cases, { runner: { describe: group, it: register } })
    expect(group.mock.calls[0]![0]).toBe('l2')
    expect(register.mock.lastCall![0]).toBe('refuses shapes')
  })

  it('takes the globals of a runner, and says what to do where there are none', () => {
    expect(() => testLoss('l2', good, cases)).toThrow('options.runner must be given, for example { describe, it }')
    const test = vi.fn<TestRunner['it']>()
    vi.stubGlobal('test', test)
    try {
      testLoss('l2', good, cases)
    } finally {
      vi.unstubAllGlobals()
    }
    expect(test).toHaveBeenCalledTimes(6)
  })
})
