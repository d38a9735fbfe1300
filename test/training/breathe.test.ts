import { afterEach, describe, expect, it, vi } from 'vitest'
import { breathe } from '../../src/training/index.js'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe.each([
  ['Node', false],
  ['a browser, which has no setImmediate', true],
])('breathe in %s', (_, isBrowser) => {
  const begin = (): void => void (isBrowser && vi.stubGlobal('setImmediate', undefined))

  it('waits for no timer: those of a page in the background hardly ever run', async () => {
    begin()
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] })
    for (let i = 0; i < 100; i++) await breathe()
  })

  it('lets timers run, and by them a signal be aborted', async () => {
    begin()
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('enough')), 5)
    const forever = async (): Promise<void> => {
      for (;;) await breathe(controller.signal)
    }
    await expect(forever()).rejects.toThrow('enough')
  })
})
