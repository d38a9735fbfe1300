import {
  add,
  concat,
  dispose as disposeTensors,
  keep,
  mul,
  reshape,
  slice,
  sum,
  tensor1d,
  tidy,
  variable,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core'
import { repairBackend } from '../backend/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import { mergeLossTerms, totalLoss, type LossTerm } from '../losses/index.js'
import {
  areFinite,
  createAdam,
  NonFiniteLossError,
  getWeights,
  lossGradients,
  rateAt,
  setWeights,
  type LearningRate,
  type LossGradients,
  type NamedTensors,
} from '../training/index.js'
import { aPlace, readBatch, requirePairs, type Batch, type PairedImages, type Pairs } from './batch.js'
import { loadImages, type ImageLoader } from './imageLoader.js'
import { siameseLosses, type SiameseContext, type SiameseLossOptions } from './lossTerms.js'
import type { SiameseNetwork } from './network.js'
import { pairTerms } from './pairTerm.js'
import { requireLabels } from './requireLabels.js'
import { distancesOf, selectRows } from './rows.js'

/** Options of {@link createSiameseTrainer}. */
export interface SiameseTrainerOptions extends SiameseLossOptions {
  /** The network to train. Borrowed. */
  readonly network: SiameseNetwork
  /** Loads training images by index. */
  readonly images: ImageLoader
  /** Class of each training image: 0 benign, 1 malignant. */
  readonly labels: ArrayLike<number>
  /** Terms that replace those of {@link siameseLosses} by name (`bce`, `contrastive`), join them, or with weight 0 remove them. */
  readonly losses?: readonly LossTerm<SiameseContext>[]
  /** Learning rate of Adam, a number or a function of the step; default 1e-4 (the paper). */
  readonly learningRate?: LearningRate
  /** Adam's epsilon; default 1e-7 (Keras). */
  readonly epsilon?: number
  /**
   * How many pairs of images go through the encoder at once; default: the whole batch. The gradients are those of the whole batch
   * exactly (up to float32 rounding), for twice the encoder's forward work.
   */
  readonly microBatch?: number
  /** Seed of the dropout masks; default 0. */
  readonly seed?: number
}

/** All that a later run needs to go on exactly. */
export interface SiameseTrainerState {
  /** Steps done. */
  readonly step: number
  /** The network's variables. */
  readonly weights: NamedTensors
  /** Adam's slots. */
  readonly optimizer: NamedTensors
}

/** Trains a Siamese network batch by batch. It owns the optimizer: call `dispose()`. */
export interface SiameseTrainer {
  /** Steps done. */
  readonly step: number
  /**
   * One update on one batch of pairs. Gives `loss` (the weighted sum), the unweighted value of every term by its name, and
   * `accuracy`, the share of the batch's images (2 x pairs, or those of {@link PairedImages}) that the head classed rightly, under
   * dropout. The two of a pair share their dropout mask; so do all of {@link PairedImages}, any two of which may be a pair.
   * `next`, the batch of the following step where it is known, only goes to the loader, which may begin to read its images.
   * In memory a step takes, beside the encoder, a few times the embeddings of all pairs (`pairs x embeddingSize`), and with distances
   * `n x n` numbers for n images.
   * @throws ArgumentError for pairs of images that there are not, or of an image with itself; NonFiniteLossError when a loss or
   *   gradient is not finite. Nothing was updated then
   */
  train(batch: Pairs | PairedImages, next?: Pairs | PairedImages): Promise<Record<string, number>>
  /** The network and the optimizer as plain arrays. */
  state(): Promise<SiameseTrainerState>
  /** Puts a state back: the next step is then the one that would have followed it. @throws WeightsError where it does not fit. */
  load(state: SiameseTrainerState): void
  /** Disposes the optimizer; the network stays. */
  dispose(): void
  /** The same as `dispose()`, for `using`. */
  [Symbol.dispose](): void
}

/**
 * A trainer over single batches of pairs; `trainSiamese` is the loop around it. A step is a pure function of the state,
 * the pairs and the seed: dropout masks come from (seed, step), so a resumed run equals an uninterrupted one.
 *
 * @throws ArgumentError for labels other than 0 and 1, one class only, or options out of range.
 */
export function createSiameseTrainer(options: SiameseTrainerOptions): SiameseTrainer {
  const { network, images, labels, losses = [], learningRate = 1e-4, epsilon = 1e-7, microBatch, seed = 0 } = options
  repairBackend()
  requireLabels('options.labels', labels)
  if (microBatch !== undefined) requireInteger('options.microBatch', microBatch, 1)
  const terms = mergeLossTerms([...siameseLosses(options), ...pairTerms(network)], losses)
  if (terms.length === 0) throw new ArgumentError('options.losses', 'leave at least one term', losses)
  const adam = createAdam(network.trainable, { epsilon })
  const dispose = (): void => adam.dispose()

  /** The loss of the pairs among the embeddings of the batch's images; keeps what is reported. */
  function lossOf(
    embeddings: Tensor2D,
    batch: Batch,
    { a, b, isSimilar }: Pairs,
    kept: Record<string, Tensor>,
  ): Scalar {
    return tidy(() => {
      const classes = (places: ArrayLike<number>): Tensor1D =>
        tensor1d(
          Array.from(places, (place) => labels[batch.images[place]!]!),
          'float32',
        )
      const n = a.length
      const rows = (x: Tensor2D, places: ArrayLike<number>): Tensor2D =>
        batch.areTwins ? slice(x, [places[0]!, 0], [n, -1]) : selectRows(x, places)
      const logits = network.classify(embeddings)
      const ofPair = (places: ArrayLike<number>): Tensor1D => reshape(rows(reshape(logits, [-1, 1]), places), [-1])
      const embeddingsA = rows(embeddings, a)
      const embeddingsB = rows(embeddings, b)
      const { total, values } = totalLoss(terms, {
        embeddingsA,
        embeddingsB,
        logitsA: ofPair(a),
        logitsB: ofPair(b),
        labelsA: classes(a),
        labelsB: classes(b),
        isSimilar: tensor1d(Array.from(isSimilar), 'float32'),
        distance: network.distance(embeddingsA, embeddingsB),
      })
      for (const [name, value] of Object.entries({ ...values, '': logits })) kept[name] = keep(value.clone())
      return total
    })
  }

  /** The batch's pairs, made of the distances where it says so. */
  async function pairsOf({ images: { length: count }, pairs }: Batch, embeddings: Tensor2D): Promise<Pairs> {
    if (typeof pairs !== 'function') return pairs
    const distances = await distancesOf(network, embeddings)
    const wrong = distances.find((value) => !Number.isFinite(value))
    if (wrong !== undefined) throw new NonFiniteLossError('siamese', adam.step, { distance: wrong })
    const made = pairs(distances)
    requirePairs(made, count, aPlace)
    return made
  }

  /** Gradients of the batch with the memory of `chunk` images: embed, differentiate the loss, carry its share back chunk by chunk. */
  async function gradientsOf(
    work: Batch,
    following: Batch | undefined,
    kept: Record<string, Tensor>,
  ): Promise<LossGradients> {
    const { images: indices, period, pairs } = work
    const chunk = microBatch === undefined ? indices.length : 2 * microBatch
    const { step } = adam
    const nextChunk = microBatch === undefined ? following?.images : following?.images.slice(0, chunk)
    if (chunk >= indices.length && typeof pairs !== 'function') {
      const batch = await loadImages(network, images, indices, nextChunk)
      try {
        return lossGradients(network.trainable, () =>
          lossOf(network.embed(batch, { dropout: { seed, step, period } }), work, pairs, kept),
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
      const made = await pairsOf(work, all as unknown as Tensor2D)
      const direct = lossGradients(new Map([...network.trainable, ['', all]]), () =>
        lossOf(all as unknown as Tensor2D, work, made, kept),
      )
      upstream = direct.gradients.get('')
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
      return { value: direct.value, gradients }
    } finally {
      release([...embedded, leaf, upstream])
    }
  }

  return {
    get step() {
      return adam.step
    },
    async train(batch, next) {
      const work = readBatch(batch, labels.length)
      const following = next === undefined ? undefined : readBatch(next, labels.length)
      const kept: Record<string, Tensor> = {}
      try {
        const { value, gradients } = await gradientsOf(work, following, kept)
        const report: Record<string, number> = {}
        try {
          report['loss'] = (await value.data())[0]!
          for (const { name } of terms) report[name] = (await kept[name]!.data())[0]!
          if (!(await areFinite(report, [gradients]))) throw new NonFiniteLossError('siamese', adam.step, report)
          adam.apply(gradients, rateAt(learningRate, adam.step))
        } finally {
          release([value, ...gradients.values()])
        }
        const logits = await kept['']!.data()
        const right = logits.filter((logit, i) => (logit >= 0 ? 1 : 0) === labels[work.images[i]!])
        report['accuracy'] = right.length / work.images.length
        return report
      } finally {
        release(Object.values(kept))
      }
    },
    async state() {
      return { step: adam.step, weights: await getWeights(network.variables), optimizer: await adam.state() }
    },
    load({ step, weights, optimizer }) {
      setWeights(network.variables, weights, 'checkpoint of the Siamese network')
      adam.load(step, optimizer)
    },
    dispose,
    [Symbol.dispose]: dispose,
  }
}

/** Disposes tensors that are still there. */
function release(tensors: readonly (Tensor | undefined)[]): void {
  disposeTensors(tensors.filter((t) => t !== undefined && !t.isDisposed) as Tensor[])
}
