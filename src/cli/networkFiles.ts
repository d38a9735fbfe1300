import { realpath } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { Option } from 'commander'
import type { StoredNetwork } from '../esrgan/index.js'
import { writeWhole } from '../node/files.js'
import { readWeightsFile } from '../node/index.js'
import { writeModelFiles } from '../node/modelFiles.js'
import type { GeneratorNameScheme, WeightsFile } from '../weights/index.js'
import { kindOf, modelFile, requireFile, UsageError } from './options.js'

/** Float types of weights on disk. */
export type StoredType = 'F32' | 'F16' | 'BF16'

/** `--dtype`, for every command that writes a network. */
export const dtypeOption = (): Option =>
  new Option('--dtype <type>', 'how values are stored: F32 is exact, F16 and BF16 halve the file; tfjs has no BF16')
    .choices(['F32', 'F16', 'BF16'])
    .default('F32')

/** Where a network goes. */
export interface NetworkTarget {
  readonly format: 'safetensors' | 'tfjs'
  readonly path: string
}

/** A file of weights or a tfjs model that is there, given itself or by its folder. */
export async function networkFile(what: string, path: string): Promise<string> {
  return (await kindOf(path)) === 'folder' ? await modelFile(what, path) : await requireFile(what, path)
}

/** Where `out` asks a network to be written: `.safetensors`, a tfjs `.json`, or a folder for `model.json`. Refuses the inputs. */
export async function networkTarget(out: string, inputs: readonly string[], dtype: StoredType): Promise<NetworkTarget> {
  const extension = extname(out).toLowerCase()
  const isFolder = /[/\\]$/.test(out) || extension === '' || (await kindOf(out)) === 'folder'
  if (!isFolder && extension !== '.safetensors' && extension !== '.json') {
    throw new UsageError(`OUT: must end in .safetensors or .json (tfjs), or be a folder (tfjs): ${out}`)
  }
  if (isFolder && (await kindOf(out)) === 'file') throw new UsageError(`OUT: is a file without a known ending: ${out}`)
  const path = isFolder ? join(out, 'model.json') : out
  const format = extension === '.safetensors' && !isFolder ? 'safetensors' : 'tfjs'
  if (format === 'tfjs' && dtype === 'BF16') throw new UsageError('--dtype BF16: tfjs has none; take F16 or F32')
  const place = await realpath(path).catch(() => undefined)
  for (const input of inputs) {
    if (place !== undefined && place === (await realpath(input))) {
      throw new UsageError(`OUT: would overwrite the input ${input}`)
    }
    // Which weight files belong to the input, only its own text says.
    if (format === 'tfjs' && extname(input).toLowerCase() === '.json') {
      const folder = await realpath(dirname(path)).catch(() => undefined)
      if (folder === (await realpath(dirname(input)))) {
        throw new UsageError(`OUT: could overwrite weight files of the input ${input}; take another folder`)
      }
    }
  }
  return { format, path }
}

/** A network that was read, with the file's own words. */
export interface NetworkInput {
  readonly path: string
  readonly file: WeightsFile
  readonly network: StoredNetwork
}

/** The network in a file. */
export async function readNetworkFile(path: string): Promise<NetworkInput> {
  const { readNetwork } = await import('../esrgan/index.js')
  const file = await readWeightsFile(path)
  return { path, file, network: readNetwork(file, { source: path }) }
}

/** A network that was written. */
export interface NetworkOutput {
  readonly format: NetworkTarget['format']
  readonly dtype: StoredType
  /** The files, the one to open last. */
  readonly paths: readonly string[]
  /** Their bytes of weights. */
  readonly weightBytes: number
}

/** Writes a network; no file is there before it is whole. */
export async function writeNetworkFile(
  { format, path }: NetworkTarget,
  network: StoredNetwork,
  { dtype, names = 'basicsr' }: { readonly dtype: StoredType; readonly names?: GeneratorNameScheme },
): Promise<NetworkOutput> {
  const { networkToLayersModel, networkToSafetensors } = await import('../esrgan/index.js')
  if (format === 'tfjs') {
    if (dtype === 'BF16') throw new UsageError('--dtype BF16: tfjs has none; take F16 or F32')
    return { format, dtype, ...(await writeModelFiles(path, networkToLayersModel(network, { dtype }))) }
  }
  const bytes = networkToSafetensors(network, { dtype, names })
  await writeWhole(path, bytes)
  return { format, dtype, paths: [path], weightBytes: bytes.length }
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** What kind of network it is and how large, in words. */
export function describeNetwork(network: StoredNetwork): string {
  if (network.kind === 'generator') {
    const { scale, blocks, features, growth, channels, bicubicSkip } = network.config
    const sizes = `${counted(blocks, 'block')}, ${counted(features, 'feature')}, growth ${growth}, ${counted(channels, 'channel')}`
    return `RRDB generator x${scale}: ${sizes}${bicubicSkip ? ', bicubic skip' : ''}`
  }
  if (network.kind === 'discriminator') {
    const { patchSize, features, channels } = network.config
    const sizes = `${counted(features, 'feature')}, ${counted(channels, 'channel')}`
    return `discriminator of ${patchSize}x${patchSize} patches: ${sizes}`
  }
  const { input, layers } = network.config
  const name = layers.includes('block3_conv4') ? 'VGG19' : 'VGG'
  return `${name} up to ${layers.at(-1)!}: ${counted(layers.length, 'convolution')}, ${input} input`
}

/** The float types of a file's tensors, each once. */
export const storedTypes = ({ tensors }: WeightsFile): string[] =>
  [...new Set([...tensors.values()].map(({ dtype }) => dtype))].toSorted()

/** The lines that a command prints for what it wrote. */
export function writtenLine({ format, dtype, paths, weightBytes }: NetworkOutput): string {
  const what = format === 'tfjs' ? 'tfjs layers model' : 'safetensors'
  const files = paths.length > 1 ? `, ${paths.length} files` : ''
  return `${paths.at(-1)!}: ${what}, ${dtype}${files}, ${weightBytes.toLocaleString('en')} bytes\n`
}

/** The numbers of a network for `--json`. */
export function networkJSON(network: StoredNetwork, parameterCount: number): object {
  const { kind } = network
  if (network.kind !== 'generator') return { kind, ...network.config, parameterCount }
  const { checkpoint: _, ...config } = network.config
  return { kind, ...config, parameterCount }
}
