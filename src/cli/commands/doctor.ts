import { Command, InvalidArgumentError, Option } from 'commander'
import { diagnoseBackends } from '../../node/index.js'
import { doctorTable } from '../doctorTable.js'
import type { CommandIO } from '../io.js'
import { jsonOption } from '../options.js'

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0.1 && value <= 3600)) {
    throw new InvalidArgumentError('It must be a number of seconds from 0.1 to 3600.')
  }
  return value
}

/** `esrgan-scnn doctor`: what computes here, and what would be quicker. */
export function doctorCommand(io: CommandIO): Command {
  return new Command('doctor')
    .description(
      'Examines every backend: whether it works, why not, how quick it is, and what to install to go faster.',
    )
    .addOption(new Option('--timeout <s>', 'seconds after which a backend is given up').argParser(seconds).default(20))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nEach backend is examined in a process of its own. Fails where none works.\n\nExample:\n  $ esrgan-scnn doctor',
    )
    .action(async ({ timeout, json }: { timeout: number; json?: true }) => {
      const diagnosis = await diagnoseBackends({
        timeout,
        onBackend: (name) => void io.stderr.write(`examining ${name} ...\n`),
      })
      io.stdout.write(json === true ? `${JSON.stringify(diagnosis)}\n` : doctorTable(diagnosis))
      if (!diagnosis.backends.some(({ state }) => state === 'works')) {
        throw new Error('no backend works here; standard output has the reasons')
      }
    })
}
