import type { io } from '@tensorflow/tfjs-core'
import { WeightsError, requireInteger } from '../errors.js'
import { isObject } from '../weights/tfjsManifest.js'
import { readModelFiles, writeModelFiles } from './modelFiles.js'

/** What {@link fileModel} takes. */
export interface FileModelOptions {
  /** Weight files of more bytes in all are refused before they are read; default 4 GiB. */
  readonly maxBytes?: number
}

async function load(path: string, maxBytes: number): Promise<io.ModelArtifacts> {
  const { json, shards } = await readModelFiles(path, maxBytes)
  const { modelTopology, weightsManifest, format, generatedBy, convertedBy, userDefinedMetadata } = json as Record<
    string,
    unknown
  >
  if (!isObject(modelTopology)) throw new WeightsError(path, 'is not a tfjs model.json: modelTopology is no object')
  const weightData = new Uint8Array([...shards.values()].reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of shards.values()) {
    weightData.set(part, offset)
    offset += part.length
  }
  return {
    modelTopology,
    weightSpecs: (weightsManifest as io.WeightsManifestConfig).flatMap((group) => group.weights),
    weightData: weightData.buffer,
    ...(typeof format === 'string' ? { format } : {}),
    ...(typeof generatedBy === 'string' ? { generatedBy } : {}),
    ...(typeof convertedBy === 'string' ? { convertedBy } : {}),
    ...(isObject(userDefinedMetadata) ? { userDefinedMetadata: userDefinedMetadata as Record<string, object> } : {}),
  }
}

async function save(path: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  const { weightBytes } = await writeModelFiles(path, artifacts)
  return {
    modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON', weightDataBytes: weightBytes },
  }
}

/**
 * A tfjs `IOHandler` for a model on disk, without tfjs-node: `tf.loadLayersModel(fileModel('vgg19/model.json'))` and
 * `model.save(fileModel('out/model.json'))`, which writes `out/model.weights.bin` beside it, above 4 MiB in several files
 * (`out/model.weights.1of3.bin`). Weights quantised to uint8, uint16 or float16 load too.
 *
 * @throws DataError (from `load`) naming the file: missing, too large, or weight paths that leave the model's folder
 * @throws WeightsError (from `load`) where a file is malformed, or the length of weight files does not fit
 */
export function fileModel(path: string, { maxBytes = 4 * 2 ** 30 }: FileModelOptions = {}): io.IOHandler {
  requireInteger('options.maxBytes', maxBytes, 1)
  return { load: () => load(path, maxBytes), save: (artifacts) => save(path, artifacts) }
}
