/** Values of steps, one of which is made ahead. */
export interface StepsAhead<T> {
  /** The value of step `n`; that of step `n + 1` is begun meanwhile. */
  at(n: number): Promise<T>
  /** Drops what was begun and not asked for, its errors too. */
  close(): void
}

/** What {@link stepsAhead} gives the maker of a value. */
export interface StepMade {
  /** Resolves when the main thread is free, or when the value is asked for: work that blocks it belongs behind this. */
  readonly whenFree: () => Promise<void>
}

/**
 * Makes the value of the step after the one asked for, in the time until that is asked for: a read disk or decoder works
 * while the device computes. `make` is a pure function of the step, so that it does not matter whether a value was made
 * ahead. The value ahead is the only one held. No value is begun from step `steps` on.
 */
export function stepsAhead<T>(make: (n: number, made: StepMade) => Promise<T>, steps: number): StepsAhead<T> {
  let ahead: { readonly n: number; readonly value: Promise<T>; readonly hurry: () => void } | undefined
  let isClosed = false
  const begin = (n: number): void => {
    let hurry!: () => void
    const asked = new Promise<void>((resolve) => {
      hurry = resolve
    })
    const whenFree = (): Promise<void> =>
      Promise.race([asked, new Promise<void>((resolve) => void setTimeout(resolve, 0))])
    const value = make(n, { whenFree })
    value.catch(() => undefined)
    ahead = { n, value, hurry }
  }
  return {
    async at(n) {
      const found = ahead?.n === n ? ahead : undefined
      found?.hurry()
      const value = await (found === undefined ? make(n, { whenFree: async () => {} }) : found.value)
      if (n + 1 < steps && ahead?.n !== n + 1 && !isClosed) begin(n + 1)
      return value
    },
    close() {
      ahead = undefined
      isClosed = true
    },
  }
}
