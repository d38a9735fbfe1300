import { ArgumentError } from '../errors.js'
import type { LossCases, LossUnderTest } from './lossCases.js'
import { lossChecks } from './lossChecks.js'

/** What registers tests: the functions of Vitest, Jest, Mocha or `node:test`. */
export interface TestRunner {
  /** Groups tests; without it their names begin with the loss's. */
  readonly describe?: (name: string, body: () => void) => unknown
  /** Registers a test. */
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

/** The runner whose functions are globals. */
function globalRunner(): TestRunner {
  const { describe, it, test } = globalThis as { describe?: unknown; it?: unknown; test?: unknown }
  const register = it ?? test
  if (typeof register !== 'function')
    throw new ArgumentError(
      'options.runner',
      'be given, for example { describe, it } of node:test, where there is no global `it` or `test`',
      undefined,
    )
  return {
    it: register as TestRunner['it'],
    ...(typeof describe === 'function' ? { describe: describe as NonNullable<TestRunner['describe']> } : {}),
  }
}

/**
 * Tests that a loss keeps the contract of this package's own ({@link lossChecks}), one test for each case, on the backend that is
 * active when they run: golden values and gradients, central-difference gradients, reductions, degenerate batches, error texts,
 * borrowed arguments and no leaks.
 *
 * @param name of the loss, as its tests are called
 * @param loss takes the tensors of a case and its options
 * @param options `runner`: what registers the tests; default the globals of Jest, Mocha, or Vitest with `globals: true`.
 * @throws ArgumentError where there is nothing to check, or no runner
 */
export function testLoss(
  name: string,
  loss: LossUnderTest,
  cases: LossCases,
  { runner = globalRunner() }: { runner?: TestRunner } = {},
): void {
  const checks = lossChecks(loss, cases)
  const { describe, it } = runner
  if (describe === undefined) for (const check of checks) it(`${name} ${check.name}`, () => check.run())
  else
    describe(name, () => {
      for (const check of checks) it(check.name, () => check.run())
    })
}
