import { WeightsError } from '../errors.js'
import { isObject, readTfjsManifest, storedBytes, type TfjsWeight } from './tfjsManifest.js'
import { quoted, type StoredTensor, type WeightsFile } from './weightsFile.js'

/** The files of one group as one piece of memory. */
function joined(paths: readonly string[], shards: ReadonlyMap<string, Uint8Array>, source: string): Uint8Array {
  const parts = paths.map((path) => {
    const part = shards.get(path)
    if (part === undefined) throw new WeightsError(source, `names the weight file ${quoted(path)}: not given`)
    return part
  })
  if (parts.length === 1) return parts[0]!
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Integers of 1 or 2 bytes as the values they stand for. */
function dequantised(data: Uint8Array, stored: 'uint8' | 'uint16', value: (stored: number) => number): Float32Array {
  if (stored === 'uint8') return Float32Array.from(data, value)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return Float32Array.from({ length: data.length / 2 }, (_, i) => value(view.getUint16(2 * i, true)))
}

function storedTensor(
  { name, shape, dtype, quantization }: TfjsWeight,
  data: Uint8Array,
  source: string,
): StoredTensor {
  const fail = (problem: string): never => {
    throw new WeightsError(source, `weight ${quoted(name)} ${problem}`)
  }
  if (quantization !== undefined) {
    if (dtype !== 'float32') return fail(`is quantised ${dtype}; only float32 can be read`)
    const { dtype: stored, scale = 1, min = 0 } = quantization
    if (stored === 'float16') return { dtype: 'F16', shape, data }
    const values = dequantised(data, stored, (integer) => integer * scale + min)
    const bytes = new Uint8Array(values.length * 4)
    const view = new DataView(bytes.buffer)
    values.forEach((value, i) => view.setFloat32(4 * i, value, true))
    return { dtype: 'F32', shape, data: bytes }
  }
  const stored = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const
  if (dtype === 'string' || dtype === 'complex64') return fail(`is ${dtype}; only numbers can be read`)
  return { dtype: stored[dtype], shape, data }
}

/**
 * The weights of a tfjs model (layers or graph model), under the manifest's names (`conv_first/kernel`) and in Keras'
 * layouts. Weights quantised to uint8 and uint16 become float32 as tfjs itself computes them, float16 stays float16. The
 * text entries of `userDefinedMetadata` become the metadata.
 *
 * @param json the parsed `model.json`, or a bare weights manifest
 * @param shards the content of each weight file, by its path in the manifest
 * @param source what error messages call it; default `model.json`
 * @throws WeightsError when the manifest is malformed, a shard is not given, or its length does not fit
 */
export function readTfjsWeights(
  json: unknown,
  shards: ReadonlyMap<string, Uint8Array>,
  source = 'model.json',
): WeightsFile {
  const tensors = new Map<string, StoredTensor>()
  for (const { paths, weights, bytes: wanted } of readTfjsManifest(json, source)) {
    const bytes = joined(paths, shards, source)
    if (wanted !== undefined && wanted !== bytes.length) {
      throw new WeightsError(source, `its weight files hold ${bytes.length} bytes, its weights take ${wanted}`)
    }
    let at = 0
    for (const weight of weights) {
      const end = at + (storedBytes(weight) ?? 0)
      tensors.set(weight.name, storedTensor(weight, bytes.subarray(at, end), source))
      at = end
    }
  }
  const entries = isObject(json) && isObject(json['userDefinedMetadata']) ? json['userDefinedMetadata'] : {}
  const metadata = Object.fromEntries(Object.entries(entries).filter(([, value]) => typeof value === 'string'))
  return { format: 'tfjs', tensors, metadata: metadata as Record<string, string> }
}
