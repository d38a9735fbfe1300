import { tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core'
import { repairBackend } from '../backend/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'
import { requireEmbeddings, type Embeddings } from './embeddings.js'
import { loadImages, type ImageLoader } from './imageLoader.js'
import { sigmoid } from './logistic.js'
import type { SiameseNetwork } from './network.js'

/** Options of {@link predictSiamese} and {@link embedImages}. */
export interface PredictOptions {
  /** Loads images by index, `0` to `count - 1`. */
  readonly images: ImageLoader
  /** How many images there are. */
  readonly count: number
  /** Images at once; default 32. */
  readonly batchSize?: number
  /** Receives progress in images, stage `predict`, or `embed` of {@link embedImages}. */
  readonly onProgress?: OnProgress
  /** Stops between batches. */
  readonly signal?: AbortSignal
}

/** Runs the network on all images without dropout, batch by batch; `use` borrows each batch's embeddings. */
async function overBatches(
  network: SiameseNetwork,
  stage: string,
  { images, count, batchSize = 32, onProgress, signal }: PredictOptions,
  use: (embeddings: Tensor2D, start: number) => Promise<void>,
): Promise<void> {
  requireInteger('options.count', count, 0)
  requireInteger('options.batchSize', batchSize, 1)
  repairBackend()
  const report = trackProgress(stage, count, onProgress)
  const batchAt = (start: number): number[] =>
    Array.from({ length: Math.max(0, Math.min(batchSize, count - start)) }, (_, i) => start + i)
  for (let start = 0; start < count; start += batchSize) {
    await breathe(signal)
    const indices = batchAt(start)
    const batch = await loadImages(network, images, indices, batchAt(start + batchSize))
    let embeddings: Tensor2D
    try {
      embeddings = network.embed(batch)
    } finally {
      batch.dispose()
    }
    try {
      await use(embeddings, start)
    } finally {
      embeddings.dispose()
    }
    report(start + indices.length)
  }
}

/** Throws where what came of a batch of images, so many numbers each, is not finite. */
function requireFinite(values: Float32Array, start: number, each: number): void {
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at === -1) return
  const image = start + Math.floor(at / each)
  throw new ArgumentError(
    'options.images',
    `give finite pixels to a network of finite weights (image ${image})`,
    values[at],
  )
}

/**
 * The embeddings of all images without dropout, in batches: what every head answers from, so one pass over the images does for all
 * of them (`classifyEmbeddings`, `supportScores`, `pairDistances`).
 *
 * @returns `[count * embeddingSize]`, row by row
 * @throws ArgumentError for numbers out of range, images of another shape, or what is not finite; the signal's reason when aborted
 */
export async function embedImages(network: SiameseNetwork, options: PredictOptions): Promise<Float32Array> {
  requireInteger('options.count', options.count, 0)
  const all = new Float32Array(options.count * network.embeddingSize)
  await overBatches(network, 'embed', options, async (embeddings, start) => {
    const values = await embeddings.data<'float32'>()
    requireFinite(values, start, network.embeddingSize)
    all.set(values, start * network.embeddingSize)
  })
  return all
}

/** The sigmoid head's logits of all images, without dropout. */
export async function logitsOf(network: SiameseNetwork, options: PredictOptions): Promise<Float64Array> {
  requireInteger('options.count', options.count, 0)
  const logits = new Float64Array(options.count)
  await overBatches(network, 'predict', options, async (embeddings, start) => {
    const part = network.classify(embeddings)
    try {
      const values = await part.data<'float32'>()
      requireFinite(values, start, 1)
      logits.set(values, start)
    } finally {
      part.dispose()
    }
  })
  return logits
}

/**
 * Probability of malignant of each image, `sigmoid(logit)` of the head, without dropout, in batches.
 *
 * @throws ArgumentError for numbers out of range, images of another shape, or what is not finite; the signal's reason when aborted.
 */
export async function predictSiamese(network: SiameseNetwork, options: PredictOptions): Promise<Float64Array> {
  return (await logitsOf(network, options)).map(sigmoid)
}

/**
 * The sigmoid head on embeddings that are there already: `predictSiamese` without running the encoder again.
 *
 * @param embeddings `[count * embeddingSize]`, from {@link embedImages}
 * @returns probability of malignant, one of each row
 * @throws ArgumentError where the rows are not whole or a number is not finite
 */
export async function classifyEmbeddings(network: SiameseNetwork, embeddings: Embeddings): Promise<Float64Array> {
  const count = requireEmbeddings('embeddings', embeddings, network.embeddingSize)
  if (count === 0) return new Float64Array(0)
  const logits = tidy(() => network.classify(tensor2d(Float32Array.from(embeddings), [count, network.embeddingSize])))
  try {
    return Float64Array.from(await logits.data(), sigmoid)
  } finally {
    logits.dispose()
  }
}
