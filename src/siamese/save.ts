import { WeightsError, requireRange } from '../errors.js'
import { getWeights, setWeights, type NamedTensor } from '../training/index.js'
import { readSafetensors, toFloat32, writeSafetensors } from '../weights/index.js'
import type { Encoder, InputShape } from './encoder.js'
import { createSiamese, type Metric, type SiameseNetwork } from './network.js'

const format = 'esrgan-scnn/siamese/1'

/** A network read from a file, with what was saved beside it. */
export interface LoadedSiamese {
  /** The network; the caller disposes it. */
  readonly network: SiameseNetwork
  /** Probability from which an image counts as malignant. */
  readonly threshold: number
  /** Every free text entry of the file. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Options of {@link saveSiamese}. */
export interface SaveSiameseOptions {
  /** The threshold to use with the network; default 0.5. */
  readonly threshold?: number
  /** Further text to keep in the file, such as how it was trained. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** The network as the bytes of one safetensors file: its weights (convolutions as `[3, 3, in, out]`), its shape and the threshold. */
export async function saveSiamese(
  network: SiameseNetwork,
  { threshold = 0.5, metadata = {} }: SaveSiameseOptions = {},
): Promise<Uint8Array> {
  requireRange('options.threshold', threshold, 0, 1)
  const { inputShape, embeddingSize, dropout, metric, encoder } = network
  const settings = { inputShape, embeddingSize, dropout, metric, widths: encoder.widths, encoder: encoder.description }
  return writeSafetensors(await getWeights(network.variables), {
    ...metadata,
    format,
    network: JSON.stringify(settings),
    threshold: String(threshold),
  })
}

interface Settings {
  readonly inputShape: InputShape
  readonly embeddingSize: number
  readonly dropout: number
  readonly metric: Metric
  readonly widths?: number[]
  readonly encoder: string
}

/**
 * Reads what {@link saveSiamese} wrote. A network with a foreign encoder (a layers model) needs that `encoder` again; its weights
 * are then set from the file.
 *
 * @param source names the bytes in errors, for example the file.
 * @throws WeightsError where the bytes are no such file, or the weights do not fit (every difference is listed).
 */
export function loadSiamese(
  bytes: Uint8Array,
  { encoder, source = 'Siamese network' }: { encoder?: Encoder; source?: string } = {},
): LoadedSiamese {
  const { tensors, metadata } = readSafetensors(bytes, source)
  if (metadata['format'] !== format || metadata['network'] === undefined)
    throw new WeightsError(source, `not a Siamese network of this package (format ${metadata['format'] ?? 'missing'})`)
  const threshold = Number(metadata['threshold'])
  let network: SiameseNetwork
  try {
    const {
      inputShape,
      embeddingSize,
      dropout,
      metric,
      widths,
      encoder: saved,
    } = JSON.parse(metadata['network']) as Settings
    if (encoder === undefined && widths === undefined)
      throw new WeightsError(source, `the network's encoder was "${saved}": pass it as options.encoder`)
    const own = encoder === undefined ? { widths: widths! } : { encoder }
    network = createSiamese({ inputShape, embeddingSize, dropout, metric, ...own })
  } catch (error) {
    if (error instanceof WeightsError) throw error
    throw new WeightsError(source, `the network's description is damaged: ${String(error)}`)
  }
  try {
    const weights = new Map<string, NamedTensor>()
    for (const [name, stored] of tensors) weights.set(name, { shape: stored.shape, data: toFloat32(stored) })
    setWeights(network.variables, weights, source)
    if (!(threshold >= 0 && threshold <= 1)) throw new WeightsError(source, `the threshold is ${metadata['threshold']}`)
  } catch (error) {
    network.dispose()
    throw error
  }
  return { network, threshold, metadata }
}
