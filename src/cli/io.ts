/** What the command talks to: the process, or a test. */
export interface CommandIO {
  /** Results; with `--json`, one JSON document and nothing else. */
  readonly stdout: { write(text: string): unknown }
  /** Everything else. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
  /** Calls the handler on the first interrupt (Ctrl-C); returns how to stop listening. */
  onInterrupt(handler: () => void): () => void
  /** Whether a failure shows its stack. */
  readonly debug: boolean
}
