/** What the report cannot know by itself: how and where the run was made. */
export interface RunEnvironment {
  /** The largest memory the process held, in bytes. */
  readonly peakMemoryBytes?: number
  /** The backend in words, for example with its threads. */
  readonly backendDescription?: string
  /** The command that makes this report again. */
  readonly command?: string
  /** What the program ran in, for example `Node 20.20.2, linux x64`. */
  readonly runtime?: string
}
