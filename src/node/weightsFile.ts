import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { requireInteger } from '../errors.js'
import { readKerasWeights, readTfjsWeights, readWeights, type WeightsFile } from '../weights/index.js'
import { isHDF5 } from '../weights/keras.js'
import { readBounded } from './files.js'
import { readModelFiles } from './modelFiles.js'

/** What {@link readWeightsFile} takes. */
export interface ReadWeightsFileOptions {
  /** Files of more bytes (all weight files together) are refused before they are read; default 4 GiB. */
  readonly maxBytes?: number
}

/**
 * The weights in a file: safetensors, a torch checkpoint (`.pth`, `.pt`) or a Keras `.h5`, told apart by their content, or
 * a tfjs model, given by its `.json` or by the folder with its `model.json`. Nothing in it is trusted.
 *
 * @throws DataError naming the file: missing, too large, or weight files outside a model's folder
 * @throws WeightsError when the content is malformed or of another kind
 */
export async function readWeightsFile(
  path: string,
  { maxBytes = 4 * 2 ** 30 }: ReadWeightsFileOptions = {},
): Promise<WeightsFile> {
  requireInteger('options.maxBytes', maxBytes, 1)
  const isFolder = await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  )
  if (isFolder || path.toLowerCase().endsWith('.json')) {
    const model = isFolder ? join(path, 'model.json') : path
    const { json, shards } = await readModelFiles(model, maxBytes)
    return readTfjsWeights(json, shards, model)
  }
  const bytes = await readBounded(path, maxBytes)
  return isHDF5(bytes) ? await readKerasWeights(bytes, path) : readWeights(bytes, path)
}
