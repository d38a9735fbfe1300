/** How long data took, in seconds. The two do not overlap: their sum is the time that data cost. */
export interface DataTime {
  /** Nothing else could go on, for an image was not there yet. */
  readonly waited: number
  /** The main thread worked on data: cut, shrank, augmented, made tensors of pixels. */
  readonly worked: number
}

/** Adds up the time that data take, in waits and work that may overlap. */
export interface DataClock {
  /** Counts until the promise settles, less the work done meanwhile. */
  wait<T>(promise: Promise<T>): Promise<T>
  /** Counts what the function does until it returns; of an asynchronous one, what it does before its first `await`. */
  work<T>(task: () => T): T
  /** The time so far. */
  read(): DataTime
}

/** A {@link DataClock}. */
export function createDataClock(): DataClock {
  const depth = { waiting: 0, working: 0 }
  const milliseconds = { waited: 0, worked: 0 }
  let since = 0
  /** Books the time since the last change of state, then changes it. */
  const change = (what: keyof typeof depth, by: 1 | -1): void => {
    const now = performance.now()
    if (depth.working > 0) milliseconds.worked += now - since
    else if (depth.waiting > 0) milliseconds.waited += now - since
    since = now
    depth[what] += by
  }
  return {
    async wait(promise) {
      change('waiting', 1)
      try {
        return await promise
      } finally {
        change('waiting', -1)
      }
    },
    work(task) {
      change('working', 1)
      try {
        return task()
      } finally {
        change('working', -1)
      }
    },
    read: () => ({ waited: milliseconds.waited / 1000, worked: milliseconds.worked / 1000 }),
  }
}
