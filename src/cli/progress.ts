import cliProgress from 'cli-progress'
import type { OnProgress, ProgressEvent } from '../training/index.js'
import type { CommandIO } from './io.js'

/** Milliseconds between two lines where there is no terminal. */
const interval = 5000

/** Seconds as `12 s`, `3:05` or `2:03:05`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const two = (n: number): string => String(n).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** Steps per second, or seconds per step where they are slow. */
function speed(rate: number): string {
  if (!(rate > 0)) return '?'
  return rate >= 1 ? `${rate.toFixed(1)}/s` : `${(1 / rate).toFixed(1)} s each`
}

/** The first few losses; those of a part, such as `discriminator/real`, are for the report. */
const losses = (values: ProgressEvent['values']): string =>
  Object.entries(values ?? {})
    .filter(([name]) => !name.includes('/'))
    .slice(0, 4)
    .map(([name, value]) => ` · ${name} ${value.toPrecision(3)}`)
    .join('')

/** Shows progress until it is stopped. */
export interface Progress {
  /** Give this to the work. */
  readonly onProgress: OnProgress
  /** Ends the display; may be called twice. */
  stop(): void
}

/** A bar for each stage on a terminal; elsewhere the first, the last and a line every five seconds, with rate and time left. */
export function createProgress({ stderr }: CommandIO): Progress {
  let stage: string | undefined
  if (stderr.isTTY === true) {
    let bar: cliProgress.SingleBar | undefined
    return {
      onProgress(event) {
        if (event.stage !== stage) {
          bar?.stop()
          stage = event.stage
          bar = new cliProgress.SingleBar(
            {
              format: '{stage} {bar} {value}/{total} · {speed} · {left} left{losses}',
              stream: stderr as unknown as NodeJS.WritableStream,
              hideCursor: true,
              stopOnComplete: false,
            },
            cliProgress.Presets.shades_classic,
          )
          bar.start(event.steps, 0, { stage: stage.padEnd(14), speed: '?', left: '?', losses: '' })
        }
        if (event.notice !== undefined) {
          bar!.stop()
          stderr.write(`${event.stage}: ${event.notice}\n`)
          bar!.start(event.steps, event.step, { stage: event.stage.padEnd(14), speed: '?', left: '?', losses: '' })
        }
        bar!.update(event.step, {
          speed: speed(event.rate),
          left: duration(event.secondsLeft),
          losses: losses(event.values),
        })
      },
      stop() {
        bar?.stop()
        bar = undefined
        stage = undefined
      },
    }
  }
  let last = 0
  return {
    onProgress(event) {
      if (event.notice !== undefined) stderr.write(`${event.stage} ${event.step}/${event.steps} · ${event.notice}\n`)
      const isNew = event.stage !== stage
      if (!isNew && event.step < event.steps && Date.now() - last < interval) return
      stage = event.stage
      last = Date.now()
      const left = event.step < event.steps ? ` · ${duration(event.secondsLeft)} left` : ''
      stderr.write(`${stage} ${event.step}/${event.steps} · ${speed(event.rate)}${left}${losses(event.values)}\n`)
    },
    stop() {
      stage = undefined
    },
  }
}
