/** One report of long work. */
export interface ProgressEvent {
  /** What is running, for example `psnr`, `gan`, `super-resolve`, `siamese`. */
  readonly stage: string
  /** Steps done in this stage. */
  readonly step: number
  /** Steps of this stage in all. */
  readonly steps: number
  /** Steps per second since the stage began. */
  readonly rate: number
  /** Estimated seconds until the stage ends. */
  readonly secondsLeft: number
  /** Losses and metrics of the step, by name. */
  readonly values?: Readonly<Record<string, number>>
  /** Something a person should read, for example that training was rolled back; `step` may have gone down then. */
  readonly notice?: string
}

/** Receives progress. It should return quickly. */
export type OnProgress = (event: ProgressEvent) => void

/** Reports steps of a stage with rate and time left; `done` steps were finished by an earlier run. */
export function trackProgress(
  stage: string,
  steps: number,
  onProgress: OnProgress | undefined,
  done = 0,
): (step: number, values?: Readonly<Record<string, number>>, notice?: string) => void {
  const started = Date.now()
  return (step, values, notice) => {
    const seconds = Math.max(1e-3, (Date.now() - started) / 1000)
    const rate = Math.max(0, step - done) / seconds
    const secondsLeft = rate > 0 ? (steps - step) / rate : Infinity
    onProgress?.({
      stage,
      step,
      steps,
      rate,
      secondsLeft,
      ...(values === undefined ? {} : { values }),
      ...(notice === undefined ? {} : { notice }),
    })
  }
}

/**
 * Resolves in a task of its own, after what waits already. A timer would do, were it not that browsers run those of a page in the
 * background once a second, after some minutes once a minute; and `scheduler.yield` comes before timers that are due.
 */
function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => void setImmediate(resolve))
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    const arrived = (): void => {
      port1.close()
      resolve()
    }
    port1.addEventListener('message', arrived, { once: true })
    port1.start()
    port2.postMessage(undefined)
  })
}

/** Lets timers, signals and the page run, then throws the signal's reason if it was aborted. As fast in a page in the background. */
export async function breathe(signal?: AbortSignal): Promise<void> {
  await nextTask()
  signal?.throwIfAborted()
}
