import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDataClock } from '../../src/data/dataClock.js'

describe('the clock of data', () => {
  let now = 0
  beforeEach(() => {
    now = 5000
    vi.spyOn(performance, 'now').mockImplementation(() => now)
  })
  afterEach(() => vi.restoreAllMocks())

  /** A promise that is settled by hand. */
  const pending = (): { promise: Promise<number>; resolve: (n: number) => void; reject: (e: Error) => void } => {
    let settle!: [(n: number) => void, (e: Error) => void]
    const promise = new Promise<number>((...both) => {
      settle = both
    })
    return { promise, resolve: settle[0], reject: settle[1] }
  }

  it('counts waits that overlap once, and work within a wait as work only', async () => {
    const clock = createDataClock()
    const [a, b] = [pending(), pending()]
    const first = clock.wait(a.promise)
    now += 1000
    const second = clock.wait(b.promise)
    now += 2000
    expect(clock.work(() => (now += 500))).toBe(now)
    a.resolve(1)
    expect(await first).toBe(1)
    now += 4000
    b.resolve(2)
    expect(await second).toBe(2)
    now += 8000
    expect(clock.read()).toEqual({ waited: 7, worked: 0.5 })
    clock.work(() => clock.work(() => (now += 1000)))
    expect(clock.read()).toEqual({ waited: 7, worked: 1.5 })
  })

  it('counts of an asynchronous function what it does before its first await', async () => {
    const clock = createDataClock()
    const gate = pending()
    const result = clock.work(async () => {
      now += 1000
      await gate.promise
      now += 64000
    })
    now += 2000
    gate.resolve(0)
    await result
    expect(clock.read()).toEqual({ waited: 0, worked: 1 })
  })

  it('counts what fails, and goes on', async () => {
    const clock = createDataClock()
    const gate = pending()
    const failing = clock.wait(gate.promise)
    now += 1000
    gate.reject(new Error('no image'))
    await expect(failing).rejects.toThrow('no image')
    expect(() =>
      clock.work(() => {
        now += 2000
        throw new Error('no work')
      }),
    ).toThrow('no work')
    now += 4000
    expect(clock.read()).toEqual({ waited: 1, worked: 2 })
  })
})
