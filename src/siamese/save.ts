import { ArgumentError, WeightsError } from '../errors.js'
import { getWeights, setWeights, weightDifferences, type NamedTensor } from '../training/index.js'
import { readSafetensors, toFloat32, writeSafetensors } from '../weights/index.js'
import type { Encoder } from './encoder.js'
import { highestThreshold, requireThreshold } from './evaluate.js'
import { createSiamese, type SiameseNetwork } from './network.js'
import { isPairHead, type PairHead } from './pairHead.js'
import { readSavedPairHead, readSavedSupport, savedSupport, type SavedSupport } from './savedHeads.js'
import { expectedShapes, readSettings, settingsOf } from './savedSettings.js'

const format = 'esrgan-scnn/siamese/1'

/** Which head of a network answers: `sigmoid` and `support` about an image, `pair` about two. */
export type SiameseHead = 'sigmoid' | 'support' | 'pair'

/** The heads by name. */
export const siameseHeads: readonly SiameseHead[] = ['sigmoid', 'support', 'pair']

/** A network read from a file, with what was saved beside it. */
export interface LoadedSiamese {
  /** The network; the caller disposes it. */
  readonly network: SiameseNetwork
  /** The head that is meant to answer. */
  readonly head: SiameseHead
  /** From this on an image counts as malignant, or a pair as one class: a probability, or the support set's score. */
  readonly threshold: number
  /** The references and how they answer, if there are some. */
  readonly support?: SavedSupport
  /** Pair verification by distance, if it was fitted. */
  readonly pairHead?: PairHead
  /** The further text that was kept in the file. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Options of {@link saveSiamese}. */
export interface SaveSiameseOptions {
  /** The head that is meant to answer; default `sigmoid`. `support` needs `support`; `pair` needs `pairHead`, or a network with one. */
  readonly head?: SiameseHead
  /** The threshold to use with that head; default 0.5. */
  readonly threshold?: number
  /** References to keep, such as the training images, with the way in which they answer. */
  readonly support?: SavedSupport
  /** Pair verification by distance, from `fitPairHead`. */
  readonly pairHead?: PairHead
  /** Further text to keep in the file, such as how it was trained. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** What this package writes beside the caller's text. */
const reserved = ['format', 'network', 'head', 'threshold', 'support', 'pairHead']

/** Why the head cannot answer with what there is, or undefined. */
function missingFor(
  head: SiameseHead,
  network: SiameseNetwork,
  support: unknown,
  pairHead: unknown,
): string | undefined {
  if (!siameseHeads.includes(head)) return `the head is "${String(head)}", not one of ${siameseHeads.join(', ')}`
  if (head === 'support' && support === undefined) return 'the head is the support set, but there is none'
  if (head === 'pair' && pairHead === undefined && network.verify === undefined)
    return 'the head is pair verification, but there is none'
  return undefined
}

/**
 * The network as the bytes of one safetensors file: its weights (convolutions as `[3, 3, in, out]`), its shape, and how it answers: head,
 * threshold, references, pair verification.
 *
 * @throws ArgumentError for a threshold outside of [0, 1], a pair head that is not finite, ways to answer that the support set has not (k
 *   above its references), or metadata under a name of the package's own; WeightsError where the head lacks what it needs, or the
 *   support set is of another network
 */
export async function saveSiamese(
  network: SiameseNetwork,
  { head = 'sigmoid', threshold = 0.5, support, pairHead, metadata = {} }: SaveSiameseOptions = {},
): Promise<Uint8Array> {
  requireThreshold('options.threshold', threshold)
  if (pairHead !== undefined && !isPairHead(pairHead))
    throw new ArgumentError(
      'options.pairHead',
      'be a finite scale >= 0 and a finite threshold',
      Object.values(pairHead),
    )
  const taken = Object.keys(metadata).find((name) => reserved.includes(name))
  if (taken !== undefined)
    throw new ArgumentError('options.metadata', `leave ${reserved.join(', ')} to the package`, taken)
  const missing = missingFor(head, network, support, pairHead)
  if (missing !== undefined) throw new WeightsError('Siamese network', missing)
  const kept = support === undefined ? undefined : savedSupport(support, network)
  return writeSafetensors(new Map([...(await getWeights(network.variables)), ...(kept?.tensors ?? [])]), {
    ...metadata,
    format,
    network: JSON.stringify(settingsOf(network)),
    head,
    threshold: String(threshold),
    ...(kept === undefined ? {} : { support: kept.text }),
    ...(pairHead === undefined ? {} : { pairHead: JSON.stringify([pairHead.scale, pairHead.threshold]) }),
  })
}

/**
 * Reads what {@link saveSiamese} wrote, also of releases that kept no head (it is `sigmoid`). A network with a foreign encoder (a layers
 * model) needs that `encoder` again; its weights are then set from the file. Nothing is made by the file's word alone: its numbers are
 * checked, and its tensors must have the shapes that these ask for before any memory is taken.
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
  const settings = readSettings(metadata['network'], source)
  if (encoder === undefined && settings.widths === undefined)
    throw new WeightsError(source, `the network's encoder was "${settings.encoder}": pass it as options.encoder`)
  if (encoder !== undefined && encoder.inputShape.join() !== settings.inputShape.join())
    throw new WeightsError(
      source,
      `the network takes [${settings.inputShape.join(', ')}], the encoder [${encoder.inputShape.join(', ')}]`,
    )
  const head = (metadata['head'] ?? 'sigmoid') as SiameseHead
  const threshold = Number(metadata['threshold'])
  if (metadata['threshold'] === undefined || !(threshold >= 0 && threshold <= highestThreshold))
    throw new WeightsError(source, `the threshold is ${metadata['threshold'] ?? 'missing'}, not a number in [0, 1]`)

  const weights = new Map([...tensors].filter(([name]) => !name.startsWith('support.')))
  const differences = weightDifferences(expectedShapes(settings, encoder), weights)
  if (differences.length > 0) throw new WeightsError(source, 'the weights do not fit the network', differences)
  const support = readSavedSupport(tensors, metadata['support'], settings, source)
  const pairHead = readSavedPairHead(metadata['pairHead'], source)

  const { inputShape, embeddingSize, dropout, metric, normalise, pairHead: verifies, widths } = settings
  const own = encoder === undefined ? { widths: widths! } : { encoder }
  const network = createSiamese({ inputShape, embeddingSize, dropout, metric, normalise, pairHead: verifies, ...own })
  try {
    const missing = missingFor(head, network, support, pairHead)
    if (missing !== undefined) throw new WeightsError(source, missing)
    const values = new Map<string, NamedTensor>()
    for (const [name, stored] of weights) {
      const data = toFloat32(stored)
      const wrong = data.find((value) => !Number.isFinite(value))
      if (wrong !== undefined) throw new WeightsError(source, `${name} holds ${wrong}, no finite number`)
      values.set(name, { shape: stored.shape, data })
    }
    setWeights(network.variables, values, source)
  } catch (error) {
    network.dispose()
    throw error
  }
  return {
    network,
    head,
    threshold,
    ...(support === undefined ? {} : { support }),
    ...(pairHead === undefined ? {} : { pairHead }),
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !reserved.includes(name))),
  }
}
