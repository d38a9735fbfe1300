import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stepsAhead } from '../../src/data/stepsAhead.js'

/** Lets timers and all that was begun come to their end. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

describe('steps made ahead', () => {
  it('are the same values whatever is asked for, at most one ahead and none from the end on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(9), { maxLength: 20 }),
        fc.integer({ min: 1, max: 10 }),
        async (asked, steps) => {
          const made: number[] = []
          const ahead = stepsAhead(async (n) => {
            made.push(n)
            await Promise.resolve()
            return n * n
          }, steps)
          for (const n of asked) {
            const before = made.length
            expect(await ahead.at(n)).toBe(n * n)
            // What was asked for, where it was not made ahead, and the step after.
            expect(made.length - before).toBeLessThanOrEqual(2)
          }
          expect(made.filter((n) => n >= steps && !asked.includes(n))).toEqual([])
        },
      ),
    )
    const made: number[] = []
    const ahead = stepsAhead(async (n) => made.push(n), 4)
    for (let n = 0; n < 4; n++) await ahead.at(n)
    expect(made).toEqual([0, 1, 2, 3])
  })

  it('let the main thread be until it is free, or until the value is asked for', async () => {
    const done: number[] = []
    const ahead = stepsAhead(async (n, { whenFree }) => {
      await whenFree()
      done.push(n)
    }, 10)
    await ahead.at(0)
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    expect(done).toEqual([0])
    await settle()
    expect(done).toEqual([0, 1])
    await ahead.at(1)
    await ahead.at(2)
    expect(done).toEqual([0, 1, 2])
  })

  it('fail when they are asked for, not before, and begin no more once closed', async () => {
    const made: number[] = []
    const ahead = stepsAhead(async (n) => {
      made.push(n)
      if (n === 1) throw new Error('step 1')
    }, 10)
    await ahead.at(0)
    await settle()
    await expect(ahead.at(1)).rejects.toThrow('step 1')
    await ahead.at(4)
    ahead.close()
    await ahead.at(7)
    await settle()
    expect(made).toEqual([0, 1, 4, 5, 7])
  })
})
