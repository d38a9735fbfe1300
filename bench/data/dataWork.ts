import type { Numbers } from '../tensorFolder.js'

/** Something done with images or records, to be timed. */
export interface DataWork {
  /** What the images or records are. */
  readonly about: string
  /** Further numbers that a peer needs; files and names it finds in the folder. */
  readonly given?: Iterable<readonly [string, Numbers]>
  /** What a peer must reproduce; undefined where there is none. Checked against what is known of it, where that is. */
  result(): Promise<Numbers | undefined>
  /** One repetition. */
  run(): Promise<void>
  /** Seconds that data took in all repetitions so far; where there is more than data in them. */
  dataSeconds?(): number
  /** Disposes tensors. */
  dispose(): void
}
