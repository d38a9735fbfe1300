import { WeightsError } from '../errors.js'
import { quoted } from './weightsFile.js'

const kinds = ['float32', 'int32', 'bool', 'string', 'complex64'] as const
const quantised = ['uint8', 'uint16', 'float16'] as const

/** One weight of a tfjs manifest. */
export interface TfjsWeight {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: (typeof kinds)[number]
  /** How the stored integers become values: `scale * stored + min`; float16 is stored as it is. */
  readonly quantization?: {
    readonly dtype: (typeof quantised)[number]
    readonly scale?: number
    readonly min?: number
  }
}

/** Weights that lie one after the other in the concatenation of some files. */
export interface TfjsGroup {
  readonly paths: readonly string[]
  readonly weights: readonly TfjsWeight[]
  /** Bytes that the weights take; undefined with strings, whose length only the data say. */
  readonly bytes: number | undefined
}

const sizes = { float32: 4, int32: 4, bool: 1, complex64: 8, uint8: 1, uint16: 2, float16: 2 }

/** Bytes that a weight takes in the file; undefined for strings. */
export function storedBytes({ shape, dtype, quantization }: TfjsWeight): number | undefined {
  const stored = quantization?.dtype ?? dtype
  return stored === 'string' ? undefined : shape.reduce((product, n) => product * n, sizes[stored])
}

/** Whether parsed JSON is an object, not a list. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T => list.includes(value as T)

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isFinite = (value: unknown): value is number => Number.isFinite(value)

function readWeight(value: unknown, fail: (problem: string) => never): TfjsWeight {
  if (!isObject(value) || typeof value['name'] !== 'string') return fail('weightsManifest has a weight without a name')
  const { name, shape, dtype, quantization } = value
  const weight = `weight ${quoted(name as string)}`
  if (!Array.isArray(shape) || !shape.every(isSize)) return fail(`${weight} has a shape that is no list of sizes`)
  if (!isOneOf(kinds, dtype)) return fail(`${weight} has no dtype out of ${kinds.join(', ')}`)
  const plain = { name: name as string, shape, dtype }
  if (!isSize(storedBytes(plain) ?? 0)) return fail(`${weight} has a shape of too many elements`)
  if (quantization === undefined || quantization === null) return plain
  const { dtype: stored, scale, min } = isObject(quantization) ? quantization : {}
  if (!isOneOf(quantised, stored)) return fail(`${weight} has no quantization to ${quantised.join(', ')}`)
  if (stored === 'float16') return { ...plain, quantization: { dtype: stored } }
  if (!isFinite(scale) || !isFinite(min)) return fail(`${weight} has a quantization without scale and min`)
  return { ...plain, quantization: { dtype: stored, scale, min } }
}

/**
 * Checks the weights manifest of a parsed tfjs `model.json`, or a bare manifest (`weights_manifest.json` of old
 * converters).
 *
 * @throws WeightsError naming what is wrong
 */
export function readTfjsManifest(json: unknown, source: string): TfjsGroup[] {
  const fail = (problem: string): never => {
    throw new WeightsError(source, `is not a tfjs model.json: ${problem}`)
  }
  const manifest = Array.isArray(json) ? json : isObject(json) ? json['weightsManifest'] : undefined
  if (!Array.isArray(json) && !isObject(json)) return fail('the file is no JSON object')
  if (!Array.isArray(manifest)) return fail('weightsManifest is no list')
  const names = new Set<string>()
  const files = new Set<string>()
  return manifest.map((group: unknown) => {
    if (!isObject(group)) return fail('weightsManifest holds something else than groups')
    const { paths, weights } = group
    if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) {
      return fail('weightsManifest has a group without a list of paths')
    }
    for (const path of paths as string[]) {
      // A few bytes of JSON could otherwise have a file joined to itself a million times.
      if (files.has(path)) fail(`it names the weight file ${quoted(path)} twice`)
      files.add(path)
    }
    if (!Array.isArray(weights)) return fail('weightsManifest has a group without a list of weights')
    const read = weights.map((weight) => readWeight(weight, fail))
    for (const { name } of read) {
      if (names.has(name)) fail(`two weights are named ${quoted(name)}`)
      names.add(name)
    }
    const stored = read.map(storedBytes)
    const bytes = stored.includes(undefined) ? undefined : stored.reduce<number>((sum, size) => sum + size!, 0)
    return { paths, weights: read, bytes }
  })
}
