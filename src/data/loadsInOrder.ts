/** Items that are loaded ahead of their use, and handed out in their order. */
export interface LoadsInOrder<R> {
  /** Lets so many more items be loaded, counted from those taken. */
  allow(ahead: number): void
  /** What became of the next item; undefined behind the last. Await it before the next call. */
  take(): Promise<R> | undefined
  /** Lets no more loads begin, and drops what was loaded and not taken. */
  stop(): void
}

/**
 * Loads the items in their order, at most `concurrency` at a time and no further ahead than was allowed. An error shows
 * when its item is taken, and only then; that of one that is never taken shows nowhere.
 */
export function loadsInOrder<T, R>(
  items: readonly T[],
  load: (item: T) => Promise<R>,
  concurrency: number,
): LoadsInOrder<R> {
  const loads = new Map<number, Promise<R>>()
  let begun = 0
  let running = 0
  let taken = 0
  let until = 0
  const fill = (): void => {
    while (running < concurrency && begun < Math.min(until, items.length)) {
      const item = items[begun]!
      const loaded = (async () => load(item))()
      loads.set(begun++, loaded)
      running++
      loaded.then(ended, ended)
    }
  }
  const ended = (): void => {
    running--
    fill()
  }
  return {
    allow(ahead) {
      until = Math.max(until, taken + ahead)
      fill()
    },
    take() {
      if (taken === items.length) return undefined
      until = Math.max(until, taken + 1)
      fill()
      const next = loads.get(taken)
      loads.delete(taken++)
      return next
    },
    stop() {
      until = 0
      loads.clear()
    },
  }
}
