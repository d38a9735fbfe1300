import { beforeAll, describe, it } from 'vitest'
import { testLoss as testContract, type LossCases, type LossUnderTest } from '../../src/testing/index.js'
import { useBackend } from './backend.js'

export type { LossCases, LossUnderTest } from '../../src/testing/index.js'

/** The contract of a loss, on the wasm and the cpu backend; its errors are ArgumentErrors. */
export function testLoss(name: string, loss: LossUnderTest, cases: LossCases): void {
  const errors = cases.errors?.map((error) => ({ errorName: 'ArgumentError', ...error }))
  describe.each(['wasm', 'cpu'] as const)('on %s', (backend) => {
    beforeAll(() => useBackend(backend))
    testContract(name, loss, { ...cases, ...(errors === undefined ? {} : { errors }) }, { runner: { describe, it } })
  })
}
