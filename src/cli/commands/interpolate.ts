import { Command, InvalidArgumentError, Option } from 'commander'
import { WeightsError } from '../../errors.js'
import type { StoredGenerator } from '../../esrgan/index.js'
import type { CommandIO } from '../io.js'
import {
  describeNetwork,
  dtypeOption,
  networkFile,
  networkJSON,
  networkTarget,
  readNetworkFile,
  writeNetworkFile,
  writtenLine,
  type StoredType,
} from '../networkFiles.js'
import { jsonOption } from '../options.js'

interface InterpolateCommandOptions {
  alpha: number
  dtype: StoredType
  json?: true
}

function share(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return value
}

async function readGenerator(path: string): Promise<StoredGenerator> {
  const { network } = await readNetworkFile(path)
  if (network.kind !== 'generator') throw new WeightsError(path, `is no generator: ${describeNetwork(network)}`)
  return network
}

/** `esrgan-scnn interpolate`: the generator between two others. */
export function interpolateCommand(io: CommandIO): Command {
  return new Command('interpolate')
    .description('Writes the generator between two: (1 - alpha) * PSNR + alpha * GAN for every weight.')
    .argument('<psnr>', 'the faithful generator: any file that `convert` reads')
    .argument('<gan>', 'the sharp generator, of the same sizes')
    .argument('<out>', '.safetensors, or a tfjs layers model (.json, or a folder for model.json)')
    .addOption(new Option('--alpha <share>', 'the share of GAN, from 0 to 1').argParser(share).default(0.8))
    .addOption(dtypeOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ esrgan-scnn interpolate psnr.safetensors gan.safetensors between.safetensors --alpha 0.5',
    )
    .action(async (psnr: string, gan: string, out: string, { alpha, dtype, json }: InterpolateCommandOptions) => {
      const inputs = [await networkFile('PSNR', psnr), await networkFile('GAN', gan)] as const
      const target = await networkTarget(out, inputs, dtype)
      const { interpolateStored } = await import('../../esrgan/interpolate.js')
      const { storedParameterCount } = await import('../../esrgan/storedNetwork.js')
      const network = interpolateStored(await readGenerator(inputs[0]), await readGenerator(inputs[1]), alpha)
      const written = await writeNetworkFile(target, network, { dtype })
      if (json === true) {
        const sizes = networkJSON(network, storedParameterCount(network))
        io.stdout.write(`${JSON.stringify({ psnr: inputs[0], gan: inputs[1], alpha, network: sizes, out: written })}\n`)
        return
      }
      io.stdout.write(`${describeNetwork(network)}; alpha ${alpha}\n${writtenLine(written)}`)
    })
}
