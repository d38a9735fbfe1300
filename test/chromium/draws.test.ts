import { expect, it } from 'vitest'
import { digestDraws } from '../helpers/draws.js'
import known from '../reference/draws.json' with { type: 'json' }

// In Node test/data/draws.test.ts compares the same.
it('equal seeds give equal draws on every platform', async () => {
  expect(await digestDraws()).toEqual(known)
})
