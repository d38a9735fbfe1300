import { WeightsError } from '../errors.js'
import type { NamedTensor } from '../training/index.js'
import { toFloat32, type StoredTensor } from '../weights/index.js'
import type { SiameseNetwork } from './network.js'
import { isPairHead, type PairHead } from './pairHead.js'
import type { SavedSettings } from './savedSettings.js'
import { createSupportSet, requireSupportOptions, type SupportMethod, type SupportSet } from './supportSet.js'

/** A support set with the way in which it answers. */
export interface SavedSupport {
  /** The references. */
  readonly set: SupportSet
  /** Default `knn`. */
  readonly method?: SupportMethod
  /** Neighbours of `knn`; default 5. */
  readonly k?: number
  /** Votes of `knn`; default `uniform`. */
  readonly weights?: 'uniform' | 'distance'
}

const [embeddingsName, labelsName] = ['support.embeddings', 'support.labels']

/** The tensors and the text that keep a support set. */
export function savedSupport(
  { set, ...answers }: SavedSupport,
  { embeddingSize, metric }: Pick<SiameseNetwork, 'embeddingSize' | 'metric'>,
): { tensors: Map<string, NamedTensor>; text: string } {
  if (set.embeddingSize !== embeddingSize || set.metric !== metric) {
    throw new WeightsError(
      'support set',
      `it has embeddings of ${set.embeddingSize} under ${set.metric}, the network of ${embeddingSize} under ${metric}`,
    )
  }
  requireSupportOptions(set, answers, 'options.support')
  const count = set.labels.length
  return {
    tensors: new Map([
      [embeddingsName, { shape: [count, embeddingSize], data: set.embeddings }],
      [labelsName, { shape: [count], data: Float32Array.from(set.labels) }],
    ]),
    text: JSON.stringify({ ...answers, ids: set.ids }),
  }
}

/**
 * The support set of a file from outside, if it has one.
 * @throws WeightsError where its parts do not fit each other or the network
 */
export function readSavedSupport(
  tensors: ReadonlyMap<string, StoredTensor>,
  text: string | undefined,
  { embeddingSize, metric }: SavedSettings,
  source: string,
): SavedSupport | undefined {
  const [embeddings, labels] = [tensors.get(embeddingsName), tensors.get(labelsName)]
  const strange = [...tensors.keys()].find(
    (name) => name.startsWith('support.') && name !== embeddingsName && name !== labelsName,
  )
  if (text === undefined && embeddings === undefined && labels === undefined && strange === undefined) return undefined
  const fail = (what: string): never => {
    throw new WeightsError(source, `the support set is damaged: ${what}`)
  }
  if (strange !== undefined) return fail(`unexpected ${strange}`)
  if (text === undefined || embeddings === undefined || labels === undefined) return fail('a part of it is missing')
  const count = labels.shape[0] ?? 0
  if (labels.shape.length !== 1 || embeddings.shape.join() !== [count, embeddingSize].join())
    return fail(`embeddings [${embeddings.shape.join(', ')}] and labels [${labels.shape.join(', ')}]`)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return fail('its description is no JSON')
  }
  const { ids, method = 'knn', k = 5, weights = 'uniform' } = (parsed ?? {}) as Record<string, unknown>
  if (!Array.isArray(ids) || ids.length !== count || !ids.every((id: unknown) => typeof id === 'string'))
    return fail(`its ids are not ${count} texts`)
  try {
    const set = createSupportSet({
      embeddings: toFloat32(embeddings),
      embeddingSize,
      labels: toFloat32(labels),
      ids: ids as string[],
      metric,
    })
    const answers = { method, k, weights } as Required<Omit<SavedSupport, 'set'>>
    requireSupportOptions(set, answers)
    return { set, ...answers }
  } catch (error) {
    return fail((error as Error).message)
  }
}

/**
 * The pair verification of a file from outside, if it has one.
 * @throws WeightsError where it is not two finite numbers, the scale >= 0
 */
export function readSavedPairHead(text: string | undefined, source: string): PairHead | undefined {
  if (text === undefined) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = undefined
  }
  const [scale, threshold] = Array.isArray(parsed) && parsed.length === 2 ? (parsed as unknown[]) : []
  if (!isPairHead({ scale, threshold }))
    throw new WeightsError(source, 'pair verification is damaged: not a finite scale >= 0 and a finite threshold')
  return { scale, threshold } as PairHead
}
