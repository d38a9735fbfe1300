import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPool, forEachOf } from '../../src/data/pool.js'

/** So many turns of the microtask queue: tasks end in another order than they began. */
async function turns(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await Promise.resolve()
}

describe('a pool', () => {
  it('runs at most so many tasks at once, begins them in order, and gives each its own result', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.record({ turns: fc.nat(12), fails: fc.boolean() }), { maxLength: 30 }),
        async (size, tasks) => {
          const pool = createPool(size)
          const begun: number[] = []
          let most = 0
          const results = await Promise.allSettled(
            tasks.map((task, i) =>
              pool.run(async () => {
                begun.push(i)
                most = Math.max(most, pool.running)
                await turns(task.turns)
                if (task.fails) throw new Error(`task ${i}`)
                return i
              }),
            ),
          )
          expect(begun).toEqual(tasks.map((_, i) => i))
          expect(most).toBe(Math.min(size, tasks.length))
          expect(pool.running).toBe(0)
          results.forEach((result, i) => {
            if (tasks[i]!.fails) expect(result).toMatchObject({ reason: { message: `task ${i}` } })
            else expect(result).toEqual({ status: 'fulfilled', value: i })
          })
        },
      ),
    )
  })

  it('goes on after a task that throws before it waits for anything', async () => {
    const pool = createPool(1)
    const first = pool.run(() => {
      throw new Error('at once')
    })
    const second = pool.run(async () => 2)
    await expect(first).rejects.toThrow('at once')
    expect(await second).toBe(2)
  })

  it('refuses a size below 1', () => {
    expect(() => createPool(0)).toThrow('size must be an integer >= 1; received 0')
  })
})

describe('forEachOf', () => {
  it('begins nothing after a failure, throws the first one, and only when all that ran have ended', async () => {
    const seen: string[] = []
    const task = async (i: number): Promise<void> => {
      seen.push(`begin ${i}`)
      await turns(i === 1 ? 2 : 10)
      if (i === 1 || i === 2) throw new Error(`item ${i}`)
      seen.push(`end ${i}`)
    }
    await expect(forEachOf([0, 1, 2, 3, 4], task, { concurrency: 3 })).rejects.toThrow('item 1')
    expect(seen).toEqual(['begin 0', 'begin 1', 'begin 2', 'end 0'])
  })

  it('stops by a signal also while a task hangs, and passes over what it does later', async () => {
    const controller = new AbortController()
    let fail: ((reason: Error) => void) | undefined
    const hangs = (): Promise<void> => new Promise((_, reject) => (fail = reject))
    const work = forEachOf([0, 1], hangs, { concurrency: 1, signal: controller.signal })
    await turns(3)
    controller.abort(new Error('enough'))
    await expect(work).rejects.toThrow('enough')
    fail!(new Error('too late'))
    await turns(3)
    await expect(forEachOf([0], hangs, { concurrency: 1, signal: controller.signal })).rejects.toThrow('enough')
  })

  it('stops by a signal', async () => {
    const controller = new AbortController()
    const seen: number[] = []
    const task = async (i: number): Promise<void> => {
      seen.push(i)
      if (i === 2) controller.abort(new Error('enough'))
    }
    const { signal } = controller
    await expect(forEachOf([0, 1, 2, 3, 4], task, { concurrency: 1, signal })).rejects.toThrow('enough')
    expect(seen).toEqual([0, 1, 2])
  })
})
