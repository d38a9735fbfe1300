#!/usr/bin/env node
import { runCli } from './run.js'

// tfjs and its backends speak through the console; stdout belongs to the results.
console.log = console.error
console.info = console.error
console.debug = console.error

// A reader such as `head` that has seen enough is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`esrgan-scnn: standard output cannot be written: ${error.message}\n`)
  process.exit(1)
})

async function main(): Promise<void> {
  const code = await runCli(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    debug: (process.env['DEBUG'] ?? '') !== '',
    onInterrupt(handler) {
      let isFirst = true
      const listener = (): void => {
        if (!isFirst) process.exit(130)
        isFirst = false
        handler()
      }
      process.on('SIGINT', listener)
      return () => void process.off('SIGINT', listener)
    },
  })

  // The threads of the wasm backend would keep the process alive. Exit once stdout is written.
  process.stdout.write('', (error) => {
    // The handler above ends the process where stdout is broken.
    if (!error) process.exit(code)
  })
}

void main()
