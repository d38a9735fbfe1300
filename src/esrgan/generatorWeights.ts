import { WeightsError } from '../errors.js'
import { weightDifferences } from '../training/index.js'
import { canonicalGeneratorNames, type NamedTensor, type WeightsFile } from '../weights/index.js'
import { layerTensors, requireFloats, toKerasLayout, type LayerTensor } from '../weights/layerTensors.js'
import { blockNames, generatorConfig, generatorConvolutions } from './generator.js'
import type { GeneratorConfig } from './generator.js'
import { beginningOf, readMetadata, type StoredGenerator } from './storedNetwork.js'

/** The metadata key that keeps what shapes cannot say. */
export const generatorKey = 'esrgan-scnn.generator'

/** What shapes cannot say. */
type Saved = Pick<GeneratorConfig, 'residualScale' | 'bicubicSkip' | 'channels'>

/** What {@link generatorKey} keeps of a generator. */
export function generatorMetadata({ residualScale, bicubicSkip, channels }: GeneratorConfig): string {
  const saved: Saved = { residualScale, bicubicSkip, channels }
  return JSON.stringify(saved)
}

/** The fixed convolution that stands for the pixel unshuffle in a layers model. */
export const unshuffleLayer = 'pixel_unshuffle'

/** Its kernel `[factor, factor, channels, channels * factor^2]`: one 1 for each output, in PyTorch's order `c*factor^2 + i*factor + j`. */
export function unshuffleKernel(factor: number, channels: number): NamedTensor {
  const outputs = channels * factor ** 2
  const data = new Float32Array(factor ** 2 * channels * outputs)
  for (let output = 0; output < outputs; output++) {
    const place = output % factor ** 2
    const channel = Math.floor(output / factor ** 2)
    data[(place * channels + channel) * outputs + output] = 1
  }
  return { shape: [factor, factor, channels, outputs], data }
}

/** What weights cannot tell of a generator. */
export interface GeneratorSwitches {
  readonly residualScale?: number
  readonly bicubicSkip?: boolean
  readonly checkpoint?: boolean
}

/** Sizes from the shapes. The number of blocks is that of different block numbers, so that no name can make it large. */
function inferConfig(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  switches: GeneratorSwitches,
  source: string,
): GeneratorConfig {
  const sizes = (name: string): readonly number[] => {
    const shape = tensors.get(name)?.shape
    if (shape?.length === 4 && shape.every((size) => size > 0)) return shape
    const found = shape === undefined ? 'missing' : `[${shape.join(', ')}]`
    throw new WeightsError(
      source,
      `these are no weights of an RRDB generator: ${name} is ${found}; ${beginningOf(tensors)}`,
    )
  }
  const [features, inputs] = sizes('conv_first.weight') as [number, number]
  const [channels] = sizes('conv_last.weight') as [number]
  const [growth] = sizes('body.0.rdb1.conv1.weight') as [number]
  const numbers = [...tensors.keys()].map((name) => /^body\.(\d+)\./.exec(name)?.[1])
  const blocks = new Set(numbers.filter((number) => number !== undefined)).size
  const inBlocks = 2 * blockNames(0).length * blocks
  // A list of all that is missing would be many times as long as the file.
  if (2 * tensors.size < inBlocks) {
    throw new WeightsError(
      source,
      `it names ${blocks} blocks, which have ${inBlocks} tensors, but holds ${tensors.size} in all`,
    )
  }
  const scale = ({ 1: 4, 4: 2, 16: 1 } as const)[inputs / channels]
  if (scale === undefined) {
    throw new WeightsError(
      source,
      `conv_first reads ${inputs} channels, conv_last writes ${channels}: no scale of 1, 2 or 4`,
    )
  }
  return generatorConfig({ ...switches, blocks, features, growth, channels, scale })
}

/** Takes the pixel unshuffle of a layers model out, which must be the one that the network has. */
function withoutUnshuffle(layers: ReadonlyMap<string, LayerTensor>, source: string): Map<string, LayerTensor> {
  const rest = new Map(layers)
  const kernel = rest.get(`${unshuffleLayer}.weight`)
  if (kernel === undefined || !rest.delete(`${unshuffleLayer}.weight`)) return rest
  const [outputs = 0, channels = 0, factor = 0] = kernel.shape
  // Shapes first: what the kernel should be is only made where it has the size of what is there.
  const isPossible = (factor === 2 || factor === 4) && outputs > 0 && outputs === channels * factor ** 2
  const isSquare = kernel.shape.join() === [outputs, channels, factor, factor].join()
  const values = isPossible && isSquare ? toKerasLayout(kernel).data : undefined
  if (values === undefined || !unshuffleKernel(factor, channels).data.every((value, i) => value === values[i])) {
    throw new WeightsError(source, `${unshuffleLayer} is another convolution than the pixel unshuffle`)
  }
  return rest
}

/** Whether these look like the weights of an RRDB generator, in any of the published names. */
export const looksLikeGenerator = (layers: ReadonlyMap<string, unknown>): boolean =>
  ['body.0.rdb1.conv1.weight', 'RRDB_trunk.0.RDB1.conv1.weight', 'model.1.sub.0.RDB1.conv1.0.weight'].some((name) =>
    layers.has(name),
  )

/**
 * A generator from the tensors of a file.
 *
 * @throws WeightsError listing every tensor that is missing, unexpected or differently shaped
 */
export function readGeneratorWeights(file: WeightsFile, switches: GeneratorSwitches, source: string): StoredGenerator {
  const layers = withoutUnshuffle(layerTensors(file, source), source)
  const { tensors, scheme } = canonicalGeneratorNames(layers, source)
  const saved = readMetadata<Saved>(
    file.metadata,
    generatorKey,
    ({ residualScale, bicubicSkip, channels }) =>
      typeof residualScale === 'number' &&
      residualScale >= 0 &&
      residualScale <= 1 &&
      typeof bicubicSkip === 'boolean' &&
      typeof channels === 'number',
    source,
  )
  // What is given as undefined is not given: it must not hide what the file says.
  const { checkpoint = false, residualScale = saved?.residualScale, bicubicSkip = saved?.bicubicSkip } = switches
  const config = inferConfig(
    tensors,
    {
      checkpoint,
      ...(residualScale === undefined ? {} : { residualScale }),
      ...(bicubicSkip === undefined ? {} : { bicubicSkip }),
    },
    source,
  )
  const expected = new Map<string, { shape: readonly number[] }>()
  for (const { name, inputs, outputs } of generatorConvolutions(config)) {
    expected.set(`${name}.weight`, { shape: [outputs, inputs, 3, 3] })
    expected.set(`${name}.bias`, { shape: [outputs] })
  }
  const differences = weightDifferences(expected, tensors)
  if (differences.length > 0) throw new WeightsError(source, 'the weights do not fit the generator', differences)
  requireFloats(tensors, expected.keys(), source)
  const weights = new Map([...expected.keys()].map((name) => [name, toKerasLayout(tensors.get(name)!)]))
  return { kind: 'generator', config, weights, names: scheme }
}
