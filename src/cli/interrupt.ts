import type { CommandIO } from './io.js'

/** The work was stopped by Ctrl-C: exit code 1. */
export class InterruptedError extends Error {
  override readonly name: string = 'InterruptedError'
}

/** Runs the work with a signal that Ctrl-C aborts; the work then ends at its next step. */
export async function interruptible<T>(
  io: CommandIO,
  advice: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const stopListening = io.onInterrupt(() => {
    io.stderr.write('\nstopping after this step; press Ctrl-C again to stop at once\n')
    controller.abort(new InterruptedError(`stopped; ${advice}`))
  })
  try {
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.aborted ? (controller.signal.reason as Error) : error
  } finally {
    stopListening()
  }
}
