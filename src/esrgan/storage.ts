import { WeightsError } from '../errors.js'
import { getWeights, weightDifferences, type NamedTensor } from '../training/index.js'
import {
  canonicalGeneratorNames,
  convKernelToHWIO,
  convKernelToOIHW,
  readSafetensors,
  toFloat32,
  writeSafetensors,
  type StoredTensor,
  type WriteSafetensorsOptions,
} from '../weights/index.js'
import type { Variable } from '@tensorflow/tfjs-core'
import { assembleGenerator, generatorConfig, generatorConvolutions } from './generator.js'
import type { Generator, GeneratorConfig } from './generator.js'
import { createVariable } from './initialise.js'

/** The metadata key that keeps what shapes cannot say. */
const configKey = 'esrgan-scnn.generator'

type Saved = Pick<GeneratorConfig, 'residualScale' | 'bicubicSkip' | 'channels'>

/** Reads the saved options of files that have them; damaged ones are refused, since another network would result. */
function savedOptions(metadata: Readonly<Record<string, string>>, source: string): Partial<Saved> {
  const text = metadata[configKey]
  if (text === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const { residualScale, bicubicSkip, channels } = { ...(value as Partial<Record<keyof Saved, unknown>> | undefined) }
  if (
    typeof residualScale !== 'number' ||
    !(residualScale >= 0 && residualScale <= 1) ||
    typeof bicubicSkip !== 'boolean' ||
    typeof channels !== 'number'
  ) {
    throw new WeightsError(source, `the metadata ${configKey} is damaged: ${text.slice(0, 120)}`)
  }
  return { residualScale, bicubicSkip, channels }
}

/** A generator as a safetensors file: BasicSR's names, kernels as `[out, in, height, width]`, the options in the metadata. */
export async function saveGenerator(generator: Generator, options: WriteSafetensorsOptions = {}): Promise<Uint8Array> {
  const { residualScale, bicubicSkip, channels } = generator.config
  const saved: Saved = { residualScale, bicubicSkip, channels }
  const tensors = new Map(
    [...(await getWeights(generator.variables))].map(([name, tensor]) => [
      name,
      name.endsWith('.weight') ? convKernelToOIHW(tensor) : tensor,
    ]),
  )
  return writeSafetensors(tensors, { format: 'pt', [configKey]: JSON.stringify(saved) }, options)
}

/** Sizes from the shapes. The number of blocks is that of different block numbers, so that no name can make it large. */
function inferConfig(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  options: LoadGeneratorOptions,
  metadata: Partial<Saved>,
  source: string,
): GeneratorConfig {
  const sizes = (name: string): readonly number[] => {
    const shape = tensors.get(name)?.shape
    if (shape?.length === 4 && shape.every((size) => size > 0)) return shape
    const found = [...tensors].slice(0, 5).map(([key, value]) => `${key} [${value.shape.join(', ')}]`)
    throw new WeightsError(
      source,
      `these are no weights of an RRDB generator: ${name} is ${shape === undefined ? 'missing' : `[${shape.join(', ')}]`}; the file begins with ${found.join(', ')}`,
    )
  }
  const [features, inputs] = sizes('conv_first.weight') as [number, number]
  const [channels] = sizes('conv_last.weight') as [number]
  const [growth] = sizes('body.0.rdb1.conv1.weight') as [number]
  const numbers = [...tensors.keys()].map((name) => /^body\.(\d+)\./.exec(name)?.[1])
  const blocks = new Set(numbers.filter((number) => number !== undefined)).size
  const scale = ({ 1: 4, 4: 2, 16: 1 } as const)[inputs / channels]
  if (scale === undefined) {
    throw new WeightsError(
      source,
      `conv_first reads ${inputs} channels, conv_last writes ${channels}: no scale of 1, 2 or 4`,
    )
  }
  return generatorConfig({ ...metadata, ...options, blocks, features, growth, channels, scale })
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
 * A generator from a safetensors file of any of the three published name schemes, in any of its float types. Blocks,
 * features, growth, channels and scale follow from the shapes.
 *
 * @param bytes the whole file
 * @returns a generator that the caller disposes
 * @throws WeightsError when the file is malformed, or listing every tensor that is missing, unexpected or differently shaped
 */
export function loadGenerator(
  bytes: Uint8Array,
  { source = 'generator weights', ...options }: LoadGeneratorOptions = {},
): Generator {
  const file = readSafetensors(bytes, source)
  const { tensors } = canonicalGeneratorNames<StoredTensor>(file.tensors, source)
  const config = inferConfig(tensors, options, savedOptions(file.metadata, source), source)
  const expected = new Map<string, { shape: readonly number[] }>()
  for (const { name, inputs, outputs } of generatorConvolutions(config)) {
    expected.set(`${name}.weight`, { shape: [outputs, inputs, 3, 3] })
    expected.set(`${name}.bias`, { shape: [outputs] })
  }
  const differences = weightDifferences(expected, tensors)
  if (differences.length > 0) throw new WeightsError(source, 'the weights do not fit the generator', differences)

  const variables = new Map<string, Variable>()
  for (const name of expected.keys()) {
    const { shape, dtype, data } = tensors.get(name)!
    const raw: NamedTensor = { shape, data: toFloat32({ dtype, data }) }
    const tensor = name.endsWith('.weight') ? convKernelToHWIO(raw) : raw
    variables.set(name, createVariable(tensor.data, tensor.shape))
  }
  return assembleGenerator(config, variables)
}
