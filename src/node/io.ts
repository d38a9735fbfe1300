import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import type { io } from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { DataError, requireInteger } from '../errors.js'
import { messageOf, readBounded, writeWhole } from './files.js'

/** What {@link fileModel} takes. */
export interface FileModelOptions {
  /** Weight files of more bytes in all are refused before they are read; default 4 GiB. */
  readonly maxBytes?: number
}

/** A model.json holds names and shapes only. */
const maxTopologyBytes = 64 * 2 ** 20

const weightSpec = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'bool', 'string', 'complex64']),
  quantization: z
    .looseObject({
      dtype: z.enum(['uint8', 'uint16', 'float16']),
      scale: z.number().optional(),
      min: z.number().optional(),
    })
    .optional(),
})

const modelJSON = z.looseObject({
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(z.looseObject({ paths: z.array(z.string()), weights: z.array(weightSpec) })),
  format: z.string().optional(),
  generatedBy: z.string().nullish(),
  convertedBy: z.string().nullish(),
})

/** Bytes that a weight takes in the file; undefined for strings, whose length only the data say. */
function storedBytes({ shape, dtype, quantization }: z.infer<typeof weightSpec>): number | undefined {
  const stored = quantization?.dtype ?? dtype
  const sizes: Partial<Record<typeof stored, number>> = {
    uint8: 1,
    bool: 1,
    uint16: 2,
    float16: 2,
    float32: 4,
    int32: 4,
    complex64: 8,
  }
  const bytes = sizes[stored]
  return bytes === undefined ? undefined : shape.reduce((product, n) => product * n, bytes)
}

/** The weight file's path, which must lie in the model's folder, also after links are followed. */
async function weightFile(model: string, path: string): Promise<string> {
  const folder = await realpath(dirname(model))
  const outside = new DataError(
    model,
    `the weight path ${JSON.stringify(path.slice(0, 120))} leaves the model's folder`,
  )
  const inside = (candidate: string): boolean => candidate.startsWith(folder.endsWith(sep) ? folder : folder + sep)
  const wanted = resolve(folder, path)
  if (path.includes('\0') || !inside(wanted)) throw outside
  const real = await realpath(wanted).catch(() => undefined)
  if (real === undefined) throw new DataError(wanted, `no such file, though ${basename(model)} names it`)
  if (!inside(real)) throw outside
  return real
}

async function load(path: string, maxBytes: number): Promise<io.ModelArtifacts> {
  const text = new TextDecoder().decode(await readBounded(path, maxTopologyBytes))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new DataError(path, `is not JSON: ${messageOf(error)}`, { cause: error })
  }
  const parsed = modelJSON.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new DataError(path, `is not a tfjs model.json: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`)
  }
  const model = parsed.data
  const weightSpecs = model.weightsManifest.flatMap((group) => group.weights)
  const sizes = weightSpecs.map(storedBytes)
  const wanted = sizes.includes(undefined) ? undefined : sizes.reduce<number>((sum, size) => sum + size!, 0)
  if (wanted !== undefined && wanted > maxBytes) {
    throw new DataError(path, `its weights take ${wanted} bytes, more than the ${maxBytes} allowed`)
  }
  const parts: Uint8Array[] = []
  let total = 0
  for (const name of model.weightsManifest.flatMap((group) => group.paths)) {
    const part = await readBounded(await weightFile(path, name), maxBytes - total)
    parts.push(part)
    total += part.length
  }
  if (wanted !== undefined && wanted !== total) {
    throw new DataError(path, `its weight files hold ${total} bytes, its weights take ${wanted}`)
  }
  const weightData = new Uint8Array(total)
  let offset = 0
  for (const part of parts) {
    weightData.set(part, offset)
    offset += part.length
  }
  return {
    modelTopology: model.modelTopology,
    weightSpecs: weightSpecs as io.WeightsManifestEntry[],
    weightData: weightData.buffer,
    ...(model.format === undefined ? {} : { format: model.format }),
    ...(typeof model.generatedBy === 'string' ? { generatedBy: model.generatedBy } : {}),
    ...(typeof model.convertedBy === 'string' ? { convertedBy: model.convertedBy } : {}),
  }
}

async function save(path: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  const {
    modelTopology,
    weightSpecs = [],
    weightData = new ArrayBuffer(0),
    format,
    generatedBy,
    convertedBy,
  } = artifacts
  if (modelTopology === undefined || modelTopology instanceof ArrayBuffer) {
    throw new DataError(path, 'only models with a JSON topology can be saved')
  }
  const weights = Buffer.concat(
    (Array.isArray(weightData) ? weightData : [weightData]).map((part) => Buffer.from(part)),
  )
  const weightsName = `${basename(path, '.json')}.weights.bin`
  const weightsManifest = [{ paths: [weightsName], weights: weightSpecs }]
  const json = JSON.stringify({ format, generatedBy, convertedBy, modelTopology, weightsManifest })
  await writeWhole(join(dirname(path), weightsName), weights)
  await writeWhole(path, json)
  return {
    modelArtifactsInfo: {
      dateSaved: new Date(),
      modelTopologyType: 'JSON',
      modelTopologyBytes: json.length,
      weightDataBytes: weights.length,
    },
  }
}

/**
 * A tfjs `IOHandler` for a model on disk, without tfjs-node: `tf.loadLayersModel(fileModel('vgg19/model.json'))` and
 * `model.save(fileModel('out/model.json'))`, which writes `out/model.weights.bin` beside it. Weights quantised to uint8, uint16
 * or float16 load too.
 *
 * @throws DataError (from `load`) naming the file: missing, malformed, too large, weight files whose length does not fit,
 *   or weight paths that leave the model's folder.
 */
export function fileModel(path: string, { maxBytes = 4 * 2 ** 30 }: FileModelOptions = {}): io.IOHandler {
  requireInteger('options.maxBytes', maxBytes, 1)
  return { load: () => load(path, maxBytes), save: (artifacts) => save(path, artifacts) }
}
