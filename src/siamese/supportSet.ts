import { ArgumentError, OneClassError, requireInteger } from '../errors.js'
import { requireEmbeddings, rowDistance, type Embeddings, type RowDistance } from './embeddings.js'
import { isMetric, type Metric } from './network.js'

/** References with known classes: plain data, which `saveSiamese` keeps with the network. */
export interface SupportSet {
  /** `[references * embeddingSize]`, row by row. */
  readonly embeddings: Float32Array
  /** Numbers in a row. */
  readonly embeddingSize: number
  /** Class of each reference: 0 benign, 1 malignant. */
  readonly labels: Uint8Array
  /** What each reference is called, for example its record's id. */
  readonly ids: readonly string[]
  /** How far apart two embeddings are. */
  readonly metric: Metric
}

/** What {@link createSupportSet} takes. */
export interface SupportSetOptions {
  /** `[references * embeddingSize]`, from `embedImages`. Copied. */
  readonly embeddings: Embeddings
  /** Numbers in a row: the network's `embeddingSize`. */
  readonly embeddingSize: number
  /** Class of each reference: 0 benign, 1 malignant; both must be there. */
  readonly labels: ArrayLike<number>
  /** What each reference is called; default its number. */
  readonly ids?: readonly string[]
  /** The network's `metric`; default `euclidean`. */
  readonly metric?: Metric
}

/**
 * A support set: embeddings of images whose class is known, which others are compared with.
 *
 * @throws ArgumentError where the parts do not fit each other, a label is not 0 or 1, or a number is not finite
 * @throws OneClassError where a class is absent
 */
export function createSupportSet({
  embeddings,
  embeddingSize,
  labels,
  ids,
  metric = 'euclidean',
}: SupportSetOptions): SupportSet {
  const count = requireEmbeddings('options.embeddings', embeddings, embeddingSize)
  if (!isMetric(metric)) throw new ArgumentError('options.metric', 'be euclidean, squared or cosine', metric)
  if (labels.length !== count)
    throw new ArgumentError('options.labels', `have one entry for each of the ${count} embeddings`, labels.length)
  for (let i = 0; i < count; i++)
    if (labels[i] !== 0 && labels[i] !== 1) throw new ArgumentError(`options.labels[${i}]`, 'be 0 or 1', labels[i])
  if (ids !== undefined && ids.length !== count)
    throw new ArgumentError('options.ids', `have one entry for each of the ${count} embeddings`, ids.length)
  const malignant = Array.from(labels).filter((label) => label === 1).length
  if (malignant === 0 || malignant === count)
    throw new OneClassError(
      `options.labels must hold both classes: a support set decides nothing with ${count - malignant} benign and ${malignant} malignant references`,
    )
  return {
    embeddings: Float32Array.from(embeddings),
    embeddingSize,
    labels: Uint8Array.from(labels),
    ids: ids === undefined ? Array.from({ length: count }, (_, i) => String(i)) : [...ids],
    metric,
  }
}

/** How a support set scores an image. */
export type SupportMethod = 'knn' | 'centroid' | 'mean-distance'

/** The methods by name. */
export const supportMethods: readonly SupportMethod[] = ['knn', 'centroid', 'mean-distance']

/** Options of {@link supportScores}. */
export interface SupportScoresOptions {
  /** Default `knn`. */
  readonly method?: SupportMethod
  /** Neighbours of `knn`, at most as many as there are references; default 5. */
  readonly k?: number
  /**
   * Votes of `knn`: `uniform` (default), or `distance`: 1 / D each, and where a neighbour lies at distance 0, those at distance 0
   * alone (scikit-learn's `weights='distance'`).
   */
  readonly weights?: 'uniform' | 'distance'
}

function requireNeighbours(argument: string, { labels }: SupportSet, k: number): void {
  requireInteger(argument, k, 1)
  if (k > labels.length) throw new ArgumentError(argument, `be at most the ${labels.length} references`, k)
}

/** Throws unless the support set can answer so. */
export function requireSupportOptions(
  support: SupportSet,
  { method = 'knn', k = 5, weights = 'uniform' }: SupportScoresOptions,
  argument = 'options',
): void {
  if (!supportMethods.includes(method))
    throw new ArgumentError(`${argument}.method`, `be one of ${supportMethods.join(', ')}`, method)
  if (weights !== 'uniform' && weights !== 'distance')
    throw new ArgumentError(`${argument}.weights`, "be 'uniform' or 'distance'", weights)
  if (method === 'knn') requireNeighbours(`${argument}.k`, support, k)
  else requireInteger(`${argument}.k`, k, 1)
}

/** The k nearest references, nearest first; of equal distances the one that stands first. */
function nearest(distance: RowDistance, row: number, count: number, k: number): { place: number; distance: number }[] {
  const found: { place: number; distance: number }[] = []
  for (let place = 0; place < count; place++) {
    const d = distance(row, place)
    if (found.length === k && d >= found[k - 1]!.distance) continue
    let at = found.length === k ? k - 1 : found.length
    while (at > 0 && found[at - 1]!.distance > d) at--
    found.splice(at, 0, { place, distance: d })
    if (found.length > k) found.pop()
  }
  return found
}

/** Share of malignant among the votes of the k nearest. */
function knnScore(support: SupportSet, distances: Float64Array, k: number, weights: 'uniform' | 'distance'): number {
  const { labels } = support
  const border = nearest((_, j) => distances[j]!, 0, labels.length, k)[k - 1]!.distance
  // References at the border share the places that those within leave.
  const within = distances.reduce((count, d) => count + (d < border ? 1 : 0), 0)
  const atBorder = distances.reduce((count, d) => count + (d === border ? 1 : 0), 0)
  const share = (k - within) / atBorder
  const isZero = weights === 'distance' && distances.includes(0)
  let malignant = 0
  let all = 0
  for (const [j, d] of distances.entries()) {
    if (d > border) continue
    const places = d < border ? 1 : share
    const weight = weights === 'uniform' ? 1 : isZero ? (d === 0 ? 1 : 0) : 1 / d
    all += places * weight
    if (labels[j] === 1) malignant += places * weight
  }
  return malignant / all
}

/** The share `benign / (benign + malignant)` of two distances; 1/2 where both are 0. */
const shareOf = (benign: number, malignant: number): number =>
  benign + malignant === 0 ? 0.5 : benign / (benign + malignant)

/** The mean of each class's rows, benign first; under `cosine` of the rows' directions. */
function centroids({ embeddings, embeddingSize: size, labels, metric }: SupportSet): Float64Array {
  const sums = new Float64Array(2 * size)
  const counts = [0, 0]
  labels.forEach((label, j) => {
    const row = embeddings.subarray(j * size, (j + 1) * size)
    const length = metric === 'cosine' ? Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) : 1
    counts[label]!++
    if (length > 1e-12) row.forEach((x, k) => (sums[label * size + k]! += x / length))
  })
  return sums.map((sum, at) => sum / counts[at < size ? 0 : 1]!)
}

/** Rows of the embeddings to score. Throws where they do not fit the support set. */
function rowsOf(support: SupportSet, embeddings: Embeddings): number {
  return requireEmbeddings('embeddings', embeddings, support.embeddingSize)
}

/**
 * A score of malignant in [0, 1] of each embedding, by the support set; at least 1/2 where the method takes it for malignant.
 *
 * - `knn`: the malignant share of the k nearest references. Where several lie at the distance of the k-th, they share the places that
 *   the nearer ones leave, so that the order of the references decides nothing.
 * - `centroid`: `D_b / (D_b + D_m)`, of the distances from the mean embedding of each class (under `cosine` the mean direction); the
 *   nearest-centroid rule at 1/2, and 1/2 where both are 0.
 * - `mean-distance`: the same of the mean distances from the references of each class.
 *
 * The last two are no calibrated probabilities: they are shares that no unit of distance changes.
 *
 * @param embeddings `[count * embeddingSize]`, from `embedImages`
 * @returns one score of each row
 * @throws ArgumentError where the rows do not fit, a number is not finite, or k exceeds the references
 */
export function supportScores(
  support: SupportSet,
  embeddings: Embeddings,
  { method = 'knn', k = 5, weights = 'uniform' }: SupportScoresOptions = {},
): Float64Array {
  requireSupportOptions(support, { method, k, weights })
  const count = rowsOf(support, embeddings)
  const { labels, metric, embeddingSize } = support
  if (method === 'centroid') {
    const distance = rowDistance(metric, embeddings, centroids(support), embeddingSize)
    return Float64Array.from({ length: count }, (_, i) => shareOf(distance(i, 0), distance(i, 1)))
  }
  const distance = rowDistance(metric, embeddings, support.embeddings, embeddingSize)
  const distances = new Float64Array(labels.length)
  return Float64Array.from({ length: count }, (_, i) => {
    for (let j = 0; j < labels.length; j++) distances[j] = distance(i, j)
    if (method === 'knn') return knnScore(support, distances, k, weights)
    const sums = [0, 0]
    const counts = [0, 0]
    labels.forEach((label, j) => {
      sums[label]! += distances[j]!
      counts[label]!++
    })
    return shareOf(sums[0]! / counts[0]!, sums[1]! / counts[1]!)
  })
}

/** A reference near an image. */
export interface NearReference {
  /** What it is called. */
  readonly id: string
  /** 0 benign, 1 malignant. */
  readonly label: number
  /** Its distance, in the support set's metric. */
  readonly distance: number
}

/**
 * The k nearest references of each embedding, nearest first; of equal distances the one that stands first in the support set.
 *
 * @throws ArgumentError where the rows do not fit, a number is not finite, or k exceeds the references
 */
export function nearestReferences(support: SupportSet, embeddings: Embeddings, k = 5): NearReference[][] {
  const count = rowsOf(support, embeddings)
  requireNeighbours('k', support, k)
  const { labels, ids, metric, embeddingSize } = support
  const distance = rowDistance(metric, embeddings, support.embeddings, embeddingSize)
  return Array.from({ length: count }, (_, i) =>
    nearest(distance, i, labels.length, k).map(({ place, distance: d }) => ({
      id: ids[place]!,
      label: labels[place]!,
      distance: d,
    })),
  )
}
