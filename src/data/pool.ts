import { requireInteger } from '../errors.js'

/** Runs at most so many tasks at a time. */
export interface Pool {
  /** Tasks that run at once, at most. */
  readonly size: number
  /** Tasks that run now. */
  readonly running: number
  /** Runs the task when its turn comes, first come first served; settles as it does. */
  run<T>(task: () => Promise<T>): Promise<T>
}

/**
 * A bounded pool of asynchronous tasks.
 *
 * @throws ArgumentError for a size that is no integer of at least 1.
 */
export function createPool(size: number): Pool {
  requireInteger('size', size, 1)
  const queue: (() => void)[] = []
  let running = 0
  return {
    size,
    get running() {
      return running
    },
    async run(task) {
      if (running < size) running++
      // The turn is handed over, so that nobody who comes in between takes it.
      else await new Promise<void>((resolve) => queue.push(resolve))
      try {
        return await task()
      } finally {
        const next = queue.shift()
        if (next === undefined) running--
        else next()
      }
    },
  }
}

/** Settles as the promise does, or rejects with the signal's reason as soon as it aborts: what hangs is left behind. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  let stop: (() => void) | undefined
  try {
    return await new Promise<T>((resolve, reject) => {
      stop = () => reject(signal.reason)
      signal.addEventListener('abort', stop)
      promise.then(resolve, reject)
      if (signal.aborted) stop()
    })
  } finally {
    signal.removeEventListener('abort', stop!)
  }
}

/**
 * Works through the items, at most `concurrency` at a time and begun in their order. The first failure lets no more begin, and
 * is thrown when those that run have ended. The signal's reason is thrown at once: what runs may hang.
 */
export async function forEachOf<T>(
  items: readonly T[],
  task: (item: T) => Promise<void>,
  { concurrency, signal }: { concurrency: number; signal?: AbortSignal | undefined },
): Promise<void> {
  let next = 0
  let failure: { readonly reason: unknown } | undefined
  const lane = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      try {
        signal?.throwIfAborted()
        await task(items[next++]!)
      } catch (reason) {
        failure ??= { reason }
      }
    }
  }
  await orAborted(Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane)), signal)
  if (failure !== undefined) throw (failure as { reason: unknown }).reason
}
