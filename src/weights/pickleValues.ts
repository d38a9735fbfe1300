/** A Python list, tuple or set. */
export class Sequence {
  readonly items: unknown[]
  constructor(items: unknown[]) {
    this.items = items
  }
}

const empty: ReadonlyMap<unknown, unknown> = new Map()

/** A Python dictionary of any kind. */
export class Dictionary {
  #entries: Map<unknown, unknown> | undefined

  /** Its keys and values; the map of an empty one is not made, for a pickle may have millions. */
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
