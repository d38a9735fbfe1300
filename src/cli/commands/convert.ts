import { Command, Option } from 'commander'
import type { GeneratorNameScheme } from '../../weights/index.js'
import type { CommandIO } from '../io.js'
import {
  describeNetwork,
  dtypeOption,
  networkFile,
  networkJSON,
  networkTarget,
  readNetworkFile,
  storedTypes,
  writeNetworkFile,
  writtenLine,
  type StoredType,
} from '../networkFiles.js'
import { jsonOption, UsageError } from '../options.js'

interface ConvertCommandOptions {
  dtype: StoredType
  names?: GeneratorNameScheme
  json?: true
}

/** `esrgan-scnn convert`: a network from one format of weights into another. */
export function convertCommand(io: CommandIO): Command {
  return new Command('convert')
    .description(
      'Converts a generator, discriminator or VGG between PyTorch, safetensors, Keras and tfjs, and says what it is.',
    )
    .argument('<in>', '.safetensors, .pth or .pt, Keras .h5, or a tfjs model (its .json or folder)')
    .argument('<out>', '.safetensors, or a tfjs layers model (.json, or a folder for model.json)')
    .addOption(dtypeOption())
    .addOption(
      new Option('--names <scheme>', "a generator's tensor names in .safetensors (default: basicsr)").choices([
        'basicsr',
        'esrgan',
        'oldest',
      ]),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nThe tfjs model has standard layers only: tf.loadLayersModel and UpscalerJS run it as it is.\n\nExample:\n  $ esrgan-scnn convert RealESRGAN_x4plus.pth model.safetensors',
    )
    .action(async (input: string, out: string, { dtype, names, json }: ConvertCommandOptions) => {
      const path = await networkFile('IN', input)
      const target = await networkTarget(out, [path], dtype)
      if (names !== undefined && target.format === 'tfjs') {
        throw new UsageError('--names: is for .safetensors; a tfjs model has the names of BasicSR')
      }
      const { file, network } = await readNetworkFile(path)
      if (names !== undefined && network.kind !== 'generator') {
        throw new UsageError(`--names: is for generators, and ${input} is none`)
      }
      const { storedParameterCount } = await import('../../esrgan/storedNetwork.js')
      const parameterCount = storedParameterCount(network)
      const dtypes = storedTypes(file)
      const written = await writeNetworkFile(target, network, { dtype, ...(names === undefined ? {} : { names }) })
      if (json === true) {
        const found = network.kind === 'generator' ? { names: network.names } : {}
        const result = {
          in: { path, format: file.format, dtypes, ...found },
          network: networkJSON(network, parameterCount),
          out: written,
        }
        io.stdout.write(`${JSON.stringify(result)}\n`)
        return
      }
      const scheme = network.kind === 'generator' ? `, ${network.names} names` : ''
      io.stdout.write(
        `${path}: ${describeNetwork(network)}; ${parameterCount.toLocaleString('en')} parameters (${file.format}, ${dtypes.join(' and ')}${scheme})\n`,
      )
      io.stdout.write(writtenLine(written))
    })
}
