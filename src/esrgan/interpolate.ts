import { ArgumentError, WeightsError, requireRange } from '../errors.js'
import { weightDifferences, type NamedTensor, type NamedTensors } from '../training/index.js'
import { assembleGenerator, type Generator, type GeneratorConfig } from './generator.js'
import { readGeneratorWeights } from './generatorWeights.js'
import { openWeights, storedGenerator, type WeightsSource } from './storage.js'
import { createVariables, type StoredGenerator } from './storedNetwork.js'

/**
 * Network interpolation (ESRGAN, Wang et al. 2018, section 3.4): `(1 - alpha) * psnr + alpha * gan` for every weight.
 * Between the faithful and the sharp generator without training anew.
 *
 * @param alpha in [0, 1]; the paper finds 0.8 a good balance
 * @throws WeightsError listing every tensor that only one side has, or in another shape
 */
export function interpolateWeights(psnr: NamedTensors, gan: NamedTensors, alpha: number): Map<string, NamedTensor> {
  requireRange('alpha', alpha, 0, 1)
  const differences = weightDifferences(psnr, gan)
  if (differences.length > 0) throw new WeightsError('interpolation', 'the two networks differ', differences)
  return new Map(
    [...psnr].map(([name, { shape, data }]) => {
      const other = gan.get(name)!.data
      return [name, { shape, data: data.map((value, i) => (1 - alpha) * value + alpha * other[i]!) }]
    }),
  )
}

/** What two generators have to have in common; the shapes of the weights decide the rest. */
const common = ['scale', 'residualScale', 'bicubicSkip'] as const satisfies readonly (keyof GeneratorConfig)[]

/** {@link interpolateWeights} for generators outside any backend. */
export function interpolateStored(psnr: StoredGenerator, gan: StoredGenerator, alpha: number): StoredGenerator {
  const differences = common
    .filter((key) => psnr.config[key] !== gan.config[key])
    .map((key) => `${key} is ${String(psnr.config[key])} and ${String(gan.config[key])}`)
  if (differences.length > 0) throw new WeightsError('interpolation', 'the two networks differ', differences)
  return { ...psnr, weights: interpolateWeights(psnr.weights, gan.weights, alpha), names: 'basicsr' }
}

async function stored(generator: Generator | WeightsSource, source: string): Promise<StoredGenerator> {
  if (generator instanceof Uint8Array || 'tensors' in generator) {
    return readGeneratorWeights(openWeights(generator, source), {}, source)
  }
  if ('variables' in generator) return await storedGenerator(generator)
  throw new ArgumentError(source, 'be a generator or weights of one', generator)
}

/**
 * The generator between two others (see {@link interpolateWeights}), live or stored.
 *
 * @param psnr the generator of the PSNR stage, or its weights in any format (see `loadGenerator`); borrowed
 * @param gan the generator of the GAN stage, or its weights; borrowed
 * @param alpha in [0, 1]: 0 is `psnr`, 1 is `gan`
 * @returns a generator that the caller disposes
 * @throws WeightsError when a file is malformed, or listing everything in which the two networks differ
 */
export async function interpolateGenerators(
  psnr: Generator | WeightsSource,
  gan: Generator | WeightsSource,
  alpha: number,
): Promise<Generator> {
  requireRange('alpha', alpha, 0, 1)
  const { config, weights } = interpolateStored(await stored(psnr, 'psnr'), await stored(gan, 'gan'), alpha)
  return assembleGenerator(config, createVariables(weights))
}
