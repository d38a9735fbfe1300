import { expect, it } from 'vitest'
import { digestDraws } from '../helpers/draws.js'
import known from '../reference/draws.json' with { type: 'json' }

// test/chromium has the same. Where a draw is changed on purpose, so that old seeds give something else, the file changes with it.
it('equal seeds give equal draws on every platform', async () => {
  expect(await digestDraws()).toEqual(known)
})
