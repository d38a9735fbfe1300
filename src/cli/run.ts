import { Command, CommanderError } from 'commander'
import { version } from '../../package.json'
import { printable } from '../errors.js'
import { auditCommand } from './commands/audit.js'
import { compareCommand } from './commands/compare.js'
import { convertCommand } from './commands/convert.js'
import { degradeCommand } from './commands/degrade.js'
import { doctorCommand } from './commands/doctor.js'
import { interpolateCommand } from './commands/interpolate.js'
import { predictCommand } from './commands/predict.js'
import { reproduceCommand } from './commands/reproduce.js'
import { rocCommand } from './commands/roc.js'
import { upscaleCommand } from './commands/upscale.js'
import type { CommandIO } from './io.js'
import { UsageError } from './options.js'

/** 0 = done, 1 = failed, 2 = bad usage. */
export type ExitCode = 0 | 1 | 2

/** Ways of commander to end that are no error. */
const fine = new Set(['commander.helpDisplayed', 'commander.version'])

/**
 * Runs the command `esrgan-scnn` on arguments without node and script. Never throws and never ends the process; what went
 * wrong is on stderr.
 */
export async function runCli(argv: readonly string[], io: CommandIO): Promise<ExitCode> {
  const commands = [
    reproduceCommand(io, argv),
    upscaleCommand(io),
    convertCommand(io),
    interpolateCommand(io),
    degradeCommand(io),
    compareCommand(io),
    auditCommand(io),
    rocCommand(io),
    predictCommand(io),
    doctorCommand(io),
  ]
  const program = new Command('esrgan-scnn')
    .description('ESRGAN super-resolution and a Siamese CNN for histology images: train, evaluate, use.')
    .version(version)
    .addHelpText(
      'after',
      '\nExample:\n  $ esrgan-scnn reproduce --out report\n\nExit codes: 0 done, 1 failed, 2 bad usage.',
    )
  for (const command of [program, ...commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
  }
  for (const command of commands) program.addCommand(command)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return fine.has(error.code) ? 0 : 2
    const name = commands.find((command) => command.name() === argv[0])?.name()
    const message = (error instanceof Error ? error.message : String(error)).split('\n').map(printable).join('\n')
    io.stderr.write(`esrgan-scnn${name === undefined ? '' : ` ${name}`}: ${message}\n`)
    if (io.debug && error instanceof Error) io.stderr.write(`${error.stack}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}
