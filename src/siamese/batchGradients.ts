import {
  add,
  concat,
  dispose,
  mul,
  slice,
  sum,
  tidy,
  variable,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core'
import { distanceMatrix } from '../losses/index.js'
import { lossGradients, NonFiniteLossError, type LossGradients } from '../training/index.js'
import type { Batch, Tuples } from './batch.js'
import { loadImages, type ImageLoader } from './imageLoader.js'
import type { SiameseNetwork } from './network.js'

/** What {@link batchGradients} takes beside the batch. */
export interface BatchGradientsOptions {
  readonly network: SiameseNetwork
  readonly images: ImageLoader
  /** Pairs of images that go through the encoder at once; undefined: the whole batch. */
  readonly microBatch: number | undefined
  /** Of the dropout masks. */
  readonly seed: number
  readonly step: number
  /** The loss of the batch, of all its embeddings. */
  readonly lossOf: (embeddings: Tensor2D, tuples: Tuples) => Scalar
}

/** Disposes tensors that are still there. */
export function release(tensors: readonly (Tensor | undefined)[]): void {
  dispose(tensors.filter((t) => t !== undefined && !t.isDisposed) as Tensor[])
}

/** The batch's pairs and triplets, made of the distances where it says so. */
async function tuplesOf(
  { tuples }: Batch,
  embeddings: Tensor2D,
  { network, step }: BatchGradientsOptions,
): Promise<Tuples> {
  if (typeof tuples !== 'function') return tuples
  const distances = await distanceMatrix(embeddings, (a, b) => network.distance(a, b))
  const wrong = distances.find((value) => !Number.isFinite(value))
  if (wrong !== undefined) throw new NonFiniteLossError('siamese', step, { distance: wrong })
  return tuples(distances)
}

/**
 * Gradients of a batch with the memory of a micro-batch: embed all of it chunk by chunk, differentiate the loss in the embeddings,
 * and carry each chunk's share of that back through the encoder. A batch in one chunk whose pairs are known is differentiated at
 * once. The caller disposes them.
 */
export async function batchGradients(
  work: Batch,
  following: Batch | undefined,
  options: BatchGradientsOptions,
): Promise<LossGradients> {
  const { network, images, microBatch, seed, step, lossOf } = options
  const { images: indices, period, tuples } = work
  const chunk = microBatch === undefined ? indices.length : 2 * microBatch
  const nextChunk = microBatch === undefined ? following?.images : following?.images.slice(0, chunk)
  if (chunk >= indices.length && typeof tuples !== 'function') {
    const batch = await loadImages(network, images, indices, nextChunk)
    try {
      return lossGradients(network.trainable, () =>
        lossOf(network.embed(batch, { dropout: { seed, step, period } }), tuples),
      )
    } finally {
      batch.dispose()
    }
  }
  const starts = Array.from({ length: Math.ceil(indices.length / chunk) }, (_, i) => i * chunk)
  const part = (start: number): number[] => indices.slice(start, start + chunk)
  const embedded: Tensor2D[] = []
  let leaf: Variable | undefined
  let upstream: Tensor | undefined
  let value: Scalar | undefined
  const gradients = new Map<string, Tensor>()
  try {
    for (const [i, start] of starts.entries()) {
      const batch = await loadImages(network, images, part(start), part(starts[i + 1] ?? 0))
      try {
        embedded.push(network.embed(batch, { dropout: { seed, step, start, period } }))
      } finally {
        batch.dispose()
      }
    }
    leaf = tidy(() => variable(concat(embedded, 0)))
    release(embedded)
    const all = leaf
    const made = await tuplesOf(work, all as unknown as Tensor2D, options)
    const direct = lossGradients(new Map([...network.trainable, ['', all]]), () =>
      lossOf(all as unknown as Tensor2D, made),
    )
    upstream = direct.gradients.get('')
    value = direct.value
    for (const [name, gradient] of direct.gradients) if (name !== '') gradients.set(name, gradient)
    for (const [i, start] of upstream === undefined ? [] : starts.entries()) {
      const size = Math.min(chunk, indices.length - start)
      const after = starts[i + 1]
      const batch = await loadImages(network, images, part(start), after === undefined ? nextChunk : part(after))
      try {
        const share = lossGradients(network.trainable, () =>
          tidy(() => {
            const embeddings = network.embed(batch, { dropout: { seed, step, start, period } })
            return sum(mul(embeddings, slice(upstream as Tensor2D, [start, 0], [size, -1])))
          }),
        )
        share.value.dispose()
        for (const [name, gradient] of share.gradients) {
          const before = gradients.get(name)
          gradients.set(name, before === undefined ? gradient : add(before, gradient))
          if (before !== undefined) release([before, gradient])
        }
      } finally {
        batch.dispose()
      }
    }
    return { value, gradients }
  } catch (error) {
    release([value, ...gradients.values()])
    throw error
  } finally {
    release([...embedded, leaf, upstream])
  }
}
