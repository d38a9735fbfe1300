import { expect, it } from 'vitest'
import { breathe } from '../../src/training/index.js'

it('a page paints, and its timers run, while work only breathes', async () => {
  const [painted, rang] = [new AbortController(), new AbortController()]
  requestAnimationFrame(() => requestAnimationFrame(() => painted.abort()))
  setTimeout(() => rang.abort(), 20)
  while (!painted.signal.aborted || !rang.signal.aborted) await breathe()
  expect(typeof setImmediate).toBe('undefined')
})
