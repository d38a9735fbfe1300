import type { CommandIO } from './io.js'

/** The work was stopped by Ctrl-C: exit code 1. */
export class InterruptedError extends Error {
  override readonly name: string = 'InterruptedError'
}

/** Runs the work with a signal that Ctrl-C aborts; the work then ends at its next step, and `advice` says how to go on. */
export async function interruptible<T>(
  io: CommandIO,
  advice: () => Promise<string>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const stopListening = io.onInterrupt(() => {
    io.stderr.write('\nstopping after this step; press Ctrl-C again to stop at once\n')
    controller.abort(new InterruptedError('stopped'))
  })
  try {
    return await work(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) throw error
    throw new InterruptedError(`stopped; ${await advice()}`, { cause: error })
  } finally {
    stopListening()
  }
}
