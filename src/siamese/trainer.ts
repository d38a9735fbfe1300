import { keep, tidy, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core'
import { repairBackend } from '../backend/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import { mergeLossTerms, totalLoss, type LossTerm } from '../losses/index.js'
import {
  areFinite,
  createAdam,
  NonFiniteLossError,
  getWeights,
  rateAt,
  setWeights,
  type LearningRate,
  type NamedTensors,
} from '../training/index.js'
import { readBatch, type Batch, type SiameseBatch, type Tuples } from './batch.js'
import { batchGradients, release } from './batchGradients.js'
import type { ImageLoader } from './imageLoader.js'
import { lossContext } from './lossContext.js'
import { siameseLosses, type SiameseContext, type SiameseLossOptions } from './lossTerms.js'
import type { SiameseNetwork } from './network.js'
import { pairTerms } from './pairTerm.js'
import { requireLabels } from './requireLabels.js'

/** Options of {@link createSiameseTrainer}. */
export interface SiameseTrainerOptions extends SiameseLossOptions {
  /** The network to train. Borrowed. */
  readonly network: SiameseNetwork
  /** Loads training images by index. */
  readonly images: ImageLoader
  /** Class of each training image: 0 benign, 1 malignant. */
  readonly labels: ArrayLike<number>
  /** Terms that replace those of {@link siameseLosses} by name (`bce`, `contrastive` or `triplet`), join them, or with weight 0 remove them. */
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
   * One update on one batch of pairs or triplets. Gives `loss` (the weighted sum), the unweighted value of every term by its name, and
   * `accuracy`, the share of the batch's images (2 x pairs, or those of {@link PairedImages}, {@link TripletImages} or the triplets) that
   * the head classed rightly, under dropout. The two of a pair share their dropout mask; so do all other images of a batch, any two of
   * which may be a pair. Triplets are taken with the pairs that they are made of, each once, which the terms of pairs see.
   * `next`, the batch of the following step where it is known, only goes to the loader, which may begin to read its images.
   * In memory a step takes, beside the encoder, a few times the embeddings of all pairs (`pairs x embeddingSize`), and with distances
   * `n x n` numbers for n images.
   * @throws ArgumentError for pairs or triplets of images that there are not, or of an image with itself; NonFiniteLossError when a loss or
   *   gradient is not finite. Nothing was updated then
   */
  train(batch: SiameseBatch, next?: SiameseBatch): Promise<Record<string, number>>
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
 * A trainer over single batches of pairs or triplets; `trainSiamese` is the loop around it. A step is a pure function of the state,
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

  /** The loss of a batch's embeddings; keeps what is reported. */
  function lossOf(work: Batch, embeddings: Tensor2D, tuples: Tuples, kept: Record<string, Tensor>): Scalar {
    return tidy(() => {
      const context = lossContext(network, labels, work, embeddings, tuples)
      const { total, values } = totalLoss(terms, context)
      for (const [name, value] of Object.entries({ ...values, '': context.images.logits }))
        kept[name] = keep(value.clone())
      return total
    })
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
        const { value, gradients } = await batchGradients(work, following, {
          network,
          images,
          microBatch,
          seed,
          step: adam.step,
          lossOf: (embeddings, tuples) => lossOf(work, embeddings, tuples, kept),
        })
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
