import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCli, type ExitCode } from '../../src/cli/run.js'

/** What one call of the command gave. */
export interface CliResult {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command in this process and collects what it wrote. `onStart` receives how to interrupt it. */
export async function cli(argv: readonly string[], onStart?: (interrupt: () => void) => void): Promise<CliResult> {
  let stdout = ''
  let stderr = ''
  const code = await runCli(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    debug: false,
    onInterrupt(handler) {
      onStart?.(handler)
      return () => {}
    },
  })
  return { code, stdout, stderr }
}

/** Runs the body with a new folder that is gone afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'))
  try {
    await body(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
