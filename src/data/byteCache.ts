/** What was loaded last, by key, within a budget of bytes. */
export interface ByteCache<V> {
  /** Bytes held now; never more than the budget. */
  readonly bytes: number
  /** Values held now. */
  readonly size: number
  /** The value held under the key, which counts as used now; undefined where there is none. */
  peek(key: string): V | undefined
  /** The value held under the key, or what `load` gives, which is kept. Loads of one key at a time are one load; failures are not kept. */
  get(key: string, load: () => Promise<V>): Promise<V>
  /** Forgets everything. */
  clear(): void
}

/**
 * A cache that forgets what was used longest ago as soon as, and only as far as, the next value would not fit. A value
 * larger than the whole budget is handed out and not kept.
 */
export function byteCache<V>(budget: number, sizeOf: (value: V) => number): ByteCache<V> {
  // A Map keeps the order of insertion: the first is the one used longest ago.
  const held = new Map<string, V>()
  let loading = new Map<string, Promise<V>>()
  let bytes = 0
  const keep = (key: string, value: V): void => {
    const size = sizeOf(value)
    if (size > budget) return
    for (const [oldest, old] of held) {
      if (bytes + size <= budget) break
      held.delete(oldest)
      bytes -= sizeOf(old)
    }
    held.set(key, value)
    bytes += size
  }
  const peek = (key: string): V | undefined => {
    const found = held.get(key)
    if (found !== undefined) {
      held.delete(key)
      held.set(key, found)
    }
    return found
  }
  return {
    get bytes() {
      return bytes
    },
    get size() {
      return held.size
    },
    peek,
    async get(key, load) {
      const found = peek(key)
      if (found !== undefined) return found
      const running = loading.get(key)
      if (running !== undefined) return running
      const mine = loading
      const loaded = (async () => {
        const value = await load()
        // After a `clear` meanwhile it is handed out, and no longer kept.
        if (mine === loading) keep(key, value)
        return value
      })()
      mine.set(key, loaded)
      const forget = (): void => void mine.delete(key)
      loaded.then(forget, forget)
      return loaded
    },
    clear() {
      held.clear()
      loading = new Map()
      bytes = 0
    },
  }
}
