import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { answersTo } from './worker.js'

/** What a process says of one measurement. */
export interface Measurement {
  /** Milliseconds of one repetition. */
  readonly ms: number
  /** Milliseconds of all cores together. */
  readonly cpuMs: number
  /** The largest memory that the process has held so far, in 10^6 bytes. */
  readonly peakMB: number
  /** The share of the time that data took, where there is more than data. */
  readonly dataShare?: number
}

/** A process that computes when it is asked to and sleeps otherwise. */
export interface Peer {
  /** Sends a request and waits for its answer. Rejects where the answer is an error, or the process ends. */
  ask(request: string, more?: object): Promise<Record<string, unknown>>
  /** Ends the process. */
  close(): Promise<void>
}

/** Starts a process that speaks the protocol of bench/worker.ts; `name` is what messages call it. */
export function startPeer(name: string, command: string, args: readonly string[]): Peer {
  // Its stdout becomes our stderr: stdout is for the result alone.
  const child: ChildProcess = spawn(command, args, { stdio: ['pipe', 2, 2, 'pipe'] })
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  let ending: Error | undefined
  const end = (error: Error): void => {
    ending ??= error
    for (const { reject } of waiting.splice(0)) reject(ending)
  }
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      end(new Error(`${name} did not start: ${error.message}`))
      resolve()
    })
    child.on('exit', (code, signal) => {
      end(new Error(`${name} ended with ${signal ?? `exit code ${code}`}`))
      resolve()
    })
  })
  createInterface({ input: child.stdio[answersTo] as Readable }).on('line', (line) => waiting.shift()?.resolve(line))
  // A write to a process that has gone is reported by its exit.
  child.stdin!.on('error', () => {})
  return {
    async ask(request, more = {}) {
      const line = await new Promise<string>((resolve, reject) => {
        if (ending !== undefined) return reject(ending)
        waiting.push({ resolve, reject })
        child.stdin!.write(`${JSON.stringify({ ...more, ask: request })}\n`)
      })
      const answer = JSON.parse(line) as Record<string, unknown>
      if (typeof answer['error'] === 'string') throw new Error(`${name}: ${answer['error']}`)
      return answer
    },
    async close() {
      child.stdin!.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(timer)
    },
  }
}
