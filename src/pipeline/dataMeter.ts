import { createDataClock, type DataClock } from '../data/dataClock.js'
import type { StageTime } from './reportTypes.js'

/** What data cost in each stage. */
export interface DataMeter extends DataClock {
  /** Begins to measure: what was before belongs to no stage. */
  begin(): void
  /** Books what has passed since the last `begin` or `book` to the stage. */
  book(stage: string): void
  /** What was booked. */
  readonly stages: Readonly<Record<string, StageTime>>
}

/** A {@link DataMeter}. */
export function createDataMeter(): DataMeter {
  const clock = createDataClock()
  const booked = new Map<string, { seconds: number; waited: number; worked: number }>()
  const now = (): { seconds: number; waited: number; worked: number } => ({
    seconds: performance.now() / 1000,
    ...clock.read(),
  })
  let since = now()
  return {
    ...clock,
    begin() {
      since = now()
    },
    book(stage) {
      const until = now()
      const before = booked.get(stage) ?? { seconds: 0, waited: 0, worked: 0 }
      booked.set(stage, {
        seconds: before.seconds + until.seconds - since.seconds,
        waited: before.waited + until.waited - since.waited,
        worked: before.worked + until.worked - since.worked,
      })
      since = until
    },
    get stages() {
      return Object.fromEntries(
        [...booked].map(([stage, time]) => [
          stage,
          { ...time, share: time.seconds > 0 ? Math.min(1, (time.waited + time.worked) / time.seconds) : 0 },
        ]),
      )
    },
  }
}
