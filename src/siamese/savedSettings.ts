import { WeightsError } from '../errors.js'
import { isMetric, type Metric, type SiameseNetwork } from './network.js'
import type { Encoder, InputShape } from './encoder.js'

/** What a saved file says of its network. */
export interface SavedSettings {
  readonly inputShape: InputShape
  readonly embeddingSize: number
  readonly dropout: number
  readonly metric: Metric
  readonly normalise: boolean
  readonly pairHead: boolean
  /** Of the package's own encoder. */
  readonly widths?: readonly number[]
  /** The encoder's description. */
  readonly encoder: string
}

/** Most pixels of an image that a saved network may ask for: 8192 x 8192. */
const mostPixels = 2 ** 26

/** Most stages of a saved encoder: no image has more halvings. */
const mostStages = 32

/** The settings of a network. */
export function settingsOf(network: SiameseNetwork): SavedSettings {
  const { inputShape, embeddingSize, dropout, metric, normalise, encoder } = network
  return {
    inputShape,
    embeddingSize,
    dropout,
    metric,
    normalise,
    pairHead: network.verify !== undefined,
    ...(encoder.widths === undefined ? {} : { widths: encoder.widths }),
    encoder: encoder.description,
  }
}

const isCount = (value: unknown, least = 1): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least
const isFlag = (value: unknown): value is boolean | undefined => value === undefined || typeof value === 'boolean'

/**
 * Reads the settings of a file from outside.
 * @throws WeightsError naming the first that cannot be
 */
export function readSettings(text: string, source: string): SavedSettings {
  const fail = (what: string): never => {
    throw new WeightsError(source, `the network's description is damaged: ${what}`)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return fail('no JSON')
  }
  if (typeof parsed !== 'object' || parsed === null) return fail('no object')
  const { inputShape, embeddingSize, dropout, metric, normalise, pairHead, widths, encoder } = parsed as Record<
    string,
    unknown
  >
  const [height, width, channels] =
    Array.isArray(inputShape) && inputShape.length === 3 ? (inputShape as unknown[]) : []
  if (!isCount(height, 8) || !isCount(width, 8) || channels !== 3) return fail('inputShape is not [height, width, 3]')
  if (height * width > mostPixels) return fail(`images of ${height}x${width} pixels`)
  if (!isCount(embeddingSize)) return fail('embeddingSize is no count')
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout <= 0.99)) return fail('dropout is not in [0, 0.99]')
  if (!isMetric(metric)) return fail('metric is unknown')
  if (!isFlag(normalise)) return fail('normalise is neither true nor false')
  if (!isFlag(pairHead)) return fail('pairHead is neither true nor false')
  const areWidths =
    Array.isArray(widths) &&
    widths.length > 0 &&
    widths.length <= mostStages &&
    widths.every((each: unknown) => isCount(each))
  if (widths !== undefined && !areWidths) return fail('widths are no counts')
  return {
    inputShape: [height, width, 3],
    embeddingSize,
    dropout,
    metric,
    normalise: normalise ?? false,
    pairHead: pairHead ?? false,
    ...(areWidths ? { widths: widths as number[] } : {}),
    encoder: typeof encoder === 'string' ? encoder : 'unknown',
  }
}

/** The shape of every weight of a network with these settings, by arithmetic alone. */
export function expectedShapes(
  { embeddingSize, pairHead, widths = [] }: SavedSettings,
  encoder: Encoder | undefined,
): Map<string, { readonly shape: readonly number[] }> {
  const shapes = new Map<string, { shape: readonly number[] }>()
  const add = (name: string, ...shape: number[]): void => void shapes.set(name, { shape })
  let features = 3
  if (encoder === undefined) {
    widths.forEach((width, i) => {
      add(`encoder.conv${i + 1}.weight`, 3, 3, features, width)
      add(`encoder.conv${i + 1}.bias`, width)
      features = width
    })
  } else {
    for (const [name, { shape }] of encoder.variables) add(`encoder.${name}`, ...shape)
    features = encoder.features
  }
  add('embedding.weight', features, embeddingSize)
  add('embedding.bias', embeddingSize)
  for (const head of ['head', ...(pairHead ? ['pair'] : [])]) {
    add(`${head}.weight`, embeddingSize, 1)
    add(`${head}.bias`, 1)
  }
  return shapes
}
