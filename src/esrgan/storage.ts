import { WeightsError } from '../errors.js'
import { getWeights, type NamedTensor } from '../training/index.js'
import {
  convKernelToOIHW,
  denseKernelToOI,
  generatorNameIn,
  readWeights,
  writeSafetensors,
  type GeneratorNameScheme,
  type WeightsFile,
  type WriteSafetensorsOptions,
} from '../weights/index.js'
import { assembleDiscriminator, type Discriminator } from './discriminator.js'
import { flattenedImage, readDiscriminatorWeights } from './discriminatorWeights.js'
import { assembleGenerator, type Generator } from './generator.js'
import { generatorKey, generatorMetadata, readGeneratorWeights } from './generatorWeights.js'
import { createVariables, type StoredDiscriminator, type StoredGenerator, type StoredNetwork } from './storedNetwork.js'
import { torchvisionNames, vggKey } from './vggWeights.js'

/** A file's bytes (safetensors or a torch checkpoint), or what a reader of the weights room made of a file. */
export type WeightsSource = Uint8Array | WeightsFile

/** The tensors of a source. */
export const openWeights = (weights: WeightsSource, source: string): WeightsFile =>
  weights instanceof Uint8Array ? readWeights(weights, source) : weights

/** The weights of a live generator as plain arrays. */
export async function storedGenerator({ config, variables }: Generator): Promise<StoredGenerator> {
  return { kind: 'generator', config, weights: await getWeights(variables), names: 'basicsr' }
}

/** The weights of a live discriminator as plain arrays. */
export async function storedDiscriminator({ config, variables }: Discriminator): Promise<StoredDiscriminator> {
  return { kind: 'discriminator', config, weights: await getWeights(variables) }
}

/** How {@link networkToSafetensors} writes. */
export interface NetworkToSafetensorsOptions extends WriteSafetensorsOptions {
  /** The names of a generator's tensors; default `basicsr`. */
  readonly names?: GeneratorNameScheme
}

function pytorchTensor(name: string, tensor: NamedTensor, network: StoredNetwork): NamedTensor {
  if (tensor.shape.length === 4) return convKernelToOIHW(tensor)
  if (tensor.shape.length !== 2) return tensor
  const isFlattened = network.kind === 'discriminator' && name === 'linear1.weight'
  return denseKernelToOI(tensor, isFlattened ? flattenedImage(network.config) : undefined)
}

/** The largest finite value of float16. */
const largestHalf = 65504

/** Refuses finite values that float16 would turn into Infinity. */
export function requireHalf({ kind, weights }: StoredNetwork): void {
  for (const [name, { data }] of weights) {
    const large = data.find((value) => Number.isFinite(value) && Math.abs(value) >= largestHalf + 16)
    if (large !== undefined) {
      throw new WeightsError(kind, `${name} holds ${large}, more than F16 can (${largestHalf}): take F32`)
    }
  }
}

/**
 * A network as a safetensors file, for PyTorch and for this package: BasicSR's names (torchvision's for VGG), PyTorch's
 * layouts, and in the metadata what shapes cannot say.
 *
 * @throws WeightsError for a value that F16 would turn into Infinity
 */
export function networkToSafetensors(
  network: StoredNetwork,
  { names = 'basicsr', ...options }: NetworkToSafetensorsOptions = {},
): Uint8Array {
  if (options.dtype === 'F16') requireHalf(network)
  const metadata: Record<string, string> = { format: 'pt' }
  let rename = (name: string): string => name
  if (network.kind === 'generator') {
    const { config } = network
    metadata[generatorKey] = generatorMetadata(config)
    rename = (name) => generatorNameIn(names, name, config.blocks)
  }
  if (network.kind === 'vgg') {
    const { input, layers } = network.config
    metadata[vggKey] = JSON.stringify({ input })
    const torchvision = torchvisionNames(layers)
    rename = (name) => name.replace(/^[^.]+/, (layer) => torchvision.get(layer)!)
  }
  const tensors = new Map(
    [...network.weights].map(([name, tensor]) => [rename(name), pytorchTensor(name, tensor, network)]),
  )
  return writeSafetensors(tensors, metadata, options)
}

/** A generator as a safetensors file: BasicSR's names, kernels as `[out, in, height, width]`, the options in the metadata. */
export async function saveGenerator(generator: Generator, options: WriteSafetensorsOptions = {}): Promise<Uint8Array> {
  return networkToSafetensors(await storedGenerator(generator), options)
}

/**
 * A discriminator as a safetensors file: BasicSR's names with the running statistics, PyTorch's layouts, also where
 * `linear1` reads the flattened image.
 */
export async function saveDiscriminator(
  discriminator: Discriminator,
  options: WriteSafetensorsOptions = {},
): Promise<Uint8Array> {
  return networkToSafetensors(await storedDiscriminator(discriminator), options)
}

/** Settings of {@link loadGenerator} that the weights cannot tell. */
export interface LoadGeneratorOptions {
  /** Default what the file says, else 0.2. */
  readonly residualScale?: number
  /** Default what the file says, else false. */
  readonly bicubicSkip?: boolean
  /** Recompute RRDBs in the backward pass; default false. */
  readonly checkpoint?: boolean
  /** What error messages call the file; default `generator weights`. */
  readonly source?: string
}

/**
 * A generator from weights of any format (safetensors, PyTorch, tfjs, Keras), of any of the three published name schemes,
 * in any float type. Blocks, features, growth, channels and scale follow from the shapes.
 *
 * @param weights the bytes of a safetensors file or a torch checkpoint, or what `readWeights`, `readTfjsWeights`,
 *   `readKerasWeights` or, in Node, `readWeightsFile` gave
 * @returns a generator that the caller disposes
 * @throws WeightsError when the file is malformed, or listing every tensor that is missing, unexpected or differently shaped
 */
export function loadGenerator(
  weights: WeightsSource,
  { source = 'generator weights', ...switches }: LoadGeneratorOptions = {},
): Generator {
  const stored = readGeneratorWeights(openWeights(weights, source), switches, source)
  return assembleGenerator(stored.config, createVariables(stored.weights))
}

/** Settings of {@link loadDiscriminator}. */
export interface LoadDiscriminatorOptions {
  /** What error messages call the file; default `discriminator weights`. */
  readonly source?: string
}

/**
 * A discriminator from weights of any format, with BasicSR's names. Patch size, features and channels follow from the
 * shapes.
 *
 * @param weights see {@link loadGenerator}
 * @returns a discriminator that the caller disposes
 * @throws WeightsError when the file is malformed, or listing every tensor that is missing, unexpected or differently shaped
 */
export function loadDiscriminator(
  weights: WeightsSource,
  { source = 'discriminator weights' }: LoadDiscriminatorOptions = {},
): Discriminator {
  const stored = readDiscriminatorWeights(openWeights(weights, source), source)
  return assembleDiscriminator(stored.config, createVariables(stored.weights))
}
