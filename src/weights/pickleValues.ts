const none: readonly unknown[] = []
const empty: ReadonlyMap<unknown, unknown> = new Map()

/** A Python list, tuple or set. Of an empty one no array is made: a pickle may have millions. */
export class Sequence {
  #items: unknown[] | undefined

  constructor(items?: unknown[]) {
    this.#items = items
  }

  /** Its items in order. */
  get items(): readonly unknown[] {
    return this.#items ?? none
  }

  /** Puts an item at its end. */
  append(item: unknown): void {
    this.#items ??= []
    this.#items.push(item)
  }
}

/** A Python dictionary of any kind. Of an empty one no map is made. */
export class Dictionary {
  #entries: Map<unknown, unknown> | undefined

  /** Its keys and values. */
  get entries(): ReadonlyMap<unknown, unknown> {
    return this.#entries ?? empty
  }

  /** Sets an item; the last value of a key stays, as in Python. */
  set(key: unknown, value: unknown): void {
    this.#entries ??= new Map()
    this.#entries.set(key, value)
  }
}

/** A name that a pickle may ask for, `module.name`: the name only, nothing behind it. */
export class AllowedName {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A value of which nothing is needed: bytes, huge integers, devices. */
export const opaque: unique symbol = Symbol('opaque')
