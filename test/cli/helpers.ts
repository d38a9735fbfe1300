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

/** Runs the command in this process and collects what it wrote. It is interrupted when stderr shows `interruptAt`. */
export async function cli(argv: readonly string[], interruptAt?: RegExp): Promise<CliResult> {
  let stdout = ''
  let stderr = ''
  let interrupt: (() => void) | undefined
  const code = await runCli(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: {
      write(text) {
        stderr += text
        if (interruptAt?.test(text) === true) interrupt?.()
      },
    },
    debug: false,
    onInterrupt(handler) {
      interrupt = handler
      return () => (interrupt = undefined)
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
