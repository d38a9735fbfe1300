import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import type { io } from '@tensorflow/tfjs-core'
import { DataError, WeightsError } from '../errors.js'
import { readTfjsManifest } from '../weights/tfjsManifest.js'
import { messageOf, readBounded, writeAllWhole } from './files.js'

/** A model.json holds names and shapes only. */
const maxTopologyBytes = 64 * 2 ** 20

/** The weight files that browsers keep in their caches are not larger: tfjs's own converter cuts here too. */
const shardBytes = 4 * 2 ** 20

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

/** A tfjs model's files, read and checked against one another. */
export interface ModelFiles {
  /** The parsed model.json. */
  readonly json: unknown
  /** Each weight file's content by its path in the manifest, in the manifest's order. */
  readonly shards: Map<string, Uint8Array>
}

/**
 * A tfjs model's model.json and its weight files, of at most `maxBytes` in all.
 *
 * @throws DataError naming the file that is missing, too large, or outside the model's folder
 * @throws WeightsError when the manifest is malformed, or its weights do not have the length of the files
 */
export async function readModelFiles(path: string, maxBytes: number): Promise<ModelFiles> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(await readBounded(path, maxTopologyBytes)))
  } catch (error) {
    if (error instanceof DataError) throw error
    throw new WeightsError(path, `is not JSON: ${messageOf(error)}`)
  }
  const groups = readTfjsManifest(json, path)
  const wanted = groups.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
  if (wanted > maxBytes) {
    throw new WeightsError(path, `its weights take ${wanted} bytes, more than the ${maxBytes} allowed`)
  }
  const shards = new Map<string, Uint8Array>()
  let total = 0
  for (const { paths, bytes } of groups) {
    let length = 0
    for (const name of paths) {
      const part = await readBounded(await weightFile(path, name), maxBytes - total)
      shards.set(name, part)
      length += part.length
      total += part.length
    }
    if (bytes !== undefined && bytes !== length) {
      throw new WeightsError(path, `its weight files hold ${length} bytes, its weights take ${bytes}`)
    }
  }
  return { json, shards }
}

/**
 * Writes a model as model.json (of any name) and weight files beside it, all or nothing: the files appear under their
 * names once every byte is on the disk, model.json last.
 *
 * @returns the paths written, and the bytes of the weights
 */
export async function writeModelFiles(
  path: string,
  artifacts: io.ModelArtifacts,
): Promise<{ readonly paths: string[]; readonly weightBytes: number }> {
  const { modelTopology, weightSpecs = [], weightData = new ArrayBuffer(0) } = artifacts
  if (modelTopology === undefined || modelTopology instanceof ArrayBuffer) {
    throw new DataError(path, 'only models with a JSON topology can be saved')
  }
  const parts = (Array.isArray(weightData) ? weightData : [weightData]).map((part) => Buffer.from(part))
  const weights = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  const stem = basename(path, '.json')
  const count = Math.max(1, Math.ceil(weights.length / shardBytes))
  const shards = Array.from({ length: count }, (_, i) => ({
    name: count === 1 ? `${stem}.weights.bin` : `${stem}.weights.${i + 1}of${count}.bin`,
    bytes: weights.subarray(i * shardBytes, (i + 1) * shardBytes),
  }))
  const { format, generatedBy, convertedBy, userDefinedMetadata } = artifacts
  const weightsManifest = [{ paths: shards.map(({ name }) => name), weights: weightSpecs }]
  const json = JSON.stringify({ format, generatedBy, convertedBy, userDefinedMetadata, modelTopology, weightsManifest })
  const files = [
    ...shards.map(({ name, bytes }) => ({ path: join(dirname(path), name), bytes })),
    { path, bytes: json },
  ]
  await writeAllWhole(files)
  return { paths: files.map((file) => file.path), weightBytes: weights.length }
}
